"""Filters: each condition lets through what it says, together they narrow."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from core import InputError, QueueFilter, ScoreRange, Verdict
from core.base.types import LabelState
from core.curation.filters import SHOWN, name_mask, range_mask, runner_ups, verdict_mask
from core.curation.replay import undecided
from core.scoring.scores import Scores, score

RNG = np.random.default_rng(3)
LOGITS = RNG.normal(0, 2, (400, 5)).astype(np.float32)


def scores() -> Scores:
    return score(LOGITS)


def state() -> LabelState:
    start = undecided(400)
    start.verdict[:] = RNG.integers(0, len(Verdict), 400)
    start.label[:] = RNG.integers(-1, 5, 400)
    start.decision[:] = np.where(start.verdict == 0, 0, RNG.integers(1, 9, 400))
    return start


def test_the_runner_up_is_the_second_of_the_row_and_never_the_first() -> None:
    ids = np.arange(0, 400, 3)
    np.testing.assert_array_equal(runner_ups(LOGITS, ids), np.argsort(LOGITS[ids], axis=1)[:, -2])
    tied = np.zeros((1, 3), dtype=np.float32)
    assert runner_ups(tied, np.array([0]))[0] != tied.argmax(axis=1)[0]
    assert runner_ups(LOGITS[:, :1], ids).tolist() == [-1] * len(ids)


@pytest.mark.parametrize("name", ["confidence", "entropy", "margin"])
def test_neighboring_ranges_share_no_image_and_leave_none_out(name: str) -> None:
    top = float(np.log2(5)) if name == "entropy" else 1.0
    cuts = [0.0, 0.2, float(getattr(scores(), name)[17]), 0.9, top]
    cuts.sort()
    masks = [range_mask(scores(), ScoreRange(name, low, high)) for low, high in pairwise(cuts)]
    assert (np.sum(masks, axis=0) == 1).all()


def test_a_range_up_to_the_top_holds_the_surest_image() -> None:
    sure = replace(scores(), confidence=np.ones(400, dtype=np.float32))
    assert range_mask(sure, ScoreRange("confidence", 0.5, 1.0)).all()
    assert not range_mask(sure, ScoreRange("confidence", 0.5, 0.999)).any()


def test_a_name_is_found_by_a_part_of_the_file_or_by_number_and_the_folder_tells_nothing() -> None:
    names = np.array(["cat/IMG_1.png", "dog/img_12.png", "cat/other.png", "2/x.png"])
    ids = np.arange(4)
    assert name_mask(names, ids, "img_1").tolist() == [True, True, False, False]
    assert name_mask(names, ids, "cat").tolist() == [False] * 4
    assert name_mask(names, ids, "2").tolist() == [False, True, True, False]  # in a name, or the image's number


@pytest.mark.parametrize("show", SHOWN)
def test_what_is_shown_by_verdict_has_that_verdict(show: str) -> None:
    now, ids = state(), np.arange(0, 400, 2)
    mask = verdict_mask(QueueFilter(show=show), now, ids, None)
    if show == "all":
        assert mask is None
        return
    wanted = [Verdict.UNDECIDED, Verdict.SKIP] if show == "open" else [Verdict[show.upper()]]
    np.testing.assert_array_equal(mask, np.isin(now.verdict[ids], wanted))


def test_a_given_label_is_one_that_a_person_gave() -> None:
    now, ids = state(), np.arange(400)
    mask = verdict_mask(QueueFilter(label=2), now, ids, None)
    assert mask is not None
    assert mask.any()
    assert set(now.verdict[mask].tolist()) <= {Verdict.ACCEPT, Verdict.RELABEL}
    assert set(now.label[mask].tolist()) == {2}


def test_conditions_narrow_each_other() -> None:
    now, ids = state(), np.arange(400)
    one, two = QueueFilter(show="accept"), QueueFilter(decision=3)
    both = verdict_mask(QueueFilter(show="accept", decision=3), now, ids, np.array([3, 5]))
    first, second = (verdict_mask(wanted, now, ids, None) for wanted in (one, two))
    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(both, first & second)


@pytest.mark.parametrize(
    "wanted",
    [
        QueueFilter(show="nope"),
        QueueFilter(predicted=5),
        QueueFilter(runner_up=-1),
        QueueFilter(range=ScoreRange("x", 0, 1)),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(wanted: QueueFilter) -> None:
    with pytest.raises(InputError):
        wanted.check(5)


def test_the_fixed_part_of_a_filter_forgets_only_what_decisions_change() -> None:
    whole = QueueFilter("accept", 1, 2, ScoreRange("margin", 0, 1), True, "x", 3, "ann", 4)
    assert whole.fixed == replace(whole, show="all", label=None, reviewer=None, decision=None)
