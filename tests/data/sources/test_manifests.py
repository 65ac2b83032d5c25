"""Manifests name images, labels, splits and groups, in whatever way a spreadsheet writes them."""

import json
import unicodedata
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.base.errors import InputError
from core.data.ingest_config import IngestConfig
from core.data.sources.open_source import open_source
from core.data.sources.source_table import SourceTable
from core.data.sources.text_tables import read_text_table

NAMES = ("img/0.png", "img/1.png", "img/2.png", "img/K\u00e4fer 3.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "img").mkdir()
    for name in NAMES:
        Image.new("L", (8, 8)).save(tmp_path / name)
    return tmp_path


def opened(path: Path, **settings: object) -> SourceTable:
    return open_source(path, IngestConfig.checked(settings))


def labels(table: SourceTable) -> dict[str, str | None]:
    return dict(zip(table.names, table.classes, strict=True))


WANTED = {"img/0.png": "K\u00e4fer", "img/1.png": "Fliege", "img/2.png": "K\u00e4fer", "img/K\u00e4fer 3.png": None}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("slash", ["/", "\\"])
def test_any_separator_encoding_and_slash_give_the_same_labels(
    folder: Path, encoding: str, separator: str, slash: str
) -> None:
    rows = [["file", "label"], *([name.replace("/", slash), label or ""] for name, label in WANTED.items())]
    text = "".join(separator.join(f'"{cell}"' for cell in row) + "\r\n" for row in rows)
    (folder / "labels.csv").write_bytes(text.encode(encoding))
    assert labels(opened(folder)) == WANTED
    assert labels(opened(folder / "labels.csv")) == WANTED


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "json", "tsv"])
def test_every_kind_of_table_gives_labels_splits_groups_and_metadata(folder: Path, kind: str) -> None:
    frame = pd.DataFrame(
        {
            "image_path": NAMES[:3],
            "species": ["a", "b", "a"],
            "split": ["train", "TEST", "validation"],
            "patient": ["p1", "p1", "p2"],
            "depth": [1.5, 2.0, float("nan")],
        }
    )
    file = folder / f"table.{kind}"
    if kind == "parquet":
        frame.to_parquet(file)
    elif kind == "tsv":
        frame.to_csv(file, sep="\t", index=False)
    else:
        file.write_text(frame.to_json(orient="records", lines=kind == "jsonl"), encoding="utf-8")
    table = opened(file)
    assert labels(table) == {"img/0.png": "a", "img/1.png": "b", "img/2.png": "a"}
    assert table.splits == ("train", "test", "val")
    assert table.groups == ("p1", "p1", "p2")
    assert [str(value).removesuffix(".0") for value in table.metadata["depth"]] == ["1.5", "2", ""]


@pytest.mark.parametrize(
    "text",
    [
        "0,x\n1,y\n2,x\n",
        "/old/disk/img/0.png,x\n/old/disk/img/1.png,y\n/old/disk/img/2.png,x\n",
        "C:\\data\\img\\0.png,x\nC:\\data\\img\\1.png,y\nC:\\data\\img\\2.png,x\n",
        "id,label\n0,x\n1,y\n2,x\n",
        "filename,class\n0.png,x\n1.png,y\n2.png,x\n",
        "label,anything\nx,img/0.png\ny,img/1.png\nx,img/2.png\n",
        "0.png x\n1.png y\n2.png x\n",
        "https://host/a/0.png?size=1,x\nhttps://host/a/1.png,y\nhttps://host/a/2.png,x\n",
    ],
)
def test_paths_are_found_by_their_end_without_suffix_and_without_header(folder: Path, text: str) -> None:
    (folder / "labels.csv").write_text(text)
    assert labels(opened(folder / "labels.csv")) == {"img/0.png": "x", "img/1.png": "y", "img/2.png": "x"}


def test_a_name_in_another_unicode_form_is_found(folder: Path) -> None:
    name = unicodedata.normalize("NFD", NAMES[3])
    (folder / "labels.csv").write_text(f"file,label\n{name},x\n", encoding="utf-8")
    assert labels(opened(folder / "labels.csv")) == {NAMES[3]: "x"}


def test_rows_without_a_file_and_rows_that_differ_are_told(folder: Path) -> None:
    (folder / "labels.csv").write_text("file,label\nimg/0.png,x\nimg/9.png,x\nimg/0.png,y\n,z\n")
    problems = {problem.name: problem.reason for problem in opened(folder / "labels.csv").problems}
    assert "no such file" in problems["img/9.png"]
    assert "row 3" in problems["img/9.png"]
    assert "rows 2 and 4" in problems["img/0.png"]
    assert "no file" in problems["labels.csv, row 5"]


def test_columns_can_be_named(folder: Path) -> None:
    (folder / "t.csv").write_text("file,label,other\nimg/0.png,x,1\nimg/1.png,y,2\n")
    assert opened(folder / "t.csv", columns="label=other").class_names == ("1", "2")
    with pytest.raises(InputError, match="no column 'nothing'; it has: file, label, other"):
        opened(folder / "t.csv", columns="label=nothing")


def test_an_image_that_no_row_names_is_unlabeled(folder: Path) -> None:
    (folder / "labels.csv").write_text("file,label\nimg/0.png,x\nimg/1.png,y\nimg/2.png,x\n")
    table = opened(folder)
    assert labels(table)[NAMES[3]] is None
    assert any("1. They are unlabeled" in remark for remark in table.remarks)


def test_a_table_that_names_nothing_is_left_alone(folder: Path) -> None:
    (folder / "notes.csv").write_text("what,how\nsun,warm\n")
    table = opened(folder)
    assert set(table.classes) == {"img"}
    with pytest.raises(InputError, match=r"no column that names image files|None of the"):
        opened(folder / "notes.csv")


cells = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=8), st.sampled_from(["csv", "jsonl"]))
def test_cells_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], kind: str
) -> None:
    file = tmp_path_factory.mktemp("cells") / f"t.{kind}"
    frame = pd.DataFrame([("file", "label"), *rows], columns=["file", "label"])
    frame = frame.iloc[1:] if kind == "jsonl" else frame
    if kind == "csv":
        frame.iloc[1:].to_csv(file, index=False)
    else:
        file.write_text("\n".join(json.dumps(row) for row in frame.to_dict("records")), encoding="utf-8")
    wanted = [tuple(cell.strip() for cell in row) for row in rows] if kind == "csv" else rows
    wanted = [row for row in wanted if any(row)] if kind == "csv" else wanted
    if not wanted:
        return
    table = read_text_table(file)
    found = list(zip(table.columns["file"], table.columns["label"], strict=True))
    assert [row for row in found if any(row)] == [row for row in wanted if any(row)]
