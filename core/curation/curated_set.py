"""Curated set: the labels of the next run, from given labels and decisions."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.types import UNKNOWN, CuratedSet, Ids, Labels, LabelSource, LabelState, PerImage, Verdict

_KEEPS_GIVEN = (Verdict.UNDECIDED, Verdict.SKIP, Verdict.UNSURE)
_SOURCES = {
    Verdict.ACCEPT: LabelSource.ACCEPTED,
    Verdict.RELABEL: LabelSource.CORRECTED,
    Verdict.BULK_ACCEPT: LabelSource.BULK,
}


def curated_set(state: LabelState, labeled_ids: Ids, labeled_labels: Labels, *, bulk_weight: float = 1.0) -> CuratedSet:
    """Combine given labels and decisions; a decision replaces a given label.

    Skip and unsure keep the given label; reject and "none of the classes" remove it.

    Args:
        state: The replayed decisions, (N,) per column.
        labeled_ids: (n,) images with a given label.
        labeled_labels: (n,) their labels.
        bulk_weight: Weight of bulk-accepted labels, [0, 1].

    Returns:
        The labels of the next run with weight, source and decision, sorted by image.
    """
    num_images = len(state.verdict)
    source = np.full(num_images, -1, dtype=np.int8)
    label = state.label.astype(np.int64)
    is_given = np.zeros(num_images, dtype=np.bool_)
    is_given[labeled_ids] = True
    is_given &= np.isin(state.verdict, _KEEPS_GIVEN)
    source[is_given] = LabelSource.GIVEN
    given = np.full(num_images, UNKNOWN, dtype=np.int64)
    given[labeled_ids] = labeled_labels
    label[is_given] = given[is_given]
    for verdict, code in _SOURCES.items():
        source[state.verdict == verdict] = code
    ids = np.flatnonzero(source >= 0)
    rejected = np.flatnonzero(state.verdict == Verdict.REJECT)
    weights = np.where(source[ids] == LabelSource.BULK, bulk_weight, 1.0).astype(np.float32)
    decision = np.where(source[ids] == LabelSource.GIVEN, 0, state.decision[ids])
    columns = (
        ids, label[ids], weights, source[ids], decision.astype(np.int64), rejected, label[rejected]
    )  # fmt: skip
    return CuratedSet(*columns, digest=digest(*columns))


def can_suggest(curated: CuratedSet) -> bool:
    """Return whether labels suffice for suggestions.

    Two classes are needed, and two images of the second; one where labels were given from the start.
    """
    counts = np.sort(np.bincount(curated.labels))[::-1]
    is_given = bool((curated.sources == LabelSource.GIVEN).any())
    return len(counts) > 1 and int(counts[1]) >= (1 if is_given else 2)


def with_selection(curated: CuratedSet, ids: Ids, labels: Labels, weight: float = 1.0) -> CuratedSet:
    """Add selected images as pseudo-labels to a curated set.

    Images that the set already labels or rejects stay as they are. Added images have the source BULK and decision 0.

    Args:
        curated: The curated set.
        ids: (n,) selected images, sorted.
        labels: (n,) their pseudo-labels.
        weight: Weight of the added labels, [0, 1].

    Returns:
        The larger set, sorted by image, with the digest of its columns.
    """
    is_new = ~np.isin(ids, np.concatenate([curated.ids, curated.reject_ids]))
    ids, labels = ids[is_new], labels[is_new]
    by_id = np.argsort(np.concatenate([curated.ids, ids]), kind="stable")
    num = len(ids)

    def joined(own: np.ndarray, added: np.ndarray) -> np.ndarray:
        return np.concatenate([own, added.astype(own.dtype)])[by_id]

    columns = (
        joined(curated.ids, ids),
        joined(curated.labels, labels),
        joined(curated.weights, np.full(num, weight)),
        joined(curated.sources, np.full(num, LabelSource.BULK)),
        joined(curated.decisions, np.zeros(num)),
        curated.reject_ids,
        curated.reject_labels,
    )
    return CuratedSet(*columns, digest=digest(*columns))


def digest(
    ids: Ids,
    labels: Labels,
    weights: PerImage,
    sources: NDArray[np.int8],
    decisions: NDArray[np.int64],
    reject_ids: Ids,
    reject_labels: Labels,
) -> str:
    """Hash all columns of a curated set with sha256; equal on every machine."""
    total = hashlib.sha256()
    kinds = ("<i8", "<i8", "<f4", "<i1", "<i8", "<i8", "<i8")
    columns: tuple[NDArray[Any], ...] = (ids, labels, weights, sources, decisions, reject_ids, reject_labels)
    for column, kind in zip(columns, kinds, strict=True):
        total.update(len(column).to_bytes(8, "little"))
        total.update(np.ascontiguousarray(column, dtype=kind).tobytes())
    return total.hexdigest()


def class_examples(labels: CuratedSet, label: int, count: int) -> Ids:
    """Pick images of a class whose label a person gave, spread over the project.

    Args:
        labels: The labels so far.
        label: The class.
        count: Most images to return, 1 or more.

    Returns:
        (m,) their ids, in order; none where the class has no such image.
    """
    ids = labels.ids[(labels.labels == label) & (labels.sources != LabelSource.BULK)]
    return np.asarray(ids[:: max(1, len(ids) // count)][:count], np.int64)
