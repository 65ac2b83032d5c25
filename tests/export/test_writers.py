"""Exports carry provenance, replace only their own files and leave nothing stale."""

import csv
import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from core.base.config import TrainConfig
from core.base.errors import DataError, InputError, RunError
from core.base.types import RunRecord
from core.export.writers import COLUMNS, EXPORTS, CuratedTable, export_model, folder_names
from core.store.files import write_json
from core.store.run_folder import RunFolder

CLASSES = ["T-shirt/top", 'Größe, "大"']


@pytest.fixture
def table() -> CuratedTable:
    columns: dict[str, Any] = {
        "image_id": np.array([1, 3, 4]),
        "name": np.array(["a\nb.png", "x,y.png", "ü.png"]),
        "label": np.array([0, 1, 0]),
        "label_name": np.array(CLASSES)[[0, 1, 0]],
        "source": np.array(["given", "corrected", "bulk"]),
        "weight": np.array([1, 1, 0.5], dtype=np.float32),
        "verdict": np.array(["given", "relabel", "bulk_accept"]),
        "decision": np.array([0, 5, 6]),
        "run_id": np.array(["", "001", "001"]),
        "confidence": np.array([np.nan, 0.25, 0.75], dtype=np.float32),
        "rule": np.array(["", "", "fixed_threshold"]),
        "parameters": np.array(["", "", "threshold=0.7"]),
        "reviewer": np.array(["", "ann", "me"]),
        "time": np.array(["", "2026", "2026"]),
    }
    info = {"project": "Kleider", "fingerprint": "f", "curated": "d", "classes": CLASSES, "labels": {"given": 1}}
    pixels = np.arange(6 * 4 * 5, dtype=np.uint8).reshape(6, 4, 5, 1)
    return CuratedTable(columns, info, pixels)


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def pictures_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*.png")}


def test_csv_gives_back_every_value_whatever_letters_it_has(table: CuratedTable, tmp_path: Path) -> None:
    file = EXPORTS["csv"](table, tmp_path / "new" / "out")
    rows = rows_of(file)
    assert tuple(rows[0]) == COLUMNS
    for name in set(COLUMNS) - {"confidence"}:
        assert [row[name] for row in rows] == [str(value) for value in table.columns[name].tolist()]
    assert [row["confidence"] for row in rows] == ["", "0.25", "0.75"]


def test_parquet_gives_back_every_value_typed_with_the_manifest_inside(table: CuratedTable, tmp_path: Path) -> None:
    found = pq.read_table(EXPORTS["parquet"](table, tmp_path / "out"))
    assert tuple(found.column_names) == COLUMNS
    for name in set(COLUMNS) - {"confidence"}:
        assert found[name].to_pylist() == table.columns[name].tolist()
    assert found["confidence"].to_pylist() == [None, 0.25, 0.75]
    assert json.loads(found.schema.metadata[b"winnow"]) == table.info


def test_folder_per_class_holds_the_pixels_of_each_label_under_its_class(table: CuratedTable, tmp_path: Path) -> None:
    folder = EXPORTS["folder_per_class"](table, tmp_path / "out")
    first, second = folder_names(CLASSES)
    assert pictures_in(folder) == {f"{first}/00000001.png", f"{first}/00000004.png", f"{second}/00000003.png"}
    with Image.open(folder / second / "00000003.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), table.pixels[3, :, :, 0])
    assert len(rows_of(folder / "labels.csv")) == 3


def test_color_pictures_keep_their_colors(table: CuratedTable, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 4, 5, 3)).astype(np.uint8)
    folder = EXPORTS["folder_per_class"](replace(table, pixels=pixels), tmp_path / "out")
    with Image.open(folder / folder_names(CLASSES)[1] / "00000003.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), pixels[3])


# --- laws of every export -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EXPORTS)
def test_every_export_leaves_a_manifest(table: CuratedTable, tmp_path: Path, kind: str) -> None:
    EXPORTS[kind](table, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "manifest.json").read_text()) == {"winnow": kind, **table.info}


@pytest.mark.parametrize("kind", EXPORTS)
def test_every_export_takes_an_empty_curated_set(table: CuratedTable, tmp_path: Path, kind: str) -> None:
    empty = replace(table, columns={name: column[:0] for name, column in table.columns.items()})
    EXPORTS[kind](empty, tmp_path / "out")
    assert pictures_in(tmp_path / "out") == set()


@pytest.mark.parametrize("kind", EXPORTS)
@pytest.mark.parametrize("other", ["thesis.txt", "manifest.json"])
def test_folder_with_other_files_is_refused_and_left_alone(
    table: CuratedTable, tmp_path: Path, kind: str, other: str
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / other).write_text('{"name": "mine"}')
    with pytest.raises(InputError, match=r"mine holds files that are no export of Winnow: choose an empty folder"):
        EXPORTS[kind](table, folder)
    assert [path.name for path in folder.iterdir()] == [other]


@pytest.mark.parametrize("kind", EXPORTS)
def test_file_in_the_place_of_the_folder_is_said_in_a_sentence(table: CuratedTable, tmp_path: Path, kind: str) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(DataError, match="out could not be written"):
        EXPORTS[kind](table, tmp_path / "out")


def test_disk_that_fills_among_the_pictures_leaves_an_export_that_can_be_repeated(
    table: CuratedTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Image.Image, "save", full)
        with pytest.raises(DataError, match="No space left on device"):
            EXPORTS["folder_per_class"](table, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["is_complete"] is False
    EXPORTS["folder_per_class"](table, tmp_path / "out")
    assert len(pictures_in(tmp_path / "out")) == 3


@pytest.mark.parametrize("between", ["csv", "parquet", "folder_per_class"])
def test_repeated_export_leaves_no_image_under_an_old_label(table: CuratedTable, tmp_path: Path, between: str) -> None:
    folder = EXPORTS["folder_per_class"](table, tmp_path / "out")
    (folder / folder_names(CLASSES)[0] / "holiday.png").write_bytes(b"not ours")
    changed = replace(table, columns={**table.columns, "label": np.array([1, 1, 1])})
    EXPORTS[between](table, folder)
    EXPORTS["folder_per_class"](changed, folder)
    first, second = folder_names(CLASSES)
    ours = {f"{second}/0000000{image_id}.png" for image_id in (1, 3, 4)}
    assert pictures_in(folder) == ours | {f"{first}/holiday.png"}


@pytest.mark.parametrize("later", EXPORTS)
@pytest.mark.parametrize("earlier", EXPORTS)
def test_an_export_replaces_the_earlier_one_whatever_its_kind(
    table: CuratedTable, tmp_path: Path, earlier: str, later: str
) -> None:
    EXPORTS[earlier](table, tmp_path / "out")
    renamed = replace(table, info={**table.info, "classes": ["Hemd", "Rock"]})
    EXPORTS[later](renamed, tmp_path / "out")
    EXPORTS[later](renamed, tmp_path / "fresh")
    assert files_in(tmp_path / "out") == files_in(tmp_path / "fresh")


def test_images_of_renamed_classes_go_even_with_another_export_in_between(table: CuratedTable, tmp_path: Path) -> None:
    renamed = replace(table, info={**table.info, "classes": ["Hemd", "Rock"]})
    EXPORTS["folder_per_class"](table, tmp_path / "out")
    EXPORTS["csv"](renamed, tmp_path / "out")
    EXPORTS["folder_per_class"](renamed, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"Hemd", "Rock", "labels.csv", "manifest.json"}


@pytest.mark.parametrize("kind", EXPORTS)
@pytest.mark.parametrize("place", range(3))
def test_export_that_breaks_off_anywhere_can_be_repeated(
    table: CuratedTable, tmp_path: Path, kind: str, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves, move = iter(range(100)), os.replace

    def full_at_one_place(source: Path, target: Path) -> None:
        if next(moves) == place:
            raise OSError(errno.ENOSPC, "No space left on device")
        move(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("core.store.files.os.replace", full_at_one_place)
        with pytest.raises(DataError, match="No space left on device"):
            EXPORTS[kind](table, tmp_path / "out")
    EXPORTS[kind](table, tmp_path / "out")
    EXPORTS[kind](table, tmp_path / "fresh")
    assert files_in(tmp_path / "out") == files_in(tmp_path / "fresh")
    assert json.loads((tmp_path / "out" / "manifest.json").read_text()) == {"winnow": kind, **table.info}


# --- folder names ---------------------------------------------------------------------------------------------------


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
        ["../../etc/passwd", "a\x00b", "a\nb"],
    ],
)
def test_every_class_gets_a_folder_of_its_own_inside_the_export(tmp_path: Path, classes: list[str]) -> None:
    names = folder_names(classes)
    assert len({name.lower() for name in names}) == len(classes)
    assert not {name.lower() for name in names} & {"manifest.json", "labels.csv"}
    folder = tmp_path / "out"
    folder.mkdir()
    for name in names:
        (folder / name).mkdir()
        assert (folder / name).resolve().parent == folder.resolve()


# --- model ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    record = RunRecord(1, "001-a", TrainConfig(epochs=3), None, None, "print", "2026", {})
    folder = RunFolder.create(tmp_path / "runs", record)
    save_file({"weight": np.ones((2, 2), dtype=np.float32)}, folder.model_path)
    write_json(folder.path / "model.json", {"model": "mlp", "num_classes": 2})
    write_json(folder.path / "calibration.json", {"temperature": 1.5})
    return folder


def test_exported_model_has_weights_architecture_settings_and_temperature(run: RunFolder, tmp_path: Path) -> None:
    file = export_model(run, tmp_path / "out")
    np.testing.assert_array_equal(load_file(file)["weight"], np.ones((2, 2)))
    facts = json.loads((tmp_path / "out" / "run.json").read_text())
    assert (facts["config"]["epochs"], facts["temperature"]) == (3, 1.5)
    assert json.loads((tmp_path / "out" / "model.json").read_text())["model"] == "mlp"
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest == {"winnow": "model", "run": "001-a", "fingerprint": "print"}


def test_run_without_a_model_cannot_be_exported(run: RunFolder, tmp_path: Path) -> None:
    run.model_path.unlink()
    with pytest.raises(RunError, match="001-a has no trained model yet: wait until it is done"):
        export_model(run, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_model_and_labels_replace_each_other(table: CuratedTable, run: RunFolder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    EXPORTS["folder_per_class"](table, out)
    export_model(run, out)
    assert files_in(out) == {"model.safetensors", "model.json", "run.json", "manifest.json"}
    EXPORTS["parquet"](table, out)
    assert files_in(out) == {"labels.parquet", "manifest.json"}


def test_model_whose_architecture_is_missing_is_said_in_a_sentence(run: RunFolder, tmp_path: Path) -> None:
    (run.path / "model.json").unlink()
    with pytest.raises(DataError, match=r"001-a/model\.json cannot be read \(it is missing\)"):
        export_model(run, tmp_path / "out")
    assert not (tmp_path / "out").exists()
