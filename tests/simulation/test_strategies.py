"""The simulated reviewer: where it clicks, how often it errs, and how its rounds become curves."""

from dataclasses import replace

import numpy as np
import pytest

from core.base.errors import InputError
from core.curation.query_strategies import View
from core.scoring.scores import score
from core.simulation.strategies import (
    CUTS,
    NO_CLICKS,
    REVIEW_QUEUES,
    Cut,
    Point,
    answers,
    choose,
    contestants,
    curve,
    error_among,
    labels_of,
    parse_cut,
    promise_kept,
)

RNG = np.random.default_rng
POINT = Point(
    seed=0, queue="entropy", cut="conformal", value=0.05, label="entropy, conformal 5 %", round=0, clicks=0,
    wrong_answers=0, selected=0, selected_error=float("nan"), accepted=0, accepted_error=float("nan"),
    threshold=float("nan"), test_accuracy=0.8, num_test=100, run="001",
)  # fmt: skip


def view(num: int = 200, seed: int = 0) -> View:
    rng = RNG(seed)
    scores = score(rng.normal(0, 3, (num, 5)).astype(np.float32))
    return View(scores, rng.random(num) < 0.7, scores.confidence >= 0.6, 0.6, rng.random(num) < 0.1)


def features(num: int = 200) -> np.ndarray:
    return RNG(1).normal(0, 1, (num + 20, 8)).astype(np.float16)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 1.0])
def test_the_reviewer_errs_as_often_as_it_is_told(rate: float) -> None:
    truth = RNG(0).integers(0, 4, 20_000)
    given = answers(truth, rate, 4, RNG(1))
    spread = np.sqrt(rate * (1 - rate) / len(truth))
    assert abs(error_among(given, truth) - rate) <= 4 * spread
    assert given.min() >= 0
    assert given.max() <= 3


def test_each_other_class_is_answered_equally_often_and_never_the_true_one() -> None:
    truth = np.full(30_000, 2)
    counts = np.bincount(answers(truth, 1.0, 4, RNG(0)), minlength=4)
    assert counts[2] == 0
    np.testing.assert_allclose(counts[[0, 1, 3]] / 10_000, 1, atol=0.04)


@pytest.mark.parametrize("queue", [name for name in REVIEW_QUEUES if name != NO_CLICKS])
def test_every_queue_shows_open_images_only_each_once(queue: str) -> None:
    seen = view()
    picks = choose(queue, seen, 30, RNG(0), features(), 200)
    assert 0 < len(picks.positions) <= 30
    assert len(set(picks.positions.tolist())) == len(picks.positions)
    assert seen.is_open[picks.positions].all()
    assert ((picks.probability > 0) & (picks.probability <= 1)).all()


def test_the_queue_none_shows_nothing() -> None:
    assert len(choose(NO_CLICKS, view(), 30, RNG(0), features(), 200).positions) == 0


def test_the_entropy_queue_shows_the_highest_entropy_first() -> None:
    seen = view()
    chosen = choose("entropy", seen, 10, RNG(0), features(), 200).positions
    best = np.sort(seen.scores.entropy[seen.is_open])[::-1][:10]
    np.testing.assert_array_equal(seen.scores.entropy[chosen], best)


def test_fewer_are_shown_where_fewer_are_open() -> None:
    seen = replace(view(), is_open=np.arange(200) < 3)
    for queue in ("entropy", "random", "mixed", "diverse"):
        assert sorted(choose(queue, seen, 30, RNG(0), features(), 200).positions) == [0, 1, 2]


def test_the_same_generator_gives_the_same_review() -> None:
    for queue in ("random", "mixed", "diverse"):
        one, two = (choose(queue, view(), 20, RNG(5), features(), 200).positions for _ in range(2))
        np.testing.assert_array_equal(one, two)


def test_a_cut_is_read_from_text_and_said_in_words() -> None:
    assert parse_cut("conformal=0.05") == Cut("conformal", 0.05)
    assert parse_cut("conformal=0.05").label == "conformal 5 %"
    assert parse_cut(" fixed_threshold=1").label == "threshold 1"
    assert parse_cut("none").label == "nothing accepted in bulk"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nope=1", "There are: " + ", ".join(CUTS)),
        ("conformal", "not of the form"),
        ("conformal=x", "not of the form"),
        ("conformal=0", "between 0 and 1"),
        ("plug_in=1", "between 0 and 1"),
        ("careful=nan", "between 0 and 1"),
        ("fixed_threshold=1.01", "from 0 to 1"),
        ("none=3", "takes no number"),
    ],
)
def test_a_cut_that_cannot_be_is_a_sentence(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_cut(text)


def test_controls_are_each_cut_without_a_click_and_with_clicks_at_random() -> None:
    cuts = [Cut("conformal", 0.05), Cut("none", 0.0)]
    found = [(one.queue, one.cut.name) for one in contestants(["entropy", "random"], cuts)]
    assert found == [
        ("entropy", "conformal"), ("random", "conformal"), ("none", "conformal"),
        ("entropy", "none"), ("random", "none"),
    ]  # fmt: skip
    assert len(contestants(["entropy", "entropy"], cuts[:1], has_controls=False)) == 1


def test_neither_click_nor_cut_and_unknown_queues_are_sentences() -> None:
    with pytest.raises(InputError, match="Nothing to simulate"):
        contestants(["none"], [Cut("none", 0.0)], has_controls=False)
    with pytest.raises(InputError, match="Nothing to simulate"):
        contestants([], [Cut("none", 0.0)])
    with pytest.raises(InputError, match="no queue called 'doubt'"):
        contestants(["doubt"], [Cut("none", 0.0)])


def test_a_curve_is_the_mean_over_the_seeds_between_lowest_and_highest() -> None:
    points = [
        replace(POINT, seed=seed, round=number, test_accuracy=accuracy, accepted_error=error)
        for seed, number, accuracy, error in [
            (0, 0, 0.8, np.nan), (0, 1, 0.9, 0.1), (1, 0, 0.6, np.nan), (1, 1, 0.7, np.nan), (0, 2, 0.95, 0.2),
        ]
    ]  # fmt: skip
    points.append(replace(POINT, label="another", test_accuracy=0.1))
    found = curve(points, POINT.label, "test_accuracy")
    assert found.rounds.tolist() == [0, 1, 2]
    assert found.mean == pytest.approx([0.7, 0.8, 0.95])
    assert (found.low.tolist(), found.high.tolist()) == ([0.6, 0.7, 0.95], [0.8, 0.9, 0.95])
    assert found.num_seeds.tolist() == [2, 2, 1]
    error = curve(points, POINT.label, "accepted_error")
    assert np.isnan(error.mean[0])
    assert error.mean[1:].tolist() == [0.1, 0.2]
    assert labels_of(points) == (POINT.label, "another")


def test_a_round_that_accepts_nothing_counts_as_one_without_error_and_the_baseline_does_not_count() -> None:
    played = replace(POINT, round=1)
    points = [POINT, *(replace(played, selected=10, selected_error=e) for e in (0.03, 0.06)), played]
    mean, spread, num = promise_kept(points, POINT.label)
    assert num == 3
    assert mean == pytest.approx(0.03)
    assert spread == pytest.approx(0.03 / np.sqrt(3))
    assert np.isnan(promise_kept([POINT, played], POINT.label)[0])
