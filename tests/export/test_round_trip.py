"""What is exported comes back: the same labels and splits, whatever the names of classes and files."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data.classes.class_names import clean_name
from core.data.ingest_config import IngestConfig
from core.data.sources.open_source import open_source
from core.export.export import write_labels
from core.export.kinds import EXPORTS
from core.export.label_table import ExportOptions
from tests.export.label_tables import small_table

WITH_IMAGES = [kind for kind, form in EXPORTS.items() if form.has_images]
NO_LABELS = ("", "nan", "null", "none", "n/a", "na", "?", "-1", "unlabeled", "unlabelled")
NAMES = (
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
    .map(clean_name)  # as every class of a project is called
    .filter(lambda name: name.casefold() not in NO_LABELS and not name.startswith("."))
)


@pytest.mark.parametrize("kind", WITH_IMAGES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    classes=st.lists(NAMES, min_size=2, max_size=2, unique_by=str.casefold),
    labels=st.lists(st.sampled_from([0, 1]), min_size=4, max_size=4),
)
def test_every_format_gives_the_same_labels_and_splits_back(
    kind: str, classes: list[str], labels: Sequence[int]
) -> None:
    table = small_table(classes=classes, label=list(labels))
    folder = Path(tempfile.mkdtemp())
    try:
        written = write_labels(kind, table, folder / "out", ExportOptions())
        found = open_source(written, IngestConfig())
        expected = sorted(
            (classes[label], split) for label, split in zip(labels, table.columns["split"].tolist(), strict=True)
        )
        assert sorted(zip(map(str, found.classes), found.splits, strict=True)) == expected
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("kind", EXPORTS)
def test_a_class_without_an_image_comes_back_from_every_format_and_a_merged_one_does_not(
    kind: str, tmp_path: Path
) -> None:
    names, classes = ["a.png", "b.png", "c.png", "d.png"], ["cat", "dog", "emu", "Katze"]
    for name in names:
        (tmp_path / "originals").mkdir(exist_ok=True)
        (tmp_path / "originals" / name).write_bytes(b"found by name, not read")
    table = small_table(classes=classes, name=names)
    written = write_labels(kind, replace(table, info={**table.info, "merged_classes": ["Katze"]}), tmp_path / "out")
    found = open_source(written, IngestConfig(), None if EXPORTS[kind].has_images else tmp_path / "originals")
    assert sorted(found.class_names) == ["cat", "dog", "emu"]
    assert len(found.files) == 4


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(classes=st.lists(NAMES, min_size=2, max_size=2, unique_by=str.casefold))
def test_a_table_beside_the_originals_gives_the_same_labels_back(kind: str, classes: list[str]) -> None:
    names = ["=a.png", "b.png", "-deep/c.png", "-deep/d.png"]
    table = small_table(classes=classes, name=names)
    folder = Path(tempfile.mkdtemp())
    try:
        for name in names:
            (folder / "originals" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "originals" / name).write_bytes(b"found by name, not read")
        written = write_labels(kind, table, folder / "out", ExportOptions())
        found = open_source(written, IngestConfig(), folder / "originals")
        labels = [classes[label] for label in table.columns["label"].tolist()]
        assert dict(zip(found.names, found.classes, strict=True)) == dict(zip(names, labels, strict=True))
    finally:
        shutil.rmtree(folder)


def test_an_export_made_into_a_table_twice_is_the_same(tmp_path: Path) -> None:
    first = pq.read_table(write_labels("parquet", small_table(), tmp_path / "a"))
    second = pq.read_table(write_labels("parquet", small_table(), tmp_path / "b"))
    assert first.equals(second)


def test_cells_that_a_csv_disarmed_come_back_as_they_were(tmp_path: Path) -> None:
    for name in ("=a.png", "b.png", "c.png", "d.png"):
        (tmp_path / "originals").mkdir(exist_ok=True)
        (tmp_path / "originals" / name).write_bytes(b"found by name, not read")
    texts: dict[str, list[Any]] = {
        "reviewer": ["=1+1", "'quoted'", "-x", "-1"],
        "name": ["=a.png", "b.png", "c.png", "d.png"],
    }
    for safe in (True, False):
        out = tmp_path / f"out-{safe}"
        written = write_labels("csv", small_table(None, None, **texts), out, ExportOptions(formula_safe=safe))
        assert ("'=1+1" in written.read_text(encoding="utf-8-sig")) is safe
        found = open_source(written, IngestConfig(), tmp_path / "originals")
        assert list(found.metadata["reviewer"]) == texts["reviewer"]
    other = tmp_path / "originals" / "labels.csv"  # of another tool: what it says is what it means
    other.write_text("file,label,note\nb.png,cat,'=1+1\n")
    assert open_source(other, IngestConfig()).metadata["note"] == ["'=1+1"]
