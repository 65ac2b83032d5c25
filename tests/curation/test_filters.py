"""Queue filters: each condition alone and in combination."""

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


def test_runner_up_is_the_second_most_probable_class() -> None:
    ids = np.arange(0, 400, 3)
    np.testing.assert_array_equal(runner_ups(LOGITS, ids), np.argsort(LOGITS[ids], axis=1)[:, -2])
    tied = np.zeros((1, 3), dtype=np.float32)
    assert runner_ups(tied, np.array([0]))[0] != tied.argmax(axis=1)[0]
    assert runner_ups(LOGITS[:, :1], ids).tolist() == [-1] * len(ids)


@pytest.mark.parametrize("name", ["confidence", "entropy", "margin"])
def test_adjacent_ranges_partition_the_images(name: str) -> None:
    top = float(np.log2(5)) if name == "entropy" else 1.0
    limits = [0.0, 0.2, float(getattr(scores(), name)[17]), 0.9, top]
    limits.sort()
    masks = [range_mask(scores(), ScoreRange(name, low, high)) for low, high in pairwise(limits)]
    assert (np.sum(masks, axis=0) == 1).all()


def test_range_up_to_the_maximum_includes_it() -> None:
    sure = replace(scores(), confidence=np.ones(400, dtype=np.float32))
    assert range_mask(sure, ScoreRange("confidence", 0.5, 1.0)).all()
    assert not range_mask(sure, ScoreRange("confidence", 0.5, 0.999)).any()


def test_text_matches_file_name_or_number_but_no_folder() -> None:
    names = np.array(["cat/IMG_1.png", "dog/img_12.png", "cat/other.png", "2/x.png"])
    ids = np.arange(4)
    assert name_mask(names, ids, "img_1").tolist() == [True, True, False, False]
    assert name_mask(names, ids, "cat").tolist() == [False] * 4
    assert name_mask(names, ids, "2").tolist() == [False, True, True, False]  # in a name, or the image's number


@pytest.mark.parametrize("show", SHOWN)
def test_show_filters_by_verdict(show: str) -> None:
    now, ids = state(), np.arange(0, 400, 2)
    mask = verdict_mask(QueueFilter(show=show), now, ids, None, np.array([1, 4, 398]))
    if show == "all":
        assert mask is None
        return
    if show in ("flagged", "noted"):
        assert mask is not None
        assert ids[mask].tolist() == [4, 398]
        return
    wanted = [Verdict.UNDECIDED, Verdict.SKIP] if show == "open" else [Verdict[show.upper()]]
    np.testing.assert_array_equal(mask, np.isin(now.verdict[ids], wanted))


def test_label_filter_matches_labels_by_persons_only() -> None:
    now, ids = state(), np.arange(400)
    mask = verdict_mask(QueueFilter(label=2), now, ids, None)
    assert mask is not None
    assert mask.any()
    assert set(now.verdict[mask].tolist()) <= {Verdict.ACCEPT, Verdict.RELABEL}
    assert set(now.label[mask].tolist()) == {2}


def test_conditions_are_combined_with_and() -> None:
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
def test_invalid_conditions_raise_input_error(wanted: QueueFilter) -> None:
    with pytest.raises(InputError):
        wanted.check(5)


def test_fixed_filter_drops_only_conditions_on_decisions() -> None:
    whole = QueueFilter("accept", 1, 2, ScoreRange("margin", 0, 1), True, "x", 3, "ann", 4)
    assert whole.fixed == replace(whole, show="all", label=None, reviewer=None, decision=None)
