"""Predictions of every kind of file find their images and classes; every bad one is a sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core import InputError, Project
from core.predictions.prediction_table import FLOOR

Write = Callable[[Path, pd.DataFrame], object]
ORDER = np.random.default_rng(1).permutation(240)
TABLES: dict[str, Write] = {
    ".csv": lambda path, table: table.to_csv(path),  # with a column of row numbers that has no header
    ".tsv": lambda path, table: table.to_csv(path, index=False, sep="\t"),
    ".parquet": lambda path, table: table.to_parquet(path),
    ".jsonl": lambda path, table: table.to_json(path, orient="records", lines=True),
}


def written(folder: Path, suffix: str, table: pd.DataFrame) -> Path:
    path = folder / f"mine{suffix}"
    TABLES[suffix](path, table)
    return path


def frame(project: Project, probs: np.ndarray, prefix: str = "") -> pd.DataFrame:
    """One row per image, shuffled, with the classes in another order."""
    classes = [2, 0, 1]
    heads = [prefix + project.class_names[number] for number in classes]
    table = pd.DataFrame(probs[:, classes], columns=heads)
    return table.assign(name=project.images.names, model="mine").iloc[ORDER]


@pytest.mark.parametrize("suffix", TABLES)
@pytest.mark.parametrize("prefix", ["", "prob_"])
def test_columns_are_found_by_class_and_rows_by_name(
    project: Project, probs: np.ndarray, tmp_path: Path, suffix: str, prefix: str
) -> None:
    found = project.check_predictions(written(tmp_path, suffix, frame(project, probs, prefix)))
    assert (found.kind, found.num_covered, found.missing_classes) == ("probabilities", 240, ())
    assert np.allclose(found.logits(np.arange(240)), np.log(probs), atol=1e-4)


@pytest.mark.parametrize("key", ["id", "image_id"])
def test_rows_are_found_by_id(project: Project, probs: np.ndarray, tmp_path: Path, key: str) -> None:
    table = frame(project, np.log(probs), "logit_").drop(columns="name").assign(**{key: ORDER})
    found = project.check_predictions(written(tmp_path, ".csv", table))
    assert found.kind == "logits"
    assert np.allclose(found.logits(np.arange(240)), np.log(probs), atol=1e-4)


def test_an_archive_names_its_images_and_classes(project: Project, probs: np.ndarray, tmp_path: Path) -> None:
    classes = np.array(project.class_names)[[1, 2, 0]]
    arrays: dict[str, Any] = {"probabilities": probs[ORDER][:, [1, 2, 0]], "classes": classes}
    for keys in ({"names": project.images.names[ORDER]}, {"ids": ORDER}):
        np.savez(tmp_path / "mine.npz", allow_pickle=False, **arrays, **keys)
        found = project.check_predictions(tmp_path / "mine.npz")
        assert np.allclose(found.logits(np.arange(240)), np.log(probs), atol=1e-5)


def test_a_path_may_be_absolute(project: Project, probs: np.ndarray, tmp_path: Path) -> None:
    table = frame(project, probs)
    table["name"] = [f"/data/shapes/{name}" for name in table["name"]]
    assert project.check_predictions(written(tmp_path, ".csv", table)).num_covered == 240


def test_lists_in_a_table_are_read_as_an_array(project: Project, probs: np.ndarray, tmp_path: Path) -> None:
    table = pd.DataFrame({"file": project.images.names, "logits": list(np.log(probs))})
    for suffix in (".parquet", ".jsonl"):
        found = project.check_predictions(written(tmp_path, suffix, table))
        assert found.kind == "logits"
        assert np.allclose(found.logits(np.arange(240)), np.log(probs), atol=1e-4)


def test_a_class_that_is_left_out_gets_the_smallest_probability(project: Project, probs: np.ndarray) -> None:
    kept = probs[:, :2] / probs[:, :2].sum(axis=1, keepdims=True)
    for values in (kept, np.log(kept) + 5):
        table = {name: values[:, number] for number, name in enumerate(project.class_names[:2])}
        found = project.check_predictions(_csv(project, pd.DataFrame(table)))
        assert found.missing_classes == (project.class_names[2],)
        logits = found.logits(np.arange(240))
        assert np.allclose(logits[:, 2], np.log(FLOOR))
        assert np.allclose(np.exp(logits[:, :2]), kept, atol=1e-4)


def _csv(project: Project, table: pd.DataFrame) -> Path:
    return written(project.path, ".csv", table.assign(name=project.images.names))


def test_unknown_classes_are_named_or_left_out(project: Project, probs: np.ndarray) -> None:
    path = _csv(project, pd.DataFrame(probs, columns=["circle", "cross", "star"]))
    with pytest.raises(InputError, match=r"classes that this project does not have: star\. It has: circle, cross"):
        project.check_predictions(path)
    found = project.check_predictions(path, ignore_unknown=True)
    assert (found.missing_classes, found.ignored_classes) == (("stripes",), ("star",))
    labels = np.array(["circle", "cross", "star"])[probs.argmax(axis=1)]
    path = _csv(project, pd.DataFrame({"label": labels}))
    with pytest.raises(InputError, match="does not have: star"):
        project.check_predictions(path)
    found = project.check_predictions(path, ignore_unknown=True)
    assert found.num_covered == (labels != "star").sum()
    assert not found.logits(np.flatnonzero(labels == "star")).any()


def test_labels_keep_their_confidence(project: Project, probs: np.ndarray) -> None:
    labels, top = probs.argmax(axis=1), probs.max(axis=1)
    table = pd.DataFrame({"label": np.array(project.class_names)[labels], "confidence": top})
    found = project.check_predictions(_csv(project, table))
    assert (found.kind, found.has_confidence) == ("labels", True)
    given = np.exp(found.logits(np.arange(240)))
    assert np.array_equal(given.argmax(axis=1), labels)
    assert np.allclose(given.max(axis=1), top, atol=1e-4)
    by_number = project.check_predictions(_csv(project, table.assign(label=labels)))
    assert np.array_equal(by_number.logits(np.arange(240)), found.logits(np.arange(240)))


def test_zeros_and_ones_are_probabilities_unless_they_are_said_to_be_logits(project: Project) -> None:
    one_hot = np.eye(3, dtype=np.int64)[np.arange(240) % 3]
    assert project.check_predictions(one_hot).kind == "probabilities"
    assert project.check_predictions(one_hot, kind="logits").kind == "logits"


def spoiled(probs: np.ndarray, row: int, value: float) -> np.ndarray:
    changed = probs.copy()
    changed[row, 0] = value
    return changed


BAD_ARRAYS: list[tuple[Callable[[np.ndarray], Any], str, str]] = [
    (lambda p: spoiled(p, 7, np.nan), "auto", r"row 8 \(image 7\) holds NaN or an infinite number"),
    (lambda p: spoiled(np.log(p), 7, np.inf), "auto", r"row 8 \(image 7\) holds NaN or an infinite number"),
    (lambda p: spoiled(p, 7, 0.0) / 2, "auto", r"row 1 \(image 0\) sums to 0\.5, not to 1: normalize the rows, or say"),
    (lambda p: p * 100, "auto", r"sums to 100, not to 1: divide percentages by 100"),
    (lambda p: spoiled(p, 7, -0.5), "probabilities", r"row 8 \(image 7\) holds a negative probability"),
    (lambda p: p[:-1], "auto", "has 239 rows and the project 240 images"),
    (lambda p: p[:, :2], "auto", "has 2 columns of predictions, and the project 3 classes"),
    (lambda p: p[:, :, None], "auto", r"an array of shape \(240, 3, 1\)"),
    (lambda p: p[:, :0], "auto", r"an array of shape \(240, 0\)"),
    (lambda p: p.astype("U5"), "auto", "an array of shape .* of <U5"),
    (lambda p: p, "labels", "holds an array of numbers, not labels"),
    (lambda p: p.argmax(axis=1), "logits", "holds labels, not logits"),
    (lambda p: p.argmax(axis=1) + 1, "auto", "classes that this project does not have: 3"),
    (lambda p: p, "scores", "There is no kind of predictions called 'scores'"),
]


@pytest.mark.parametrize(("change", "kind", "said"), BAD_ARRAYS)
def test_a_bad_array_is_one_sentence(
    project: Project, probs: np.ndarray, change: Callable[[np.ndarray], Any], kind: str, said: str
) -> None:
    with pytest.raises(InputError, match=said) as error:
        project.import_predictions(change(probs), "mine", kind=kind)
    assert "\n" not in str(error.value)
    assert project.runs() == []


BAD_TABLES: list[tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = [
    (lambda t: pd.concat([t, t[:1]]), r"several rows for .* \(rows 1 and 241\): keep one"),
    (lambda t: t.assign(name="else/" + t["name"]), "No row of mine.csv is of an image of this project: its first is"),
    (lambda t: t[:0], "it has no rows"),
    (lambda t: t.drop(columns="name"), "has no column called name or file"),
    (
        lambda t: t[["name", "model"]],
        "has no predictions: it needs an array called logits or probabilities, one column",
    ),
    (lambda t: t.assign(circle=np.where(np.arange(240) == 4, np.nan, t["circle"])), r"row 5 \('.*png'\) holds NaN"),
    (lambda t: t[["name"]].assign(label="circle", confidence=1.5), "the confidence 1.5: give numbers in"),
    (lambda t: t[["name"]].assign(label="circle", confidence="high"), "confidence of mine.csv does not hold numbers"),
    (lambda t: t[["name"]].assign(label=""), "classes that this project does not have: "),
]


@pytest.mark.parametrize(("change", "said"), BAD_TABLES)
def test_a_bad_table_is_one_sentence(
    project: Project, probs: np.ndarray, tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame], said: str
) -> None:
    path = written(tmp_path, ".csv", change(frame(project, probs)))
    with pytest.raises(InputError, match=said) as error:
        project.import_predictions(path)
    assert "\n" not in str(error.value)
    assert project.runs() == []


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv", ".parquet", ".jsonl", ".txt"])
def test_a_file_that_cannot_be_read_is_named(project: Project, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"mine{suffix}"
    with pytest.raises(InputError, match=rf"mine{suffix}"):
        project.import_predictions(path)
    path.write_bytes(b'nothing of the kind, "')
    with pytest.raises(InputError, match=rf"mine{suffix}"):
        project.import_predictions(path)


def test_a_class_is_named_once(project: Project, probs: np.ndarray, tmp_path: Path) -> None:
    classes = np.array(["circle", "circle", "cross"])
    np.savez(tmp_path / "mine.npz", allow_pickle=False, ids=np.arange(240), probabilities=probs, classes=classes)
    with pytest.raises(InputError, match="names the class circle twice"):
        project.check_predictions(tmp_path / "mine.npz")


def test_ids_belong_to_an_array(project: Project, probs: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must be whole numbers"):
        project.import_predictions(probs, ids=np.ones(240))
    np.save(tmp_path / "mine.npy", probs)
    with pytest.raises(InputError, match="give ids with an array alone"):
        project.import_predictions(tmp_path / "mine.npy", ids=np.arange(240))
    with pytest.raises(InputError, match="239 ids for 240 rows"):
        project.import_predictions(probs, ids=np.arange(239))
