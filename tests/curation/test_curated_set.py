"""Curated set: sources of its labels, and its digest."""

from dataclasses import astuple
from typing import Any

import numpy as np
import pytest

from core.base.types import UNKNOWN, CuratedSet, LabelSource, LabelState, Verdict
from core.curation.curated_set import curated_set, digest, with_selection
from core.curation.replay import undecided

LABELED = (np.array([7, 0]), np.array([2, 1]))


def state_of(**verdicts: tuple[int, int]) -> LabelState:
    """State of ten images; relabel=(3, 2) decides image 3 with label 2."""
    state = undecided(10)
    for name, (image, label) in verdicts.items():
        state.verdict[image] = Verdict[name.upper()]
        state.label[image] = label
        state.decision[image] = 100 + image
    return state


def columns(found: CuratedSet) -> list[Any]:
    return list(astuple(found)[:-1])


def test_sources_of_a_small_example() -> None:
    state = state_of(
        accept=(5, 0), relabel=(3, 2), bulk_accept=(8, 1), reject=(4, 2), none=(1, -1), skip=(2, -1), unsure=(6, -1)
    )
    found = curated_set(state, *LABELED, bulk_weight=0.25)
    assert found.ids.tolist() == [0, 3, 5, 7, 8]
    assert found.labels.tolist() == [1, 2, 0, 2, 1]
    assert found.weights.tolist() == [1, 1, 1, 1, 0.25]
    assert found.sources.tolist() == [
        LabelSource.GIVEN,
        LabelSource.CORRECTED,
        LabelSource.ACCEPTED,
        LabelSource.GIVEN,
        LabelSource.BULK,
    ]
    assert found.decisions.tolist() == [0, 103, 105, 0, 108]
    assert (found.reject_ids.tolist(), found.reject_labels.tolist()) == ([4], [2])


def test_column_types() -> None:
    found = curated_set(state_of(accept=(5, 0), reject=(4, 2)), *LABELED)
    kinds = [column.dtype for column in columns(found)]
    assert kinds == [np.int64, np.int64, np.float32, np.int8, np.int64, np.int64, np.int64]


@pytest.mark.parametrize(("verdict", "source"), [("accept", LabelSource.ACCEPTED), ("relabel", LabelSource.CORRECTED)])
def test_decision_replaces_a_given_label(verdict: str, source: LabelSource) -> None:
    found = curated_set(state_of(**{verdict: (7, 0)}), *LABELED)
    assert (found.ids.tolist(), found.labels.tolist()) == ([0, 7], [1, 0])
    assert (found.sources[1], found.decisions[1]) == (source, 107)


@pytest.mark.parametrize("verdict", ["none", "reject"])
def test_rejected_given_label_is_removed(verdict: str) -> None:
    assert curated_set(state_of(**{verdict: (7, 2)}), *LABELED).ids.tolist() == [0]


@pytest.mark.parametrize("verdict", ["skip", "unsure"])
def test_skip_and_unsure_keep_a_given_label(verdict: str) -> None:
    found = curated_set(state_of(**{verdict: (7, UNKNOWN)}), *LABELED)
    assert found.digest == curated_set(undecided(10), *LABELED).digest
    assert found.labels.tolist() == [1, 2]


def test_no_labels_and_no_decisions_give_an_empty_set() -> None:
    nothing = np.empty(0, dtype=np.int64)
    found = curated_set(undecided(4), nothing, nothing)
    assert [len(column) for column in columns(found)] == [0] * 7


def test_digest_does_not_depend_on_input_order() -> None:
    state = state_of(accept=(5, 0))
    turned = tuple(part[::-1] for part in LABELED)
    assert curated_set(state, *LABELED).digest == curated_set(state, turned[0], turned[1]).digest


def test_digest_does_not_depend_on_byte_order() -> None:
    found = curated_set(state_of(accept=(5, 0), reject=(4, 2)), *LABELED)
    assert digest(*(column.astype(column.dtype.newbyteorder(">")) for column in columns(found))) == found.digest


@pytest.mark.parametrize("place", range(7))
def test_digest_changes_with_any_column(place: int) -> None:
    found = curated_set(state_of(accept=(5, 0), reject=(4, 2)), *LABELED)
    changed = columns(found)
    changed[place] = changed[place] + 1
    assert digest(*changed) != found.digest


def test_digest_changes_when_an_image_changes_columns() -> None:
    found = curated_set(state_of(accept=(5, 0)), *LABELED)
    changed = columns(found)
    changed[5], changed[6] = changed[4][-1:], changed[6]
    changed[4] = changed[4][:-1]
    assert digest(*changed) != found.digest


def small_set() -> CuratedSet:
    """Image 2 given as 0, image 5 accepted as 1, image 7 rejected as 2."""
    columns = (
        np.array([2, 5]), np.array([0, 1]), np.ones(2, np.float32),
        np.array([LabelSource.GIVEN, LabelSource.ACCEPTED], np.int8),
        np.array([0, 9]), np.array([7]), np.array([2]),
    )  # fmt: skip
    return CuratedSet(*columns, digest=digest(*columns))


def test_selected_images_are_added_in_order_of_ids() -> None:
    found = with_selection(small_set(), np.array([1, 3, 8]), np.array([2, 2, 0]), weight=0.5)
    assert found.ids.tolist() == [1, 2, 3, 5, 8]
    assert found.labels.tolist() == [2, 0, 2, 1, 0]
    assert found.sources.tolist() == [
        LabelSource.BULK,
        LabelSource.GIVEN,
        LabelSource.BULK,
        LabelSource.ACCEPTED,
        LabelSource.BULK,
    ]
    assert found.weights.tolist() == [0.5, 1.0, 0.5, 1.0, 0.5]
    assert found.decisions.tolist() == [0, 0, 0, 9, 0]
    assert found.weights.dtype == np.float32
    assert found.sources.dtype == np.int8


def test_selection_does_not_replace_decisions() -> None:
    found = with_selection(small_set(), np.array([2, 5, 7]), np.array([1, 2, 2]))
    assert found.digest == small_set().digest
    assert found.ids.tolist() == [2, 5]


def test_digest_matches_the_new_columns() -> None:
    found = with_selection(small_set(), np.array([1]), np.array([2]))
    assert found.digest != small_set().digest
    columns = [value for name, value in vars(found).items() if name != "digest"]
    assert found.digest == digest(*columns)
