"""Original files come out as they went in; names are portable and unique."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.base.errors import InputError
from core.data.sources.source_roots import SourceRoots
from core.export.export import write_labels
from core.export.folder_names import file_names, folder_names
from core.export.kinds import EXPORTS
from core.export.label_table import ExportOptions, LabelTable
from tests.export.label_tables import small_table

NAMES = [os.fsdecode(b"bad\xff.png"), "x,y.png", "deep/a.PNG", "wide/A.png"]
WITH_IMAGES = [kind for kind, form in EXPORTS.items() if form.has_images]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of originals, one under a name that is no UTF-8."""
    source = tmp_path / "source"
    rng = np.random.default_rng(1)
    for name in NAMES:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (30, 50, 3)).astype(np.uint8)).save(source / name, "PNG")
    return source


@pytest.fixture
def table(source: Path) -> LabelTable:
    """A table of these originals."""
    return small_table(source, label=[0, 0, 0, 0], name=NAMES, split=["train"] * 4)


@pytest.mark.parametrize("mode", ["auto", "copy", "hardlink", "symlink"])
def test_originals_come_out_with_the_same_bytes_and_names(
    source: Path, table: LabelTable, tmp_path: Path, mode: str
) -> None:
    folder = write_labels("folder_per_class", table, tmp_path / "out", ExportOptions(mode)) / "T-shirt_top"
    made = {path.name: path.read_bytes() for path in folder.iterdir()}
    given = [(source / name).read_bytes() for name in NAMES]
    assert made == dict(zip(["bad%FF.png", "x,y.png", "a.PNG", "A-00000005.png"], given, strict=True))
    assert {path.is_symlink() for path in folder.iterdir()} == {mode == "symlink"}
    assert {path.stat().st_ino == (source / "x,y.png").stat().st_ino for path in [folder / "x,y.png"]} == {
        mode in ("hardlink", "symlink")
    }


def test_resized_images_have_the_pixels_of_the_project(table: LabelTable, tmp_path: Path) -> None:
    folder = write_labels("folder_per_class", table, tmp_path / "out", ExportOptions("resized")) / "T-shirt_top"
    with Image.open(folder / "00000003.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), table.pixels[3, :, :, 0])


@pytest.mark.parametrize("kind", EXPORTS)
def test_a_name_that_is_no_utf_8_ends_no_export(table: LabelTable, tmp_path: Path, kind: str) -> None:
    written = write_labels(kind, table, tmp_path / "out")
    assert written.exists()
    for path in (tmp_path / "out").rglob("*"):
        str(path).encode()


def test_missing_originals_are_counted_and_a_way_out_is_named(source: Path, table: LabelTable, tmp_path: Path) -> None:
    (source / "x,y.png").unlink()
    with pytest.raises(
        InputError, match=r"1 of 4 originals are no longer in .*first: x,y\.png.*relink, or choose resized"
    ):
        write_labels("folder_per_class", table, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    write_labels(
        "folder_per_class", replace(table, source=SourceRoots((0,), (str(tmp_path / "gone"),))), tmp_path / "out"
    )


def test_a_name_never_leads_out_of_the_source(source: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    outside = small_table(source, name=["../secret.png", *NAMES[1:]])
    with pytest.raises(InputError, match="1 of 4 originals are no longer"):
        write_labels("folder_per_class", outside, tmp_path / "out")


@pytest.mark.parametrize("kind", ["hugging_face", "webdataset"])
def test_packed_formats_refuse_links(table: LabelTable, tmp_path: Path, kind: str) -> None:
    with pytest.raises(InputError, match="cannot link them: choose copy"):
        write_labels(kind, table, tmp_path / "out", ExportOptions("symlink"))


def test_an_unknown_way_and_a_project_without_originals_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no way to export files called 'move'.*copy, hardlink"):
        write_labels("coco", small_table(), tmp_path / "out", ExportOptions("move"))
    with pytest.raises(InputError, match="was not made from a folder"):
        write_labels("coco", small_table(), tmp_path / "out", ExportOptions("copy"))


def test_plain_class_names_are_their_own_folders() -> None:
    assert folder_names(["Coat", "Ankle boot", "猫"]) == ["Coat", "Ankle boot", "猫"]


@pytest.mark.parametrize(
    "classes",
    [
        ["T-shirt/top", "T-shirt:top", "T-shirt_top"],
        ["cat", "Cat", "CAT"],
        ["b_ 2", "b:", "b/"],
        ["..", ".", "", " ", "/"],
        ["manifest.json", "labels.csv", "Labels.CSV"],
        ["x" * 300, "x" * 299, "猫" * 100],
        ["../../etc/passwd", "a\x00b", "a\nb", os.fsdecode(b"\xff")],
        ["CON", "nul.txt", "com1", "con"],
        ["é", "e\u0301"],
    ],
)
def test_every_class_gets_a_folder_of_its_own_inside_the_export(tmp_path: Path, classes: list[str]) -> None:
    names = folder_names(classes)
    assert len({name.lower() for name in names}) == len(classes)
    assert not {name.lower() for name in names} & {"manifest.json", "labels.csv", "con", "nul.txt", "com1"}
    folder = tmp_path / "out"
    folder.mkdir()
    for name in names:
        (folder / name).mkdir()
        assert (folder / name).resolve().parent == folder.resolve()


def test_file_names_are_unique_and_short_enough() -> None:
    names = ["a/1.png", "b/1.png", "1-00000001.png", "x" * 250 + ".png", "猫" * 100, "..", ""]
    found = file_names(names, range(7), ["c"] * 7, [""] * 7)
    assert found[:2] == ["c/1.png", "c/1-00000001.png"]
    assert len({name.lower() for name in found}) == 7
    assert max(len(name.encode()) for name in found) < 255
