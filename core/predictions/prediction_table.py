"""Predictions of another model for the images of a project: checked, and turned into logits.

Logits are kept as they are; probabilities become their logarithms; labels become a fixed or a given confidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from core.base.errors import InputError, unknown_name
from core.base.types import Ids, ImageSet, Logits
from core.data.classes.class_names import clean_name
from core.data.keyed_tables import KeyedTable, match_rows
from core.predictions.prediction_columns import PredictionColumns, find_predictions

KINDS = ("auto", "logits", "probabilities", "labels")
"""What predictions are; auto takes it from headers, range and sums."""
FLOOR = 1e-6
"""Smallest probability: of a class that the file leaves out, or gives less."""
LABEL_LOGIT = 4.0
"""Logit of a label without a confidence, beside 0 of the other classes; the temperature of val sets its confidence."""
SUM_TOLERANCE = 0.02
"""Largest distance from 1 of a row of probabilities: rounding."""
CHUNK = 65_536


@dataclass(frozen=True)
class PredictionTable:
    """Predictions of one file, matched to the images of a project.

    Attributes:
        source: Name of the file.
        kind: "logits", "probabilities" or "labels".
        rows: Row of each image, (N,); -1 where the file has none: such an image gets the same probability for all
            classes.
        num_rows: Rows of the file.
        missing_classes: Classes of the project that the file leaves out.
        ignored_classes: Classes of the file that the project does not have, left out.
        has_confidence: Whether labels come with a confidence.
    """

    source: str
    kind: str
    rows: Ids
    num_rows: int
    missing_classes: tuple[str, ...]
    ignored_classes: tuple[str, ...]
    has_confidence: bool
    _values: NDArray[Any]  # (n, C), or (n,) class numbers of labels
    _columns: Ids  # (K,) column of each class of the project, -1 where there is none
    _confidence: NDArray[np.float32] | None

    @property
    def num_covered(self) -> int:
        """Images of the project that have a row."""
        return int((self.rows >= 0).sum())

    @property
    def num_others(self) -> int:
        """Rows of other images, or of classes left out."""
        return self.num_rows - self.num_covered

    def logits(self, ids: Ids) -> Logits:
        """Return the logits of some images.

        Args:
            ids: The images, (n,).

        Returns:
            (n, K) float32; all 0 for an image without a row.
        """
        rows = self.rows[ids]
        known = rows >= 0
        logits = np.zeros((len(ids), len(self._columns)), dtype=np.float32)
        if self.kind == "labels":
            logits[known] = self._label_logits(rows[known])
            return logits
        part = np.asarray(self._values[rows[known]], dtype=np.float32)[:, self._columns]
        if self.kind == "probabilities":
            part = np.log(np.maximum(part, FLOOR))
        elif self.missing_classes:
            part -= logsumexp(part[:, self._columns >= 0], axis=1, keepdims=True)
        part[:, self._columns < 0] = np.log(FLOOR)
        logits[known] = part
        return logits

    def _label_logits(self, rows: Ids) -> Logits:
        labels, num_classes = self._values[rows], len(self._columns)
        is_label = np.arange(num_classes) == labels[:, None]
        if self._confidence is None:
            return np.where(is_label, np.float32(LABEL_LOGIT), np.float32(0))
        top = np.clip(self._confidence[rows], 1 / num_classes + FLOOR, 1 - FLOOR)[:, None]
        rest = (1 - top) / max(1, num_classes - 1)
        return np.log(np.where(is_label, top, rest)).astype(np.float32)


def match_predictions(
    table: KeyedTable, images: ImageSet, kind: str = "auto", *, ignore_unknown: bool = False
) -> PredictionTable:
    """Match the predictions of a table to the images of a project, and check them.

    Args:
        table: The table.
        images: The images of the project.
        kind: One of KINDS.
        ignore_unknown: Whether to leave out classes that the project does not have, instead of refusing them.

    Returns:
        The predictions.

    Raises:
        InputError: There are no predictions, no row is of an image of the project, an image has several rows, a class
            is unknown, or a number cannot be what it is said to be; the sentence names file and row.
    """
    if kind not in KINDS:
        raise unknown_name("kind of predictions", kind, KINDS)
    found = find_predictions(table, images.class_names, kind)
    values, is_labels = found.values, found.values.ndim == 1 or found.kind == "labels"
    if is_labels != (kind == "labels") and kind != "auto":
        found_kind = "labels" if is_labels else "an array of numbers"
        raise InputError(f"{table.source} holds {found_kind}, not {kind}: leave the kind out, or choose another file.")
    if is_labels and values.ndim != 1:
        raise InputError(f"{table.source} holds labels of shape {values.shape}: one label for each image is needed.")
    if not is_labels and (values.ndim != 2 or values.dtype.kind not in "fiub" or 0 in values.shape):
        raise InputError(
            f"{table.source} holds an array of shape {values.shape} of {values.dtype}: numbers of shape (images, "
            "classes) are needed."
        )
    rows = match_rows(table, len(values), images.names)
    if not (rows >= 0).any():
        raise InputError(_no_match(table, images))
    if is_labels:
        return _match_labels(table, found, images, rows, ignore_unknown)
    return _match_scores(
        table, replace(found, kind=found.kind if kind == "auto" else kind), images, rows, ignore_unknown
    )


def _no_match(table: KeyedTable, images: ImageSet) -> str:
    if table.keys is None or not len(table.keys):
        return f"{table.source} has no rows."
    own = 0 if table.keys.dtype.kind in "iu" else str(images.names[0])
    return (
        f"No row of {table.source} is of an image of this project: its first is {table.keys[0].item()!r}, the "
        f"project's first {own!r}. Give the names as the project has them."
    )


def _match_labels(
    table: KeyedTable, found: PredictionColumns, images: ImageSet, rows: Ids, ignore_unknown: bool
) -> PredictionTable:
    """Turn labels, by name or by number, into class numbers; rows of unknown classes are refused or left out."""
    texts = found.values
    if found.classes is not None and texts.dtype.kind in "iu":  # numbers count in the file's own classes
        texts = np.array([found.classes[i] if 0 <= i < len(found.classes) else str(i) for i in texts.tolist()])
    place = {str(number): number for number in range(len(images.class_names))}
    place |= {name: number for number, name in enumerate(images.class_names)}
    names, index = np.unique(texts.astype(np.str_), return_inverse=True)
    found_labels = [place.get(name, place.get(clean_name(name), -1)) for name in names.tolist()]
    labels = np.array(found_labels, dtype=np.int64)[index]
    covered = rows[rows >= 0]
    unknown = tuple(names[np.unique(index[covered][labels[covered] < 0])].tolist())
    if unknown and not ignore_unknown:
        raise InputError(_unknown_classes(table, unknown, images.class_names))
    rows = np.where((rows >= 0) & (labels[rows] >= 0), rows, -1)
    confidence = None if found.confidence is None else _checked_confidence(table, found.confidence, rows[rows >= 0])
    every_column = np.arange(len(images.class_names))
    return PredictionTable(
        table.source, "labels", rows, len(labels), (), unknown, confidence is not None, labels, every_column, confidence
    )


def _checked_confidence(table: KeyedTable, confidence: NDArray[Any], rows: Ids) -> NDArray[np.float32]:
    if confidence.dtype.kind not in "fiu":
        raise InputError(
            f"The column confidence of {table.source} does not hold numbers: give [0, 1], or leave it out."
        )
    wrong = rows[~((confidence[rows] >= 0) & (confidence[rows] <= 1))]
    if len(wrong):
        raise InputError(
            f"In {table.source}, {table.row_name(int(wrong[0]))} has the confidence {confidence[wrong[0]]:g}: give "
            "numbers in [0, 1], or leave the column out."
        )
    return confidence.astype(np.float32)


def _match_scores(
    table: KeyedTable, found: PredictionColumns, images: ImageSet, rows: Ids, ignore_unknown: bool
) -> PredictionTable:
    """Map the columns to the project's classes, and check the numbers of every row that is used."""
    values, own = found.values, images.class_names
    classes = own if found.classes is None else tuple(n if n in own else clean_name(n) for n in found.classes)
    if len(classes) != values.shape[1]:
        whose = "the project" if found.classes is None else "its array classes"
        raise InputError(
            f"{table.source} has {values.shape[1]} columns of predictions, and {whose} {len(classes)} classes: give a "
            "column for each class, or name the columns."
        )
    twice = next((name for name in classes if classes.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{table.source} names the class {twice} twice: give each class one column.")
    unknown = tuple(name for name in classes if name not in own)
    if unknown and not ignore_unknown:
        raise InputError(_unknown_classes(table, unknown, own))
    columns = np.array([classes.index(name) if name in classes else -1 for name in own], dtype=np.int64)
    if (columns < 0).all():
        raise InputError(_unknown_classes(table, unknown, own))
    missing = tuple(name for name, column in zip(own, columns.tolist(), strict=True) if column < 0)
    kind = _checked_kind(table, values, rows[rows >= 0], found.kind)
    return PredictionTable(table.source, kind, rows, len(values), missing, unknown, False, values, columns, None)


def _unknown_classes(table: KeyedTable, unknown: Sequence[str], class_names: Sequence[str]) -> str:
    shown = ", ".join(unknown[:5]) + (f" and {len(unknown) - 5} more" if len(unknown) > 5 else "")
    return (
        f"{table.source} has classes that this project does not have: {shown}. It has: {', '.join(class_names)}. "
        "Rename them, or leave them out (--ignore-unknown)."
    )


def _checked_kind(table: KeyedTable, values: NDArray[Any], rows: Ids, kind: str) -> str:
    """Tell logits from probabilities, and refuse numbers that can be neither; all in [0, 1] are probabilities."""
    low, high, first_wrong, sum_wrong, is_percent = np.inf, -np.inf, -1, 0.0, True
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        with np.errstate(over="ignore"):
            part = np.asarray(values[chunk], dtype=np.float32)
        bad = chunk[~np.isfinite(part).all(axis=1)]
        if len(bad):
            raise InputError(
                f"In {table.source}, {table.row_name(int(bad[0]))} holds NaN or an infinite number: give finite "
                "numbers, or leave the row out."
            )
        sums = part.sum(axis=1)
        low, high = min(low, float(part.min())), max(high, float(part.max()))
        is_percent &= bool((np.abs(sums - 100) < 100 * SUM_TOLERANCE).all())
        wrong = (part < -FLOOR).any(axis=1) | (np.abs(sums - 1) > SUM_TOLERANCE)
        if first_wrong < 0 and wrong.any():
            first_wrong, sum_wrong = int(chunk[wrong][0]), float(sums[wrong][0])
    if kind == "logits" or (kind == "auto" and (low < 0 or high > 1 + FLOOR) and not (is_percent and low >= 0)):
        return "logits"
    if first_wrong < 0:
        return "probabilities"
    why = f"sums to {sum_wrong:.4g}, not to 1"
    if (np.asarray(values[first_wrong], dtype=np.float32) < -FLOOR).any():
        why = "holds a negative probability"
    advice = "divide percentages by 100" if is_percent else "normalize the rows, or say that they hold logits"
    raise InputError(f"In {table.source}, {table.row_name(first_wrong)} {why}: {advice}.")
