"""An export comes whole or not at all, and replaces only what an earlier one wrote."""

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import DataError, InputError
from core.export.export import write_labels
from core.export.image_files import ImageFiles
from core.export.kinds import EXPORTS
from core.export.label_table import LabelTable
from tests.export.label_tables import small_table

WITH_IMAGES = [kind for kind, form in EXPORTS.items() if form.has_images]


@pytest.fixture
def table() -> LabelTable:
    return small_table()


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("kind", EXPORTS)
def test_every_export_leaves_a_manifest_that_names_its_files(table: LabelTable, tmp_path: Path, kind: str) -> None:
    write_labels(kind, table, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["winnow"] == kind
    assert {name: manifest[name] for name in table.info} == table.info
    assert all((tmp_path / "out" / name).is_file() for name in manifest["outputs"])
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("kind", EXPORTS)
def test_every_export_takes_an_empty_curated_set(table: LabelTable, tmp_path: Path, kind: str) -> None:
    write_labels(kind, table.where(slice(0, 0)), tmp_path / "out")
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["num_images"] == 0


@pytest.mark.parametrize("kind", ["csv", "coco"])
@pytest.mark.parametrize("other", ["thesis.txt", "manifest.json"])
def test_folder_with_other_files_is_refused_and_left_alone(
    table: LabelTable, tmp_path: Path, kind: str, other: str
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / other).write_text('{"name": "mine"}')
    with pytest.raises(InputError, match=r"mine holds files that are no export of Winnow: choose an empty folder"):
        write_labels(kind, table, folder)
    assert files_in(tmp_path) == {"mine", f"mine/{other}"}


def test_file_in_the_place_of_the_folder_is_said_in_a_sentence(table: LabelTable, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(DataError, match="out could not be written: Not a directory"):
        write_labels("csv", table, tmp_path / "out")


@pytest.mark.parametrize("kind", EXPORTS)
def test_a_disk_that_fills_leaves_the_earlier_export_whole(
    table: LabelTable, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    write_labels("folder_per_class", table, tmp_path / "out")
    before = files_in(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(ImageFiles, "place", full)
        patch.setattr(ImageFiles, "content", full)
        patch.setattr("core.export.formats.table_writer.csv.writer", full)
        patch.setattr("core.export.formats.table_writer.pq.write_table", full)
        patch.setattr("core.export.formats.table_writer.json.dumps", full)
        with pytest.raises(DataError, match="No space left on device"):
            write_labels(kind, table, tmp_path / "out")
    assert files_in(tmp_path) == before
    write_labels(kind, table, tmp_path / "out")
    write_labels(kind, table, tmp_path / "fresh")
    assert files_in(tmp_path / "out") == files_in(tmp_path / "fresh")


def test_a_move_that_fails_brings_the_earlier_export_back(
    table: LabelTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_labels("csv", table, tmp_path / "out")
    rename = os.rename

    def fail_for_drafts(source: Path, target: Path) -> None:
        if str(source).endswith(".export"):
            raise OSError(errno.EIO, "Input/output error")
        rename(source, target)

    before = files_in(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("core.export.placement.os.rename", fail_for_drafts)
        with pytest.raises(DataError, match="Input/output error"):
            write_labels("parquet", table, tmp_path / "out")
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("later", EXPORTS)
@pytest.mark.parametrize("earlier", ["csv", *WITH_IMAGES])
def test_an_export_replaces_the_earlier_one_and_keeps_files_of_others(
    table: LabelTable, tmp_path: Path, earlier: str, later: str
) -> None:
    write_labels(earlier, table, tmp_path / "out")
    (tmp_path / "out" / "mine").mkdir()
    (tmp_path / "out" / "mine" / "holiday.png").write_bytes(b"not ours")
    renamed = replace(table, info={**table.info, "classes": ["Hemd", "Rock"]})
    write_labels(later, renamed, tmp_path / "out")
    write_labels(later, renamed, tmp_path / "fresh")
    assert files_in(tmp_path / "out") == files_in(tmp_path / "fresh") | {"mine", "mine/holiday.png"}


def test_a_file_of_others_in_the_place_of_an_image_stops_the_export(table: LabelTable, tmp_path: Path) -> None:
    folder = write_labels("csv", table, tmp_path / "out").parent
    (folder / "T-shirt_top").mkdir()
    (folder / "T-shirt_top" / "00000001.png").write_bytes(b"mine")
    with pytest.raises(InputError, match=r"00000001\.png is no file of the earlier export: move it"):
        write_labels("folder_per_class", table, folder)
    assert (folder / "T-shirt_top" / "00000001.png").read_bytes() == b"mine"


def test_the_export_of_version_0_1_is_replaced_whole(table: LabelTable, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    (folder / "T-shirt_top").mkdir(parents=True)
    for name in ("T-shirt_top/00000001.png", "T-shirt_top/holiday.png", "labels.csv"):
        (folder / name).write_bytes(b"image_id\r\n")
    (folder / "manifest.json").write_text(json.dumps({"winnow": "folder_per_class", "classes": table.class_names}))
    write_labels("parquet", table, folder)
    assert files_in(folder) == {"T-shirt_top", "T-shirt_top/holiday.png", "labels.parquet", "manifest.json"}


def test_the_current_folder_is_filled_in_place(
    table: LabelTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    inode = tmp_path.stat().st_ino
    write_labels("folder_per_class", table, Path())
    (tmp_path / "mine.txt").write_text("mine")
    write_labels("coco", table, Path())
    write_labels("coco", table, tmp_path / "fresh")
    assert tmp_path.stat().st_ino == inode
    fresh = files_in(tmp_path / "fresh")
    assert files_in(tmp_path) == fresh | {"mine.txt", "fresh", *(f"fresh/{name}" for name in fresh)}
