"""Metadata columns in exports: every format that has a place for them carries them, under names that are free."""

import csv
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from core.data.ingest_config import IngestConfig
from core.data.metadata.image_metadata import Metadata
from core.data.metadata.stored_columns import write_columns
from core.data.sources.open_source import open_source
from core.data.sources.source_table import SourceTable
from core.export.curated_table import with_metadata
from core.export.export import write_labels
from core.export.label_table import LabelTable
from tests.export.label_tables import small_table

HOSTILE = "=cmd()"
METADATA = {
    "camera": ["A", "B", "", "Ä", "=1+1", "A"],
    "depth": ["1.5", "2", "", "-3", "4", "5"],
    "count": ["1", "2", "", "4", "5", "6"],
    "taken": ["2026-05-31T12:00:00", "", "2026-06-01T01:02:03.5", "", "", ""],
    "night": ["yes", "no", "", "no", "yes", "no"],
    "Label": ["own", "own", "own", "own", "own", "own"],
    "label_source": ["2", "2", "2", "2", "2", "2"],
    "image": ["i", "i", "i", "i", "i", "i"],
    HOSTILE: ["x", "x", "x", "x", "x", "x"],
}
NAMES = ["camera", "depth", "count", "taken", "night", "Label_source", "label_source_source", "image_source", HOSTILE]
ROW_1 = {"camera": "B", "depth": 2.0, "count": 2, "night": False, "Label_source": "own", "label_source_source": 2,
         "image_source": "i", HOSTILE: "x"}  # fmt: skip
"""What image 1, the first row, has; it has no time."""


@pytest.fixture
def table(tmp_path: Path) -> LabelTable:
    """Four labels of six images with metadata."""
    names = tuple(f"{n}.png" for n in range(6))
    source = SourceTable("a table", tmp_path, tuple(map(Path, names)), names, (None,) * 6, (), metadata=METADATA)
    (tmp_path / "images").mkdir()
    write_columns(tmp_path / "images", source, range(6))
    return with_metadata(small_table(), Metadata(tmp_path / "images", 6))


def read(kind: str, out: Path) -> dict[str, Any]:
    """Return the metadata of image 1 as a format holds them; missing ones are left out."""
    if kind == "jsonl":
        row = json.loads((out / "labels.jsonl").read_text(encoding="utf-8").splitlines()[0])
        return {name: row[name] for name in NAMES if row[name] is not None}
    if kind in ("parquet", "hugging_face"):
        file = out / "labels.parquet" if kind == "parquet" else out / "data" / "train-00000.parquet"
        row = pq.read_table(file).slice(0, 1).to_pylist()[0]
        return {name: row[name] for name in NAMES if row[name] is not None}
    if kind == "label_studio":
        data = json.loads((out / "tasks.json").read_text(encoding="utf-8"))[0]["data"]
        return {name: data[name] for name in NAMES if name in data}
    if kind == "fiftyone":
        labels = json.loads((out / "train" / "labels.json").read_text(encoding="utf-8"))["labels"]
        found = next(label for label in labels.values() if label["attributes"]["image_id"] == 1)["attributes"]
        return {name: found[name] for name in NAMES if name in found}
    if kind == "coco":
        images = json.loads((out / "annotations" / "train.json").read_text(encoding="utf-8"))["images"]
        found = next(image for image in images if image["id"] == 2)["metadata"]
        assert isinstance(found, dict)
        return found
    with tarfile.open(out / "train-000000.tar") as tar:
        entry = tar.extractfile("00000001.json")
        assert entry is not None
        row = json.load(io.TextIOWrapper(entry, encoding="utf-8"))
    return {name: row[name] for name in NAMES if row[name] is not None}


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "hugging_face", "label_studio", "fiftyone", "coco", "webdataset"])
def test_a_format_carries_typed_metadata_under_free_names(kind: str, table: LabelTable, tmp_path: Path) -> None:
    write_labels(kind, table, tmp_path / "out")
    assert read(kind, tmp_path / "out") == ROW_1


def test_a_csv_file_has_every_column_and_computes_nothing(table: LabelTable, tmp_path: Path) -> None:
    write_labels("csv", table, tmp_path / "out")
    with (tmp_path / "out" / "labels.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[-len(NAMES) :] == [*NAMES[:-1], f"'{HOSTILE}"]
    by_id = {row["image_id"]: row for row in rows}
    assert by_id["4"]["camera"] == "'=1+1"
    assert by_id["1"]["taken"] == ""


def test_parquet_has_types_that_pandas_knows(table: LabelTable, tmp_path: Path) -> None:
    found = pd.read_parquet(write_labels("parquet", table, tmp_path / "out"))
    assert found["depth"].dtype == "float64"
    assert str(found["taken"].dtype).startswith("datetime64")
    assert set(found["night"]) == {True, False}


def test_the_manifest_says_where_a_column_comes_from(table: LabelTable, tmp_path: Path) -> None:
    write_labels("csv", table, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["metadata"]
    assert told["Label_source"] == {"column": "Label", "kind": "text"}
    assert told["taken"] == {"column": "taken", "kind": "time"}


ARCHIVES = ("hugging_face", "webdataset")
"""Formats whose columns all come back as metadata; in the others a camera is taken for the group of its images."""


@pytest.mark.parametrize(
    "kind", ["folder_per_class", "image_folder", "coco", "fiftyone", "cvat", "label_studio", *ARCHIVES]
)
def test_metadata_come_back_at_their_own_images(kind: str, table: LabelTable, tmp_path: Path) -> None:
    found = open_source(write_labels(kind, table, tmp_path / "out"), IngestConfig())
    ids = [int(name.rsplit(".", 1)[0][-8:]) for name in found.names]
    assert sorted(ids) == [1, 3, 4, 5]
    cameras = found.metadata["camera"] if kind in ARCHIVES else found.groups
    assert [str(cameras[row]) for row in range(4)] == [{1: "B", 3: "Ä", 4: "=1+1", 5: "A"}[n] for n in ids]
    assert [float(str(value)) for value in found.metadata["depth"]] == [{1: 2, 3: -3, 4: 4, 5: 5}[n] for n in ids]
    assert list(map(str, found.metadata["night"])) == [str(n == 4) for n in ids]
    assert list(map(str, found.metadata["Label_source"])) == ["own"] * 4
    assert list(map(str, found.metadata[HOSTILE])) == ["x"] * 4


def test_a_coco_file_alone_brings_metadata_too(table: LabelTable, tmp_path: Path) -> None:
    out = write_labels("coco", table, tmp_path / "out")
    found = open_source(out / "annotations" / "train.json", IngestConfig(), out / "images" / "train")
    assert sorted(map(str, found.metadata["depth"])) == ["-3", "2", "4"]
