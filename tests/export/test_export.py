"""Labels of a project go out with everything that is known of them, also when a run is gone."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from core import Command, Project, constants
from core.base.errors import InputError

RUN = "001-supervised-mlp"


@pytest.fixture
def reviewed(trained_project: Project) -> Project:
    """A project with one accepted image and a bulk accept."""
    pool = trained_project.scores(RUN)
    image, label = int(pool.ids[0]), int(pool.scores.pseudo_labels[0])
    trained_project.decisions.execute([Command("one", "accept", RUN, "ann", image, label)])
    trained_project.bulk_accept(RUN, "top_per_class", "bob", count=2)
    return trained_project


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def manifest_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


def test_labels_go_out_when_the_folder_of_their_run_is_gone(reviewed: Project, tmp_path: Path) -> None:
    before = rows_of(reviewed.export("csv", tmp_path / "before"))
    shutil.rmtree(reviewed.path / "runs" / RUN)
    again = Project.open(reviewed.path)
    after = rows_of(again.export("csv", tmp_path / "after"))
    facts = [name for name in before[0] if name != "confidence"]
    assert [[row[name] for name in facts] for row in after] == [[row[name] for name in facts] for row in before]
    single = next(row for row in after if row["verdict"] == "accept")
    assert float(single["confidence"]) > 0  # the log has it
    assert {row["confidence"] for row in after if row["verdict"] == "bulk_accept"} == {""}
    for kind in constants.EXPORTS:
        assert again.export(kind, tmp_path / kind).exists()


def test_the_rules_behind_the_labels_stand_in_the_manifest(reviewed: Project, tmp_path: Path) -> None:
    reviewed.export("parquet", tmp_path / "out")
    [rule] = manifest_of(tmp_path / "out")["rules"]
    assert (rule["rule"], rule["count"], rule["run"], rule["reviewer"]) == ("top_per_class", 2, RUN, "bob")
    assert rule["labels"] == manifest_of(tmp_path / "out")["labels"]["bulk"]


def test_held_out_labels_go_along_under_their_split(reviewed: Project, tmp_path: Path) -> None:
    reviewed.export("image_folder", tmp_path / "out")
    rows = rows_of(tmp_path / "out" / "labels.csv")
    assert {row["split"] for row in rows} == {"train", "val", "calibration", "test"}
    assert sum(row["split"] == "test" for row in rows) == len(reviewed.splits.test)
    assert manifest_of(tmp_path / "out")["held_out"]["val"] == len(reviewed.splits.val)
    assert len({row["image_id"] for row in rows}) == len(rows)
    reviewed.export("image_folder", tmp_path / "out", held_out=False)
    assert {row["split"] for row in rows_of(tmp_path / "out" / "labels.csv")} == {"train"}


def test_predictions_of_a_run_go_along_with_unlabeled_images(reviewed: Project, tmp_path: Path) -> None:
    tasks = json.loads(reviewed.export("label_studio", tmp_path / "out", RUN).read_text())
    labeled = len(reviewed.curate().ids)
    assert sum(len(task["annotations"]) for task in tasks) == labeled
    assert len(tasks) == len({*reviewed.curate().ids.tolist(), *reviewed.splits.pool.tolist()}) > labeled
    assert {task["predictions"][0]["model_version"] for task in tasks} == {RUN}


def test_originals_are_the_usual_images_of_a_folder_project(reviewed: Project, pictures: Path, tmp_path: Path) -> None:
    reviewed.export("folder_per_class", tmp_path / "out")
    row = rows_of(tmp_path / "out" / "labels.csv")[0]
    assert (tmp_path / "out" / row["file"]).read_bytes() == (pictures / row["name"]).read_bytes()
    assert manifest_of(tmp_path / "out")["files"] == "copy"


def test_an_unknown_format_is_told_with_those_there_are(reviewed: Project, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no export called 'xml'\. There are: csv, .*hugging_face"):
        reviewed.export("xml", tmp_path / "out")


def test_notes_and_flags_go_along_and_come_back_as_more_columns(reviewed: Project, tmp_path: Path) -> None:
    image = int(reviewed.scores(RUN).ids[0])
    reviewed.decisions.note(image, "=seam,\nno crack", "ann")
    reviewed.decisions.flag(image, "bob")
    rows = {int(row["image_id"]): row for row in rows_of(reviewed.export("csv", tmp_path / "csv"))}
    assert (rows[image]["note"], rows[image]["flag"]) == ("'=seam,\nno crack", "bob")
    assert {(row["note"], row["flag"]) for number, row in rows.items() if number != image} == {("", "")}
    lines = [json.loads(line) for line in reviewed.export("jsonl", tmp_path / "jsonl").read_text().splitlines()]
    assert [(line["note"], line["flag"]) for line in lines if line["image_id"] == image] == [
        ("=seam,\nno crack", "bob")
    ]
    table = pq.read_table(reviewed.export("parquet", tmp_path / "parquet")).to_pylist()
    assert [row["note"] for row in table if row["note"]] == ["=seam,\nno crack"]
    written = reviewed.export("coco", tmp_path / "coco")
    attributes = [
        one["attributes"] for one in json.loads((written / "annotations" / "train.json").read_text())["annotations"]
    ]
    assert [(one["note"], one["flag"]) for one in attributes if "note" in one] == [("=seam,\nno crack", "bob")]
    for kind in constants.EXPORTS:
        assert reviewed.export(kind, tmp_path / kind).exists()
    again = Project.create(tmp_path / "again", tmp_path / "coco")
    assert again.class_names == reviewed.class_names
