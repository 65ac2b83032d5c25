"""Replay of random logs against a naive replay, and undo."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.types import UNDO, UNKNOWN, BulkSet, Decision, LabelState, Verdict
from core.curation.replay import latest_live, live_decisions, replay, undecided

NUM_IMAGES = 6
SINGLE = ("accept", "relabel", "reject", "none", "skip", "unsure")
BULK = {
    "evens": BulkSet(np.array([0, 2, 4]), np.array([1, 0, 1])),
    "all": BulkSet(np.arange(NUM_IMAGES), np.full(NUM_IMAGES, 2)),
}


def decision(number: int, verdict: str, image: int | None = None, **fields: object) -> Decision:
    """One decision; label 1 where the verdict names a class."""
    label = 1 if verdict in ("accept", "relabel", "reject") else None
    plain = Decision(number, f"c{number}", "", "me", "001", verdict, image, 1, label, 0.9, {}, 1, None, None)
    return replace(plain, **fields)  # type: ignore[arg-type]


def bulk(number: int, name: str) -> Decision:
    return decision(number, "bulk_accept", ids_hash=name)


def undo(number: int, of: int) -> Decision:
    return decision(number, UNDO, undo_of=of)


@st.composite
def logs(draw: st.DrawFn, undos: bool = True) -> list[Decision]:
    """Random log of up to 14 decisions; an undo names any earlier decision."""
    log: list[Decision] = []
    for place in range(draw(st.integers(0, 14))):
        number = 3 * place + draw(st.integers(1, 3))
        kind = draw(st.sampled_from(["single", "single", "bulk"] + ["undo", "undo"] * (undos and place > 0)))
        if kind == "bulk":
            log.append(bulk(number, draw(st.sampled_from(sorted(BULK)))))
        elif kind == "undo":
            log.append(undo(number, draw(st.sampled_from(log)).id))
        else:
            image, verdict = draw(st.integers(0, NUM_IMAGES - 1)), draw(st.sampled_from(SINGLE))
            label = draw(st.integers(0, 2)) if verdict in ("accept", "relabel", "reject") else None
            log.append(decision(number, verdict, image, label=label))
    return log


def is_live(line: Decision, log: Sequence[Decision]) -> bool:
    return not any(other.verdict == UNDO and other.undo_of == line.id and is_live(other, log) for other in log)


def naive(log: Sequence[Decision]) -> list[tuple[int, int, int]]:
    """Replay one decision at a time: verdict, label and decision of each image."""
    rows = [(0, UNKNOWN, 0)] * NUM_IMAGES
    for line in log:
        if line.verdict == UNDO or not is_live(line, log):
            continue
        if line.ids_hash is not None:
            for image, label in zip(BULK[line.ids_hash].ids, BULK[line.ids_hash].labels, strict=True):
                rows[image] = (int(Verdict.BULK_ACCEPT), int(label), line.id)
        elif line.image_id is not None:
            rows[line.image_id] = (
                int(Verdict[line.verdict.upper()]),
                UNKNOWN if line.label is None else line.label,
                line.id,
            )
    return rows


def rows_of(state: LabelState) -> list[tuple[int, int, int]]:
    return list(zip(state.verdict.tolist(), state.label.tolist(), state.decision.tolist(), strict=True))


def replayed(*log: Decision) -> list[tuple[int, int, int]]:
    return rows_of(replay(log, BULK, NUM_IMAGES))


@given(logs())
def test_replay_equals_a_naive_replay(log: list[Decision]) -> None:
    assert replayed(*log) == naive(log)


@given(logs(), st.data())
def test_undo_equals_a_log_without_the_decision(log: list[Decision], data: st.DataObject) -> None:
    said = [line for line in live_decisions(log) if not any(other.undo_of == line.id for other in log)]
    if said:
        target = data.draw(st.sampled_from(said))
        assert replayed(*log, undo(99, target.id)) == replayed(*(line for line in log if line is not target))


@given(logs(), st.data())
def test_undo_of_an_undo_restores_the_decision(log: list[Decision], data: st.DataObject) -> None:
    if log:
        target = data.draw(st.sampled_from(log))
        assert replayed(*log, undo(98, target.id), undo(99, 98)) == replayed(*log)


@given(logs(), logs(undos=False))
def test_new_decisions_on_a_state_equal_a_replay_of_everything(old: list[Decision], new: list[Decision]) -> None:
    later = [replace(line, id=line.id + 100) for line in new]
    start = replay(old, BULK, NUM_IMAGES)
    before = rows_of(start)
    assert rows_of(replay(later, BULK, NUM_IMAGES, start)) == replayed(*old, *later)
    assert rows_of(start) == before


@given(logs(), st.randoms())
def test_higher_id_wins_in_any_order(log: list[Decision], random: object) -> None:
    mixed = list(log)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert replayed(*mixed) == replayed(*log)


def test_undo_restores_the_earlier_decision() -> None:
    log = [decision(1, "accept", 0), decision(2, "skip", 0), undo(3, 2)]
    assert replayed(*log)[0] == (Verdict.ACCEPT, 1, 1)


def test_single_decision_remains_after_undo_of_an_earlier_bulk_accept() -> None:
    log = [bulk(1, "all"), decision(2, "relabel", 4, label=0), undo(3, 1)]
    assert replayed(*log) == [(0, UNKNOWN, 0)] * 4 + [(Verdict.RELABEL, 0, 2), (0, UNKNOWN, 0)]


def test_undo_of_a_single_decision_restores_the_bulk_accept() -> None:
    log = [bulk(1, "evens"), decision(2, "relabel", 4, label=0), undo(3, 2)]
    assert replayed(*log)[4] == (Verdict.BULK_ACCEPT, 1, 1)


def test_two_undos_of_one_decision_must_both_be_undone() -> None:
    log = [decision(1, "accept", 0), undo(2, 1), undo(3, 1)]
    assert replayed(*log)[0] == replayed(*log, undo(4, 3))[0] == (0, UNKNOWN, 0)
    assert replayed(*log, undo(4, 3), undo(5, 2))[0] == (Verdict.ACCEPT, 1, 1)


@pytest.mark.parametrize("verdict", ["skip", "unsure", "none"])
def test_verdict_without_a_class_has_no_label(verdict: str) -> None:
    assert replayed(decision(1, verdict, 2, label=1))[2] == (Verdict[verdict.upper()], UNKNOWN, 1)


def test_reject_stores_the_rejected_class() -> None:
    assert replayed(decision(1, "reject", 2, label=0))[2] == (Verdict.REJECT, 0, 1)


def test_empty_log_leaves_all_undecided() -> None:
    assert replayed() == rows_of(undecided(NUM_IMAGES)) == [(0, UNKNOWN, 0)] * NUM_IMAGES


def test_bulk_sets_from_a_function() -> None:
    log = [bulk(1, "evens")]
    assert rows_of(replay(log, BULK.__getitem__, NUM_IMAGES)) == replayed(*log)


def test_undo_of_an_older_decision_is_refused_with_a_start_state() -> None:
    start = replay([decision(1, "accept", 0)], BULK, NUM_IMAGES)
    with pytest.raises(ValueError, match="whole log"):
        replay([undo(2, 1)], BULK, NUM_IMAGES, start)
    assert rows_of(replay([decision(2, "skip", 0), undo(3, 2)], BULK, NUM_IMAGES, start)) == rows_of(start)


def test_live_decisions_exclude_undone_decisions_and_undos() -> None:
    log = [decision(1, "accept", 0), decision(2, "skip", 1), undo(3, 1), bulk(4, "all"), undo(5, 4), undo(6, 5)]
    assert [line.id for line in live_decisions(log)] == [2, 4]


def test_latest_live_is_the_reviewers_own_decision() -> None:
    log = [decision(1, "accept", 0), decision(2, "skip", 1), decision(3, "accept", 2, reviewer="you")]
    found = []
    for number in (4, 5):
        line = latest_live(log, "me")
        assert line is not None
        found.append(line.id)
        log.append(undo(number, line.id))
    assert found == [2, 1]
    assert latest_live(log, "me") is None
    assert latest_live(log, "you") == log[2]
