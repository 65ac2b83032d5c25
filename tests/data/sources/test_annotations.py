"""Exports of other tools give the labels that they hold."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.base.errors import InputError
from core.data.ingest_config import IngestConfig
from core.data.sources.open_source import open_source
from core.data.sources.source_table import SourceTable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    for number in range(4):
        Image.new("L", (8, 8)).save(tmp_path / "data" / f"{number}.png")
    return tmp_path


def opened(path: Path) -> SourceTable:
    return open_source(path, IngestConfig())


def labels(table: SourceTable) -> dict[str, str | None]:
    return dict(zip(table.names, table.classes, strict=True))


COCO = {
    "images": [{"id": n, "file_name": f"{n}.png"} for n in range(4)],
    "annotations": [
        {"image_id": 0, "category_id": 1},
        {"image_id": 1, "category_id": 2},
        {"image_id": 1, "category_id": 2},
        {"image_id": 2, "category_id": 1},
        {"image_id": 2, "category_id": 2},
    ],
    "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}, {"id": 3, "name": "owl"}],
}
LABEL_STUDIO = [
    {
        "id": 1,
        "data": {"image": "/data/upload/3/0123abcd-0.png", "place": "north"},
        "annotations": [
            {"result": [{"type": "choices", "value": {"choices": ["dog"]}}]},
            {"result": [{"type": "choices", "value": {"choices": ["cat"]}}]},
            {"was_cancelled": True, "result": []},
        ],
    },
    {"id": 2, "data": {"image": "/data/local-files/?d=data/1.png"}, "annotations": [], "predictions": [{"result": []}]},
]
FIFTYONE = {
    "samples": [
        {
            "filepath": "data/0.png",
            "tags": ["test", "blurred"],
            "ground_truth": {"_cls": "Classification", "label": "cat"},
        },
        {"filepath": "data/1.png", "tags": [], "ground_truth": None},
    ]
}
CVAT = """<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version>
<meta><task><labels><label><name>cat</name></label><label><name>owl</name></label></labels></task></meta>
<image id="0" name="0.png" subset="train"><tag label="cat" source="manual">
<attribute name="pose">left</attribute></tag></image>
<image id="1" name="1.png"></image></annotations>"""


def write(folder: Path, name: str, content: Any) -> Path:
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def test_coco_categories_are_classes_and_images_of_several_are_unlabeled(folder: Path) -> None:
    table = opened(write(folder, "annotations.json", COCO))
    assert labels(table) == {"data/0.png": "cat", "data/1.png": "dog", "data/2.png": None, "data/3.png": None}
    assert table.class_names == ("cat", "dog", "owl")
    assert any("Images of several classes: 1" in remark for remark in table.remarks)


def test_label_studio_takes_the_latest_annotation_that_was_not_cancelled(folder: Path) -> None:
    table = opened(write(folder, "project-1.json", LABEL_STUDIO))
    assert labels(table) == {"data/0.png": "cat", "data/1.png": None}
    assert table.metadata["place"] == ["north", ""]


def test_fiftyone_tags_give_the_split(folder: Path) -> None:
    table = opened(write(folder, "samples.json", FIFTYONE))
    assert labels(table) == {"data/0.png": "cat", "data/1.png": None}
    assert table.splits == ("test", "")


def test_cvat_tags_are_labels(folder: Path) -> None:
    table = opened(write(folder, "annotations.xml", CVAT))
    assert labels(table) == {"data/0.png": "cat", "data/1.png": None}
    assert table.class_names == ("cat", "owl")
    assert table.metadata["pose"] == ["left", ""]


@pytest.mark.parametrize(
    "document",
    [
        {"classes": ["cat", "dog"], "labels": {"0": 0, "1": 1}},
        {"labels": [["data/0.png", "cat"], ["data/1.png", "dog"]]},
        {"data/0.png": "cat", "1.png": "dog"},
        [{"image": "data/0.png", "choice": "cat"}, {"image": "1.png", "choice": "dog"}],
    ],
)
def test_json_files_of_labels_are_read(folder: Path, document: Any) -> None:
    assert labels(opened(write(folder, "labels.json", document))) == {"data/0.png": "cat", "data/1.png": "dog"}


def test_the_folder_itself_is_enough(folder: Path) -> None:
    write(folder, "annotations.json", COCO)
    assert "COCO" in opened(folder).layout


def test_a_document_type_is_refused(folder: Path) -> None:
    file = write(folder, "a.xml", '<!DOCTYPE x [<!ENTITY a "b">]><annotations/>')
    with pytest.raises(InputError, match="document type"):
        opened(file)


def test_an_export_of_other_images_says_what_it_names(folder: Path) -> None:
    document = {"images": [{"id": 1, "file_name": "other.jpg"}], "categories": [], "annotations": []}
    with pytest.raises(InputError, match=r"None of the 1 rows .*'other.jpg'"):
        opened(write(folder, "a.json", document))
