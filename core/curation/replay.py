"""Replay of the decision log: the state of every image.

A decision is live unless a live undo names it, so undoing an undo restores the decision. The last live decision about
an image counts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from core.base.stored_decisions import UNREADABLE
from core.base.types import (
    UNDO,
    UNKNOWN,
    BulkSet,
    Decision,
    Ids,
    Labels,
    LabelState,
    Verdict,
)

PLANTED = "planted"
"""Key in the params of a decision that answers an attention check; such an answer is no label."""
CALIBRATE = "calibrate"
"""Queue of random images answered blind; such an answer is a calibration label and never trains."""
ABOUT_GIVEN = "about_given"
"""Key in the params of a decision about a label that was given from the start; it changes that label alone."""
BulkSets = Callable[[str], BulkSet]

_CODES = {verdict.name.lower(): int(verdict) for verdict in Verdict}
_NAMES_CLASS = (Verdict.ACCEPT, Verdict.RELABEL, Verdict.REJECT)


def undecided(num_images: int) -> LabelState:
    """Return the state before the first decision, (num_images,) per column."""
    return LabelState(
        np.zeros(num_images, dtype=np.int8),
        np.full(num_images, UNKNOWN, dtype=np.int32),
        np.zeros(num_images, dtype=np.int32),
    )


def live_decisions(decisions: Sequence[Decision]) -> list[Decision]:
    """Return decisions that no live undo names, without undos and rows that are no decision, sorted by id."""
    ordered = sorted((d for d in decisions if d.verdict != UNREADABLE), key=attrgetter("id"))
    undos = [decision for decision in ordered if decision.verdict == UNDO]
    if not undos:
        return ordered
    void: set[int | None] = set()
    for undo in reversed(undos):  # the last undo is always live: an undo follows what it names
        if undo.id not in void:
            void.add(undo.undo_of)
    return [decision for decision in ordered if decision.verdict != UNDO and decision.id not in void]


def is_planted(decision: Decision) -> bool:
    """Whether a decision answers an attention check; such an answer is no label."""
    return PLANTED in decision.params


def is_calibration(decision: Decision) -> bool:
    """Whether a decision answers a calibration image; such an answer trains nothing."""
    return decision.params.get("queue") == CALIBRATE


def is_about_given(decision: Decision) -> bool:
    """Whether a decision is about a given label; the pool and its curated labels do not know it."""
    return ABOUT_GIVEN in decision.params


def latest_live(decisions: Sequence[Decision], reviewer: str) -> Decision | None:
    """Find the decision that the next undo of a reviewer takes back.

    Args:
        decisions: The whole log.
        reviewer: Who undoes.

    Returns:
        The reviewer's latest live decision; None without one.
    """
    own = (decision for decision in reversed(live_decisions(decisions)) if decision.reviewer == reviewer)
    return next(own, None)


def replay(
    decisions: Sequence[Decision],
    bulk: BulkSets | Mapping[str, BulkSet],
    num_images: int,
    start: LabelState | None = None,
    *,
    about_given: bool = False,
) -> LabelState:
    """Replay decisions into the state of every image.

    Answers to attention checks and about calibration images are left out.

    Args:
        decisions: The whole log, or with `start` the decisions after that state.
        bulk: Finds the images of a bulk decision by its hash.
        num_images: N.
        start: A state to continue from; the cost is then that of the new decisions and one copy of the state.
        about_given: Replay the decisions about given labels instead of those about the pool.

    Returns:
        Verdict, label and deciding decision of each image, (N,) per column.

    Raises:
        ValueError: With `start`, an undo names a decision that the state contains; replay the whole log instead.
    """
    if start is not None:
        _refuse_old_undos(decisions)
    find = bulk if callable(bulk) else bulk.__getitem__
    counted = [d for d in live_decisions(decisions) if not is_planted(d) and not is_calibration(d)]
    live = [decision for decision in counted if is_about_given(decision) == about_given]
    before = start or undecided(num_images)
    state = LabelState(before.verdict.copy(), before.label.copy(), before.decision.copy())
    for first, last in _slices(live):
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


def _slices(live: Sequence[Decision]) -> list[tuple[int, int]]:
    """Find slices of consecutive single decisions; a bulk decision is its own slice."""
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
