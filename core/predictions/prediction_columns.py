"""Find predictions among the columns of a table: an array, one column per class, or labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.data.keyed_tables import ARRAY, ID_COLUMNS, NAME_COLUMNS, KeyedTable

LABEL_COLUMNS = ("label", "labels")
CLASSES = "classes"
"""Array of an .npz that names the columns of its logits or probabilities."""
CONFIDENCE = "confidence"
_ARRAYS = {"logits": ("logits",), "probabilities": ("probabilities", "probs")}
_PREFIXES = {"logits": "logit_", "probabilities": "prob_"}
_RESERVED = (*NAME_COLUMNS, *ID_COLUMNS, *LABEL_COLUMNS, CONFIDENCE)


@dataclass(frozen=True)
class PredictionColumns:
    """Predictions as a file holds them.

    Attributes:
        kind: "logits", "probabilities" or "labels" where headers say it, else "auto".
        values: (n, C) numbers, or (n,) labels.
        classes: Names of the C columns; None where they are the project's, in order.
        confidence: (n,) of labels, where there is one.
    """

    kind: str
    values: NDArray[Any]
    classes: tuple[str, ...] | None = None
    confidence: NDArray[Any] | None = None


def find_predictions(table: KeyedTable, class_names: Sequence[str], kind: str) -> PredictionColumns:
    """Find the predictions of a table.

    Args:
        table: The table.
        class_names: The project's classes, K.
        kind: "logits", "probabilities" or "labels" where a person says it, else "auto".

    Returns:
        The columns.

    Raises:
        InputError: There are none; the sentence says which headers are looked for.
    """
    wanted = (kind,) if kind in _ARRAYS else tuple(_ARRAYS)
    labels = _find_labels(table)
    if kind == "labels" and labels is not None:
        return labels
    if ARRAY in table.columns:
        array = table.columns[ARRAY]
        return PredictionColumns("labels" if array.ndim == 1 else "auto", array)
    for array_kind in wanted:
        name = next((name for name in _ARRAYS[array_kind] if name in table.columns), None)
        if name is not None:
            return PredictionColumns(array_kind, table.columns[name], _named_classes(table))
    found = _class_columns(table, class_names, wanted) or labels
    if found is None:
        some = ", ".join(class_names[:4]) + (", …" if len(class_names) > 4 else "")
        raise InputError(
            f"{table.source} has no predictions: it needs an array called logits or probabilities, one column for each "
            f"class ({some}), or a column label. It has: {', '.join(table.columns) or 'nothing else'}."
        )
    return found


def _find_labels(table: KeyedTable) -> PredictionColumns | None:
    name = next((name for name in LABEL_COLUMNS if name in table.columns), None)
    if name is None:
        return None
    return PredictionColumns("labels", table.columns[name], _named_classes(table), table.columns.get(CONFIDENCE))


def _named_classes(table: KeyedTable) -> tuple[str, ...] | None:
    classes = table.columns.get(CLASSES)
    return None if classes is None or table.source[-4:] != ".npz" else tuple(str(name) for name in classes.tolist())


def _class_columns(table: KeyedTable, class_names: Sequence[str], wanted: Sequence[str]) -> PredictionColumns | None:
    """Stack the columns that are headed by class names, with a prefix or without."""
    for kind, prefix in (*((kind, _PREFIXES[kind]) for kind in wanted), ("auto", "")):
        heads = [
            head
            for head, values in table.columns.items()
            if head.startswith(prefix) and values.ndim == 1 and values.dtype.kind in "fiub" and head not in _RESERVED
        ]
        if prefix == "":
            heads = [head for head in heads if not head.startswith(tuple(_PREFIXES.values())) or head in class_names]
        classes = tuple(head.removeprefix(prefix) for head in heads)
        if set(classes) & set(class_names):
            values = np.stack([table.columns[head].astype(np.float32) for head in heads], axis=1)
            return PredictionColumns(kind, values, classes)
    return None
