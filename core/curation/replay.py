"""From the decision log to labels: every label is a replay, and undo is one more line.

A decision is live unless a live undo names it; undoing an undo therefore brings the decision back. Of the live
decisions about an image the last one counts.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.types import (
    UNDO,
    UNKNOWN,
    BulkSet,
    CuratedSet,
    Decision,
    Ids,
    Labels,
    LabelSource,
    LabelState,
    PerImage,
    Verdict,
)

PLANTED = "planted"
"""Marks, in a decision's params, the answer to a check of the reviewer: it is no label."""
BulkSets = Callable[[str], BulkSet]

_CODES = {verdict.name.lower(): int(verdict) for verdict in Verdict}
_NAMES_CLASS = (Verdict.ACCEPT, Verdict.RELABEL, Verdict.REJECT)
_LEAVES_GIVEN = (Verdict.UNDECIDED, Verdict.SKIP, Verdict.UNSURE)
_SOURCES = {
    Verdict.ACCEPT: LabelSource.ACCEPTED,
    Verdict.RELABEL: LabelSource.CORRECTED,
    Verdict.BULK_ACCEPT: LabelSource.BULK,
}


def undecided(num_images: int) -> LabelState:
    """The state before the first decision."""
    return LabelState(
        np.zeros(num_images, dtype=np.int8),
        np.full(num_images, UNKNOWN, dtype=np.int32),
        np.zeros(num_images, dtype=np.int32),
    )


def live_decisions(decisions: Sequence[Decision]) -> list[Decision]:
    """Decisions that no live undo names, in order of their ids; undos themselves are left out."""
    ordered = sorted(decisions, key=attrgetter("id"))
    undos = [decision for decision in ordered if decision.verdict == UNDO]
    if not undos:
        return ordered
    void: set[int | None] = set()
    for undo in reversed(undos):  # an undo comes after what it names: the last word is known first
        if undo.id not in void:
            void.add(undo.undo_of)
    return [decision for decision in ordered if decision.verdict != UNDO and decision.id not in void]


def is_planted(decision: Decision) -> bool:
    """Whether a decision answers a check of the reviewer, and says nothing about any label."""
    return PLANTED in decision.params


def latest_live(decisions: Sequence[Decision], reviewer: str) -> Decision | None:
    """What the reviewer's next undo takes back; None where there is nothing left."""
    mine = (decision for decision in reversed(live_decisions(decisions)) if decision.reviewer == reviewer)
    return next(mine, None)


def replay(
    decisions: Sequence[Decision],
    bulk: BulkSets | Mapping[str, BulkSet],
    num_images: int,
    start: LabelState | None = None,
) -> LabelState:
    """What the log says now about each of num_images images.

    bulk finds the images of a bulk decision by its hash. With start, the decisions are new ones on top of that
    state; their cost is their own number and one copy of the state, not the length of the log. What an older
    decision hid is not kept in a state: an undo of one that start contains raises ValueError, replay the whole log.
    Answers to checks of the reviewer are left out.
    """
    if start is not None:
        _refuse_old_undos(decisions)
    find = bulk if callable(bulk) else bulk.__getitem__
    live = [decision for decision in live_decisions(decisions) if not is_planted(decision)]
    before = start or undecided(num_images)
    state = LabelState(before.verdict.copy(), before.label.copy(), before.decision.copy())
    for first, last in _stretches(live):
        if live[first].ids_hash is None:
            _write_single(state, live[first:last])
        else:
            chosen = live[first]
            covered = find(str(chosen.ids_hash))
            _write(state, covered.ids, np.int8(_CODES[chosen.verdict]), covered.labels, np.int64(chosen.id))
    return state


def _refuse_old_undos(decisions: Sequence[Decision]) -> None:
    undone = {decision.undo_of for decision in decisions if decision.verdict == UNDO}
    if undone - {decision.id for decision in decisions}:
        raise ValueError("an undo of an older decision needs a replay of the whole log, without start")


def _stretches(live: Sequence[Decision]) -> list[tuple[int, int]]:
    """Runs of single decisions, and bulk decisions one by one, as slices."""
    found: list[tuple[int, int]] = []
    begin = 0
    for place, decision in enumerate(live):
        if decision.ids_hash is not None:
            found += [(begin, place)] if place > begin else []
            found.append((place, place + 1))
            begin = place + 1
    return found + ([(begin, len(live))] if len(live) > begin else [])


def _write_single(state: LabelState, decisions: Sequence[Decision]) -> None:
    num = len(decisions)
    image = _column((d.image_id for d in decisions), num)
    verdict = _column((_CODES[d.verdict] for d in decisions), num).astype(np.int8)
    label = _column((UNKNOWN if d.label is None else d.label for d in decisions), num)
    label[~np.isin(verdict, _NAMES_CLASS)] = UNKNOWN
    number = _column((d.id for d in decisions), num)
    ids, from_end = np.unique(image[::-1], return_index=True)
    last = num - 1 - from_end  # the last decision about each image
    _write(state, ids, verdict[last], label[last], number[last])


def _column(values: Iterable[int | None], count: int) -> NDArray[np.int64]:
    return np.fromiter(values, dtype=np.int64, count=count)


def _write(
    state: LabelState,
    ids: Ids,
    verdict: NDArray[np.int8] | np.int8,
    label: Labels,
    decision: NDArray[np.int64] | np.int64,
) -> None:
    state.verdict[ids] = verdict
    state.label[ids] = label
    state.decision[ids] = decision


def curated_set(state: LabelState, labeled_ids: Ids, labeled_labels: Labels, *, bulk_weight: float = 1.0) -> CuratedSet:
    """What the next run trains on: given labels and live decisions; a person's decision outweighs a given label.

    Skip and unsure say nothing, so that a given label stands under them; "none of the classes" and reject strike it
    out. bulk_weight in [0, 1] is the weight of bulk labels.
    """
    num_images = len(state.verdict)
    source = np.full(num_images, -1, dtype=np.int8)
    label = state.label.astype(np.int64)
    is_given = np.zeros(num_images, dtype=np.bool_)
    is_given[labeled_ids] = True
    is_given &= np.isin(state.verdict, _LEAVES_GIVEN)
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


def digest(
    ids: Ids,
    labels: Labels,
    weights: PerImage,
    sources: NDArray[np.int8],
    decisions: NDArray[np.int64],
    reject_ids: Ids,
    reject_labels: Labels,
) -> str:
    """sha256 over all columns of a curated set, the same on every machine."""
    total = hashlib.sha256()
    kinds = ("<i8", "<i8", "<f4", "<i1", "<i8", "<i8", "<i8")
    columns: tuple[NDArray[Any], ...] = (ids, labels, weights, sources, decisions, reject_ids, reject_labels)
    for column, kind in zip(columns, kinds, strict=True):
        total.update(len(column).to_bytes(8, "little"))
        total.update(np.ascontiguousarray(column, dtype=kind).tobytes())
    return total.hexdigest()
