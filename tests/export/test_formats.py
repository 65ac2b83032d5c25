"""Every format is read back by the library that it is made for, or against its documented schema."""

import csv
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from torchvision.datasets import ImageFolder

from core.export.export import write_labels
from core.export.label_table import COLUMNS, ExportOptions, LabelTable
from tests.export.label_tables import CLASSES, small_table

LABELS = {1: CLASSES[0], 3: CLASSES[1], 4: CLASSES[0], 5: CLASSES[1]}


@pytest.fixture
def table() -> LabelTable:
    return small_table()


@pytest.fixture
def predicted() -> LabelTable:
    """A table with predictions, and an image that has no label."""
    extra: dict[str, Any] = {"predicted": [CLASSES[1]] * 4, "predicted_confidence": [0.5, 0.6, 0.7, 0.8]}
    return small_table(label=[0, 1, 0, -1], source=["given", "corrected", "bulk", ""], **extra)


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def test_csv_gives_back_every_value_whatever_letters_it_has(table: LabelTable, tmp_path: Path) -> None:
    rows = rows_of(write_labels("csv", table, tmp_path / "new" / "out"))
    assert tuple(rows[0]) == ("split", *COLUMNS[:-1]), "a mark stands before the column that is needed least"
    for name in set(COLUMNS) - {"confidence"}:
        assert [row[name] for row in rows] == [str(value) for value in table.columns[name].tolist()]
    assert [row["confidence"] for row in rows] == ["", "0.25", "0.75", ""]


def test_csv_is_rfc_4180_with_a_byte_order_mark_on_request(table: LabelTable, tmp_path: Path) -> None:
    plain = write_labels("csv", table, tmp_path / "out", ExportOptions(bom=False)).read_bytes()
    marked = write_labels("csv", table, tmp_path / "out", ExportOptions(bom=True)).read_bytes()
    assert plain.endswith(b"\r\n")
    assert plain.count(b"\r\n") == 5
    assert marked.startswith(b"\xef\xbb\xbfsplit,image_id,name,")
    assert plain.startswith(b"image_id,name,")
    assert len(marked) == len(plain) + 3
    assert pd.read_csv(tmp_path / "out" / "labels.csv")["label_name"].tolist() == [LABELS[i] for i in (1, 3, 4, 5)]


def test_csv_has_a_byte_order_mark_exactly_where_a_cell_is_not_ascii(tmp_path: Path) -> None:
    names = ["a.png", "b.png", "c.png", "d.png"]
    plain = write_labels("csv", small_table(classes=["cat", "dog"], name=names), tmp_path / "out").read_bytes()
    marked = write_labels("csv", small_table(classes=["Käfer", "dog"], name=names), tmp_path / "out").read_bytes()
    assert plain.isascii()
    assert marked.startswith(b"\xef\xbb\xbf")


def test_numbers_and_single_signs_are_no_formulas(tmp_path: Path) -> None:
    table = small_table(classes=["-1", "+"], name=["-1", "+2.5e3", "=", "-1a"])
    rows = rows_of(write_labels("csv", table, tmp_path / "out"))
    assert {row["label_name"] for row in rows} == {"-1", "+"}
    assert [row["name"] for row in rows] == ["-1", "+2.5e3", "=", "'-1a"]


def test_a_cell_that_a_spreadsheet_would_compute_is_disarmed(tmp_path: Path) -> None:
    table = small_table(classes=["=1+1", "@SUM(A1)"], name=["+1.png", "-1.png", "\t1.png", "1.png"])
    rows = rows_of(write_labels("csv", table, tmp_path / "out"))
    assert {row["label_name"] for row in rows} == {"'=1+1", "'@SUM(A1)"}
    assert [row["name"] for row in rows] == ["'+1.png", "'-1.png", "'\t1.png", "1.png"]
    raw = write_labels("csv", table, tmp_path / "out", ExportOptions(formula_safe=False))
    assert {row["label_name"] for row in rows_of(raw)} == {"=1+1", "@SUM(A1)"}


def test_parquet_gives_back_every_value_typed_with_the_manifest_inside(table: LabelTable, tmp_path: Path) -> None:
    found = pq.read_table(write_labels("parquet", table, tmp_path / "out"))
    assert tuple(found.column_names) == COLUMNS
    for name in set(COLUMNS) - {"confidence"}:
        assert found[name].to_pylist() == table.columns[name].tolist()
    assert found["confidence"].to_pylist() == [None, 0.25, 0.75, None]
    assert json.loads(found.schema.metadata[b"winnow"]) == table.info


def test_json_lines_are_read_by_pandas(table: LabelTable, tmp_path: Path) -> None:
    found = pd.read_json(write_labels("jsonl", table, tmp_path / "out"), lines=True)
    assert dict(zip(found["image_id"], found["label_name"], strict=True)) == LABELS
    assert found["weight"].tolist() == [1, 1, 0.5, 1]


def test_image_folder_is_read_by_torchvision_with_the_same_classes_in_every_split(
    table: LabelTable, tmp_path: Path
) -> None:
    folder = write_labels("image_folder", table, tmp_path / "out")
    train, val = (ImageFolder(str(folder / split), allow_empty=True) for split in ("train", "val"))
    assert train.classes == val.classes == sorted(["T-shirt_top", "Größe, _大_"])
    found = {int(Path(path).stem): train.classes[label] for path, label in [*train.samples, *val.samples]}
    assert found == {1: "T-shirt_top", 3: "Größe, _大_", 4: "T-shirt_top", 5: "Größe, _大_"}


def test_yolo_folders_hold_one_class_folder_for_each_image(table: LabelTable, tmp_path: Path) -> None:
    folder = write_labels("yolo", table, tmp_path / "out")
    assert {p.relative_to(folder).as_posix() for p in folder.rglob("*.png")} == {
        "train/T-shirt_top/00000001.png", "train/T-shirt_top/00000004.png", "train/Größe, _大_/00000003.png",
        "val/Größe, _大_/00000005.png",
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore")
def test_hugging_face_data_set_is_read_by_datasets(
    table: LabelTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = write_labels("hugging_face", table, tmp_path / "out")
    found = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert set(found) == {"train", "validation"}
    assert found["train"].features["label"].names == CLASSES
    rows = [*found["train"], *found["validation"]]
    assert {row["image_id"]: CLASSES[row["label"]] for row in rows} == LABELS
    np.testing.assert_array_equal(np.asarray(rows[0]["image"]), table.pixels[1, :, :, 0])
    assert [row["confidence"] for row in rows] == [None, 0.25, 0.75, None]
    assert "Kleider" in (folder / "README.md").read_text()


@pytest.mark.filterwarnings("ignore")
def test_webdataset_shards_are_read_by_webdataset(table: LabelTable, tmp_path: Path) -> None:
    wds = pytest.importorskip("webdataset")
    folder = write_labels("webdataset", table, tmp_path / "out")
    classes = json.loads((folder / "classes.json").read_text())
    found = {}
    for split in ("train", "val"):
        for sample in wds.WebDataset(str(folder / f"{split}-000000.tar"), shardshuffle=False).decode("pil"):
            assert sample["json"]["split"] == split
            found[sample["json"]["image_id"]] = classes[sample["cls"]]
            assert sample["png"].size == (10, 8)
    assert found == LABELS


def test_label_studio_tasks_follow_its_documented_schema(predicted: LabelTable, tmp_path: Path) -> None:
    file = write_labels("label_studio", predicted, tmp_path / "out")
    config = ET.parse(file.with_name("label_config.xml")).getroot()
    choices, image = config.find("Choices"), config.find("Image")
    assert choices is not None
    assert image is not None
    assert [choice.get("value") for choice in choices] == CLASSES
    tasks = json.loads(file.read_text())
    assert [len(task["annotations"]) for task in tasks] == [1, 1, 1, 0]
    assert [task["id"] for task in tasks] == [row["image_id"] + 1 for row in (task["data"] for task in tasks)]
    assert all(one["id"] == task["id"] for task in tasks for one in task["annotations"])  # converters ask for them
    for task in tasks:
        assert (file.parent / "images" / Path(task["data"]["image"]).name).is_file()
        for result in [r for part in ("annotations", "predictions") for one in task[part] for r in one["result"]]:
            assert (result["type"], result["from_name"], result["to_name"]) == (
                "choices", choices.get("name"), choices.get("toName"),
            )  # fmt: skip
            assert result["to_name"] == image.get("name")
            assert set(result["value"]["choices"]) <= set(CLASSES)
    assert [task["predictions"][0]["score"] for task in tasks] == [0.5, 0.6, 0.7, 0.8]
    assert tasks[1]["annotations"][0]["result"][0]["value"]["choices"] == [CLASSES[1]]


def test_fiftyone_labels_follow_its_classification_format(predicted: LabelTable, tmp_path: Path) -> None:
    folder = write_labels("fiftyone", predicted, tmp_path / "out")
    content = json.loads((folder / "train" / "labels.json").read_text())
    assert content["classes"] == CLASSES
    files = {path.stem for path in (folder / "train" / "data").iterdir()}
    assert {key: label["label"] for key, label in content["labels"].items()} == {
        f"{i:08d}": LABELS[i] for i in (1, 3, 4)
    }
    assert set(content["labels"]) <= files
    assert content["labels"]["00000004"]["confidence"] == 0.75
    assert content["labels"]["00000004"]["attributes"]["rule"] == "fixed_threshold"
    guesses = json.loads((folder / "val" / "predictions.json").read_text())["labels"]
    assert guesses == {"00000005": {"label": CLASSES[1], "confidence": 0.8}}


def test_coco_files_are_whole_and_their_boxes_are_the_images(table: LabelTable, tmp_path: Path) -> None:
    folder = write_labels("coco", table, tmp_path / "out")
    found = {}
    for split in ("train", "val"):
        content = json.loads((folder / "annotations" / f"{split}.json").read_text())
        categories = {one["id"]: one["name"] for one in content["categories"]}
        images = {one["id"]: one for one in content["images"]}
        for one in content["annotations"]:
            image = images[one["image_id"]]
            assert (folder / "images" / split / image["file_name"]).is_file()
            assert one["bbox"] == [0, 0, image["width"], image["height"]] == [0, 0, 10, 8]
            found[one["id"] - 1] = categories[one["category_id"]]
    assert found == LABELS


def test_cvat_xml_follows_the_schema_of_images_1_1(table: LabelTable, tmp_path: Path) -> None:
    file = write_labels("cvat", table, tmp_path / "out")
    root = ET.parse(file).getroot()
    assert (root.tag, root.findtext("version")) == ("annotations", "1.1")
    assert [name.text for name in root.findall("meta/task/labels/label/name")] == CLASSES
    found = {}
    for image in root.findall("image"):
        name, tag = str(image.get("name")), image.find("tag")
        assert tag is not None
        assert (file.parent / "images" / name).is_file()
        assert (image.get("width"), image.get("height")) == ("10", "8")
        assert name.startswith(f"{image.get('subset')}/")
        found[int(Path(name).stem)] = tag.get("label")
    assert found == LABELS
