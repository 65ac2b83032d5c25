"""Splits that folders, names of files and other tools tell are kept, and are never classes."""

import json
import tarfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core.base.config import SplitConfig
from core.base.errors import InputError
from core.data.ingest_config import IngestConfig
from core.data.sources.open_source import lone_table, open_source
from core.data.sources.source_preview import SourcePreview
from core.data.sources.source_table import SourceTable, split_of
from core.data.split_sizes import in_proportion
from core.export.export import write_labels
from core.export.kinds import EXPORTS
from core.project.project import Project
from core.workspace.project_source import planned_sizes
from tests.export.label_tables import small_table


def opened(path: Path, root: Path | None = None) -> SourceTable:
    return open_source(path, IngestConfig(), root)


def image(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8)).save(path)


def splits(table: SourceTable) -> dict[str, str]:
    return dict(zip(table.names, table.splits, strict=True))


def coco(names: list[str]) -> str:
    return json.dumps(
        {
            "images": [{"id": n, "file_name": name} for n, name in enumerate(names)],
            "annotations": [{"image_id": n, "category_id": 1 + n % 2} for n in range(len(names))],
            "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
        }
    )


@pytest.mark.parametrize("kind", [kind for kind, form in EXPORTS.items() if form.has_images])
def test_calibration_images_of_an_export_keep_their_class_and_get_no_split(kind: str, tmp_path: Path) -> None:
    table = small_table(split=["train", "train", "calibration", "val"])
    written = write_labels(kind, table, tmp_path / "out")
    folder = tmp_path / "out"
    for side in ("labels.csv", "manifest.json"):  # what is left is what another tool reads
        (folder / side).unlink(missing_ok=True)
    found = opened(folder if written.is_dir() else written)
    assert not set(found.class_names) & {"train", "val", "calibration"}
    if kind != "folder_per_class":  # which has no place for splits
        assert sorted(found.splits) == ["", "train", "train", "val"]
        assert any("Images of a calibration part: 1." in remark for remark in found.remarks)


def test_coco_files_of_several_splits_say_them_by_their_names(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        image(tmp_path / "images" / name)
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "instances_train2017.json").write_text(coco(["a.png", "b.png"]))
    (tmp_path / "annotations" / "instances_val2017.json").write_text(coco(["c.png"]))
    assert splits(opened(tmp_path)) == {"images/a.png": "train", "images/b.png": "train", "images/c.png": "val"}


def test_files_of_one_name_in_two_splits_are_found_in_the_split_of_the_table(tmp_path: Path) -> None:
    for split in ("train2017", "val2017"):
        image(tmp_path / split / "1.png")
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "instances_train2017.json").write_text(coco(["1.png"]))
    (tmp_path / "annotations" / "instances_val2017.json").write_text(coco(["1.png"]))
    assert splits(opened(tmp_path)) == {"train2017/1.png": "train", "val2017/1.png": "val"}
    for part in ("train", "valid"):  # as Roboflow writes it
        image(tmp_path / "robo" / part / "1.jpg")
        (tmp_path / "robo" / part / "_annotations.coco.json").write_text(coco(["1.jpg"]))
    assert splits(opened(tmp_path / "robo")) == {"train/1.jpg": "train", "valid/1.jpg": "val"}


def test_a_table_in_each_split_folder_labels_its_own_images(tmp_path: Path) -> None:
    for split, number in (("train", 4), ("test", 1)):  # an image folder with metadata.csv, as Hugging Face reads it
        for n in range(number):
            image(tmp_path / split / f"{n}.png")
        rows = "".join(f"{n}.png,{'cat' if n % 2 else 'dog'}\n" for n in range(number))
        (tmp_path / split / "metadata.csv").write_text(f"file_name,label\n{rows}")
    found = opened(tmp_path)
    assert splits(found) == {"test/0.png": "test"} | {f"train/{n}.png": "train" for n in range(4)}
    assert dict(zip(found.names, found.classes, strict=True))["test/0.png"] == "dog"
    assert not any("no row" in remark for remark in found.remarks)


def test_a_table_without_splits_takes_them_from_the_folders(tmp_path: Path) -> None:
    for name in ("train/a.png", "val/b.png", "test/c.png"):
        image(tmp_path / name)
    (tmp_path / "labels.csv").write_text("path,label\ntrain/a.png,cat\nval/b.png,dog\ntest/c.png,cat\n")
    expected = {"train/a.png": "train", "val/b.png": "val", "test/c.png": "test"}
    assert splits(opened(tmp_path)) == splits(opened(tmp_path / "labels.csv")) == expected


def test_predictions_beside_the_images_are_no_labels(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        image(tmp_path / name)
    (tmp_path / "predictions.csv").write_text("name,label\na.png,cat\nb.png,dog\n")
    (tmp_path / "predictions.json").write_text(json.dumps({"classes": ["cat"], "labels": {"a": "cat", "b": "cat"}}))
    assert opened(tmp_path).classes == (None, None)
    assert opened(tmp_path / "predictions.csv").classes == ("cat", "dog")  # said outright


def test_fiftyone_labels_without_a_row_are_passed_over(tmp_path: Path) -> None:
    for split in ("train", "unlabeled"):
        image(tmp_path / split / "data" / "a.png")
    labels = {"a": {"label": "cat", "confidence": 0.5, "attributes": {"group": "p", "camera": "B"}}}
    for split, given in (("train", labels), ("unlabeled", {})):
        (tmp_path / split / "labels.json").write_text(json.dumps({"classes": ["cat"], "labels": given}))
    found = opened(tmp_path)
    assert dict(zip(found.names, found.classes, strict=True)) == {"train/data/a.png": "cat"}
    assert (found.groups, dict(found.metadata)) == (("p",), {"confidence": ["0.5"], "camera": ["B"]})
    with pytest.raises(InputError, match=r"labels.json has no rows"):
        opened(tmp_path / "unlabeled" / "labels.json")


def test_groups_of_packed_data_sets_are_groups(tmp_path: Path) -> None:
    content = BytesIO()
    Image.new("L", (8, 8)).save(content, "PNG")
    rows = [{"bytes": content.getvalue(), "path": f"{n}.png"} for n in range(2)]
    pq.write_table(pa.table({"image": rows, "label": ["a", "b"], "Patient": ["p", "q"]}), tmp_path / "d.parquet")
    assert opened(tmp_path / "d.parquet").groups == ("p", "q")
    with tarfile.open(tmp_path / "d.tar", "w") as archive:
        for name, data in (("0.png", content.getvalue()), ("0.json", b'{"label": "a", "patient_id": 7}')):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, BytesIO(data))
    assert opened(tmp_path / "d.tar").groups == ("7",)


def test_a_folder_of_nothing_but_a_table_is_that_table(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        image(tmp_path / "originals" / name)
    written = write_labels("csv", small_table(name=["a.png", "b.png", "c.png", "d.png"]), tmp_path / "out")
    assert lone_table(tmp_path / "out") == written
    project = Project.create(tmp_path / "p", str(tmp_path / "out"), root=tmp_path / "originals")
    assert project.images.names.tolist() == ["a.png", "b.png"]
    assert project.original(0).shape[:2] == (8, 8)
    (tmp_path / "out" / "second.csv").write_text("path\na.png\n")
    assert lone_table(tmp_path / "out") == tmp_path / "out"
    assert lone_table(tmp_path / "originals") == tmp_path / "originals"


def test_folders_named_with_a_year_are_splits() -> None:
    assert [split_of(word) for word in ("train2017", "Val_2014", "test1", "2017")] == ["train", "val", "", ""]


def test_the_planned_parts_never_exceed_the_images() -> None:
    classes = dict(zip("abcdefgh", (23, 15, 34, 29, 63, 34, 1, 27), strict=True))
    found = SourcePreview("s", "", 226, classes, 0, {"train": 132, "val": 38, "test": 42}, 0, (), {}, ())
    assert planned_sizes(found, SplitConfig(kind="stratified", labeled=146)).get("unlabeled", 0) >= 0
    sizes = planned_sizes(found, None)
    assert (sum(sizes.values()), sizes["unlabeled"]) == (226, 0)


def test_a_number_is_divided_in_proportion() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        counts = rng.integers(0, 30, rng.integers(1, 9)).tolist()
        total = int(rng.integers(0, sum(counts) + 1))
        shares = in_proportion(counts, total)
        assert sum(shares) == total
        assert all(0 <= share <= count for share, count in zip(shares, counts, strict=True))


def test_a_plan_of_a_source_with_groups_says_that_they_count_less() -> None:
    found = SourcePreview("s", "", 300, {"a": 100, "b": 100}, 100, {}, 40, (), {}, ())
    notes = Project.plan_split(found).notes
    assert "The source names 40 groups: one calibration image of each group counts" in notes[-1]
