"""Review strategies: queues, accept rules and answers of the simulated reviewer."""

from dataclasses import replace

import numpy as np
import pytest

from core.base.errors import InputError
from core.curation.query_strategies import AcquisitionInputs
from core.scoring.scores import score
from core.simulation.curves import error_among
from core.simulation.strategies import (
    ACCEPT_RULES,
    NO_CLICKS,
    REVIEW_QUEUES,
    AcceptRule,
    choose,
    parse_accept_rule,
    review_strategies,
    simulated_answers,
)

RNG = np.random.default_rng


def inputs(num: int = 200, seed: int = 0) -> AcquisitionInputs:
    rng = RNG(seed)
    scores = score(rng.normal(0, 3, (num, 5)).astype(np.float32))
    return AcquisitionInputs(scores, rng.random(num) < 0.7, scores.confidence >= 0.6, 0.6, rng.random(num) < 0.1)


def features(num: int = 200) -> np.ndarray:
    return RNG(1).normal(0, 1, (num + 20, 8)).astype(np.float16)


def probs(num: int = 200) -> np.ndarray:
    return RNG(2).dirichlet(np.ones(5), num).astype(np.float32)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 1.0])
def test_answers_are_wrong_at_the_error_rate(rate: float) -> None:
    truth = RNG(0).integers(0, 4, 20_000)
    given = simulated_answers(truth, rate, 4, RNG(1))
    spread = np.sqrt(rate * (1 - rate) / len(truth))
    assert abs(error_among(given, truth) - rate) <= 4 * spread
    assert given.min() >= 0
    assert given.max() <= 3


def test_wrong_answers_are_uniform_over_the_other_classes() -> None:
    truth = np.full(30_000, 2)
    counts = np.bincount(simulated_answers(truth, 1.0, 4, RNG(0)), minlength=4)
    assert counts[2] == 0
    np.testing.assert_allclose(counts[[0, 1, 3]] / 10_000, 1, atol=0.04)


@pytest.mark.parametrize("queue", [name for name in REVIEW_QUEUES if name != NO_CLICKS])
def test_every_queue_shows_open_images_only_each_once(queue: str) -> None:
    seen = inputs()
    picks = choose(queue, seen, 30, RNG(0), features(), probs())
    assert 0 < len(picks.positions) <= 30
    assert len(set(picks.positions.tolist())) == len(picks.positions)
    assert seen.is_open[picks.positions].all()
    assert ((picks.probability > 0) & (picks.probability <= 1)).all()


def test_the_queue_none_shows_nothing() -> None:
    assert len(choose(NO_CLICKS, inputs(), 30, RNG(0), features(), probs()).positions) == 0


def test_the_entropy_queue_shows_the_highest_entropy_first() -> None:
    seen = inputs()
    chosen = choose("entropy", seen, 10, RNG(0), features(), probs()).positions
    best = np.sort(seen.scores.entropy[seen.is_open])[::-1][:10]
    np.testing.assert_array_equal(seen.scores.entropy[chosen], best)


def test_fewer_are_shown_where_fewer_are_open() -> None:
    seen = replace(inputs(), is_open=np.arange(200) < 3)
    for queue in ("entropy", "random", "mixed", "diverse", "badge"):
        assert sorted(choose(queue, seen, 30, RNG(0), features(), probs()).positions) == [0, 1, 2]


def test_same_seed_gives_the_same_choices() -> None:
    for queue in ("random", "mixed", "mixed_margin", "diverse", "badge"):
        one, two = (choose(queue, inputs(), 20, RNG(5), features(), probs()).positions for _ in range(2))
        np.testing.assert_array_equal(one, two)


def test_an_accept_rule_is_read_from_text_and_has_a_label() -> None:
    assert parse_accept_rule("conformal=0.05") == AcceptRule("conformal", 0.05)
    assert parse_accept_rule("conformal=0.05").label == "conformal 5 %"
    assert parse_accept_rule(" fixed_threshold=1").label == "threshold 1"
    assert parse_accept_rule("none").label == "nothing accepted in bulk"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nope=1", "There are: " + ", ".join(ACCEPT_RULES)),
        ("conformal", "not of the form"),
        ("conformal=x", "not of the form"),
        ("conformal=0", "between 0 and 1"),
        ("plug_in=1", "between 0 and 1"),
        ("careful=nan", "between 0 and 1"),
        ("fixed_threshold=1.01", "from 0 to 1"),
        ("none=3", "takes no number"),
    ],
)
def test_an_invalid_accept_rule_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_accept_rule(text)


def test_controls_are_each_accept_rule_without_clicks_and_with_random_clicks() -> None:
    rules = [AcceptRule("conformal", 0.05), AcceptRule("none", 0.0)]
    found = [(one.queue, one.accept_rule.name) for one in review_strategies(["entropy", "random"], rules)]
    assert found == [
        ("entropy", "conformal"), ("random", "conformal"), ("none", "conformal"),
        ("entropy", "none"), ("random", "none"),
    ]  # fmt: skip
    assert len(review_strategies(["entropy", "entropy"], rules[:1], has_controls=False)) == 1


def test_empty_strategies_and_unknown_queues_are_refused() -> None:
    with pytest.raises(InputError, match="Nothing to simulate"):
        review_strategies(["none"], [AcceptRule("none", 0.0)], has_controls=False)
    with pytest.raises(InputError, match="Nothing to simulate"):
        review_strategies([], [AcceptRule("none", 0.0)])
    with pytest.raises(InputError, match="no queue called 'doubt'"):
        review_strategies(["doubt"], [AcceptRule("none", 0.0)])
