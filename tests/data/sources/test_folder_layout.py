"""Split folders become given splits, never classes; class folders lie at any depth."""

import os
from pathlib import Path

import pytest

from core import Project
from core.base.errors import InputError
from core.data.sources.folder_layout import scan_folder
from core.data.sources.source_table import SourceTable, with_clean_classes


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


def facts(table: SourceTable) -> dict[str, tuple[str, str | None]]:
    splits = table.splits or ("",) * len(table.names)
    return {name: (split, given) for name, split, given in zip(table.names, splits, table.classes, strict=True)}


def test_train_and_test_folders_are_splits_and_not_classes(tmp_path: Path) -> None:
    touch(tmp_path, "train/cat/1.png", "train/dog/1.png", "validation/cat/2.png", "Test/dog/3.png")
    table = scan_folder(tmp_path)
    assert table.class_names == ("cat", "dog")
    assert facts(table) == {
        "Test/dog/3.png": ("test", "dog"),
        "train/cat/1.png": ("train", "cat"),
        "train/dog/1.png": ("train", "dog"),
        "validation/cat/2.png": ("val", "cat"),
    }
    assert any("splits, not classes: 2 train, 1 val, 1 test" in remark for remark in table.remarks)


def test_split_folders_may_lie_inside_the_class_folders(tmp_path: Path) -> None:
    touch(tmp_path, "cat/train/1.png", "cat/test/2.png", "dog/train/1.png", "unlabeled/9.png")
    table = scan_folder(tmp_path)
    assert table.class_names == ("cat", "dog")
    assert facts(table)["cat/test/2.png"] == ("test", "cat")
    assert facts(table)["unlabeled/9.png"] == ("", None)


def test_a_flat_test_folder_beside_class_folders_is_unlabeled(tmp_path: Path) -> None:
    touch(tmp_path, "train/cat/1.png", "train/dog/1.png", "test/1.png")
    assert facts(scan_folder(tmp_path))["test/1.png"] == ("test", None)


def test_a_class_that_is_called_train_among_others_stays_a_class(tmp_path: Path) -> None:
    touch(tmp_path, "bus/1.png", "train/1.png", "car/1.png")
    table = scan_folder(tmp_path)
    assert table.class_names == ("bus", "car", "train")
    assert table.splits == ()


def test_empty_class_folders_come_last_and_change_no_number_of_a_class(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.png", "dog/1.png")
    before = scan_folder(tmp_path).class_names
    for name in ("bird", "ant"):
        (tmp_path / name).mkdir()
    assert scan_folder(tmp_path).class_names == (*before, "ant", "bird")


def test_a_class_folder_whose_name_is_a_formula_gets_an_apostrophe_and_is_told(tmp_path: Path) -> None:
    touch(tmp_path, "=1+1/1.png", "-1/1.png")
    table = with_clean_classes(scan_folder(tmp_path), merge_twins=False)
    assert table.class_names == ("-1", "'=1+1")
    assert any("'=1+1'" in remark and "apostrophe" in remark for remark in table.remarks)


def test_a_lone_folder_around_the_class_folders_is_looked_into(tmp_path: Path) -> None:
    touch(tmp_path, "dataset/images/cat/1.png", "dataset/images/dog/1.png")
    table = scan_folder(tmp_path)
    assert table.class_names == ("cat", "dog")
    assert any("dataset/images" in remark for remark in table.remarks)


@pytest.mark.parametrize(
    ("level", "classes"),
    [
        ("first", ("animal", "plant")),
        ("last", ("cat", "dog", "rose")),
        ("path", ("animal/cat", "animal/dog", "plant/rose")),
    ],
)
def test_the_class_level_says_which_folder_names_the_class(
    tmp_path: Path, level: str, classes: tuple[str, ...]
) -> None:
    touch(tmp_path, "animal/cat/1.png", "animal/dog/1.png", "plant/rose/1.png")
    table = scan_folder(tmp_path, level)
    assert table.class_names == classes
    assert any("--class-level" in remark for remark in table.remarks) == (level == "first")


def test_an_empty_class_folder_inside_a_split_stays_a_class(tmp_path: Path) -> None:
    touch(tmp_path, "train/cat/1.png", "test/cat/1.png")
    (tmp_path / "train" / "dog").mkdir()
    assert scan_folder(tmp_path).class_names == ("cat", "dog")


def test_a_name_that_is_no_text_is_taken_in_an_escaped_form(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.png")
    try:
        (Path(os.fsdecode(bytes(tmp_path / "a") + b"/caf\xe9.png"))).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes UTF-8 names alone")
    assert "a/caf\\xe9.png" in scan_folder(tmp_path).names


def test_a_file_without_suffix_is_an_image_by_its_content(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.png")
    (tmp_path / "a" / "photo").write_bytes(b"\xff\xd8\xff\xe0 and so on")
    (tmp_path / "a" / "notes").write_bytes(b"text")
    table = scan_folder(tmp_path)
    assert table.names == ("a/1.png", "a/photo")
    assert [problem.name for problem in table.problems] == ["a/notes"]


def test_two_unicode_forms_of_one_name_are_one_class_and_case_twins_are_told(tmp_path: Path) -> None:
    touch(tmp_path, "caf\u00e9/1.png", "cafe\u0301/2.png", "Cat/1.png", "cat/1.png", "cat/2.png", "cat /3.png")
    table = with_clean_classes(scan_folder(tmp_path), merge_twins=False)
    assert set(table.class_names) == {"caf\u00e9", "Cat", "cat", "cat "}
    assert len(table.warnings) == 1
    assert all(word in table.warnings[0] for word in ("'Cat'", "'cat '", "case"))
    merged = with_clean_classes(scan_folder(tmp_path), merge_twins=True)
    assert set(merged.class_names) == {"caf\u00e9", "cat"}
    assert merged.warnings == ()


def test_a_folder_that_is_missing_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        scan_folder(tmp_path / "nowhere")


def test_a_text_that_is_no_table_is_left_out_for_one_reason(tmp_path: Path) -> None:
    for number in range(30):
        touch(tmp_path, f"{number}.png")
        (tmp_path / f"note {number}.txt").write_text("hi")
    found = Project.preview(tmp_path)
    assert (found.num_images, sum(group.count for group in found.left_out)) == (30, 30)
