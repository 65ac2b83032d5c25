"""The folder scan lists every file once or names it as a problem."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.base.errors import InputError
from core.data.sources.folder_layout import scan_folder
from core.data.sources.folder_scan import natural_key


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


def relative(root: Path, files: Sequence[object]) -> list[str]:
    return [file.relative_to(root).as_posix() for file in files if isinstance(file, Path)]


def test_sub_folders_are_classes_and_unlabeled_has_none(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.jpg", "dog/1.PNG", "dog/deep/2.gif", "Unlabeled/9.webp")
    listing = scan_folder(tmp_path)
    assert listing.class_names == ("cat", "dog")
    found = dict(zip(relative(tmp_path, listing.files), listing.classes, strict=True))
    assert found == {"cat/1.jpg": "cat", "dog/1.PNG": "dog", "dog/deep/2.gif": "dog", "Unlabeled/9.webp": None}


def test_order_is_natural(tmp_path: Path) -> None:
    touch(tmp_path, "a/img10.png", "a/img2.png", "a/img1.png", "class10/x.png", "class9/x.png")
    listing = scan_folder(tmp_path)
    assert relative(tmp_path, listing.files)[:3] == ["a/img1.png", "a/img2.png", "a/img10.png"]
    assert listing.class_names == ("a", "class9", "class10")
    assert sorted(["2a", "a2", "10", "a"], key=natural_key) == ["2a", "10", "a", "a2"]


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.png", "b/1.png")
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "c").symlink_to(tmp_path / "a", target_is_directory=True)
    listing = scan_folder(tmp_path)
    assert len(listing.files) == 2
    assert listing.class_names == ("a", "b")
    assert {problem.name for problem in listing.problems} == {"a/loop", "c"}


def test_names_that_begin_with_a_dot_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.png", "b/1.png", ".git/1.png", "a/.hidden.png")
    listing = scan_folder(tmp_path)
    assert relative(tmp_path, listing.files) == ["a/1.png", "b/1.png"]
    assert listing.problems == ()


def test_what_is_no_image_is_reported(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.png", "b/1.png", "a/notes.txt", "loose.png")
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "b" / "pipe.png")
    (tmp_path / "b" / "broken.png").symlink_to(tmp_path / "nowhere")
    listing = scan_folder(tmp_path)
    assert {problem.name for problem in listing.problems} == {
        "a/notes.txt", "loose.png", "b/pipe.png", "b/broken.png",
    }  # fmt: skip
    assert len(listing.files) == 2
    assert listing.class_names == ("a", "b", "empty"), "an empty folder is a class without images"


def test_a_folder_without_an_image_but_with_files_is_no_class(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.png", "docs/readme.txt")
    listing = scan_folder(tmp_path)
    assert listing.class_names == ("a",)
    assert {problem.name for problem in listing.problems} == {"docs", "docs/readme.txt"}


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (["1.png", "2.png"], [None, None]),
        (["unlabeled/1.png"], [None]),
        (["a/1.png", "unlabeled/1.png"], ["a", None]),
        (["a/1.png"], ["a"]),
    ],
)
def test_images_without_a_class_or_of_one_class_make_a_listing(
    tmp_path: Path, names: list[str], classes: list[str | None]
) -> None:
    touch(tmp_path, *names)
    assert list(scan_folder(tmp_path).classes) == classes


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["a/1.txt", "b/1.txt"], "no images"),
        ([], "no images"),
    ],
)
def test_a_wrong_layout_is_answered_with_the_right_one(tmp_path: Path, names: list[str], sentence: str) -> None:
    touch(tmp_path, *names)
    with pytest.raises(InputError, match=f"{sentence}.*one sub-folder per class"):
        scan_folder(tmp_path)


def test_a_missing_folder_and_a_file_are_told_apart(tmp_path: Path) -> None:
    touch(tmp_path, "file")
    with pytest.raises(InputError, match="does not exist"):
        scan_folder(tmp_path / "nowhere")
    with pytest.raises(InputError, match="is a file"):
        scan_folder(tmp_path / "file")


def test_links_that_lead_back_to_each_other_are_left_out_by_name_and_stop_nothing(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.png", "dog/1.png")
    (tmp_path / "cat" / "self.png").symlink_to("self.png")
    (tmp_path / "cat" / "there.png").symlink_to("back.png")
    (tmp_path / "cat" / "back.png").symlink_to("there.png")
    (tmp_path / "dog" / "around").symlink_to("around")
    listing = scan_folder(tmp_path)
    assert relative(tmp_path, listing.files) == ["cat/1.png", "dog/1.png"]
    reasons = {problem.name: problem.reason for problem in listing.problems}
    assert all("leads back to itself" in reasons[f"cat/{name}.png"] for name in ("self", "there", "back"))
