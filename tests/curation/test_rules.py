"""Selection rules: known results, and what all rules have in common."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from core.base.errors import ConfigError
from core.base.types import Mask
from core.curation.rules import RULES, RuleParameter, checked_rule, rule_parameters
from core.scoring.scores import Scores, score

NUMBERS = [(rule, parameter) for rule in RULES for parameter in rule_parameters(rule)]
NAMES = [f"{rule}-{parameter.name}" for rule, parameter in NUMBERS]


def made(confidence: list[float], pseudo_labels: list[int], num_classes: int = 3) -> Scores:
    """Scores with the given confidence; entropy falls as confidence rises."""
    sure = np.array(confidence, dtype=np.float32)
    return Scores(sure, 1 - sure, sure, np.array(pseudo_labels, dtype=np.int64), num_classes)


def drawn(num: int = 300) -> Scores:
    return score(np.random.default_rng(0).normal(0, 3, (num, 6)).astype(np.float32))


def kept(scores: Scores, rule: str, **params: Any) -> list[int]:
    mask: Mask = checked_rule(rule, params)(scores)
    return np.flatnonzero(mask).tolist()


@pytest.mark.parametrize("threshold", [0.1, 0.7, 0.8, 0.95, 0.99])
def test_fixed_threshold_keeps_equal_confidence(threshold: float) -> None:
    just = np.float32(threshold)
    scores = made([float(just), float(np.nextafter(just, np.float32(0)))], [0, 0])
    assert kept(scores, "fixed_threshold", threshold=threshold) == [0]
    assert kept(scores, "per_class_threshold", threshold=threshold) == [0]


def test_entropy_limit_keeps_equal_entropy() -> None:
    just = np.float32(0.445)
    entropy = np.array([just, np.nextafter(just, np.float32(1))])
    scores = Scores(entropy, entropy, entropy, np.zeros(2, dtype=np.int64), 3)
    assert kept(scores, "entropy_at_most", entropy=0.445) == [0]


def test_margin_limit_keeps_equal_margin() -> None:
    just = np.float32(0.9)
    margin, other = np.array([just, np.nextafter(just, np.float32(0))]), np.array([0.1, 0.99], dtype=np.float32)
    scores = Scores(other, other, margin, np.zeros(2, dtype=np.int64), 3)
    assert kept(scores, "margin_at_least", margin=0.9) == [0]


def test_lowest_entropy_keeps_its_share() -> None:
    scores = made([0.5, 0.9, 0.7, 0.8, 0.6], [0, 1, 2, 0, 1])
    assert kept(scores, "lowest_entropy", percent=40) == [1, 3]
    assert kept(scores, "lowest_entropy", percent=59) == [1, 3]
    assert kept(scores, "lowest_entropy", percent=0) == []
    assert len(kept(scores, "lowest_entropy", percent=100)) == 5


def test_percent_is_exact_despite_float_rounding() -> None:
    scores = made([0.5] * 10_000, [0] * 10_000)
    assert len(kept(scores, "lowest_entropy", percent=0.57)) == 57


def test_per_class_threshold_replaces_the_common_one() -> None:
    scores = made([0.6, 0.6, 0.9, 0.9], [0, 1, 1, 2])
    assert kept(scores, "per_class_threshold", threshold=0.8) == [2, 3]
    assert kept(scores, "per_class_threshold", threshold=0.8, thresholds={"0": 0.5, "2": 0.95}) == [0, 2]
    assert kept(scores, "per_class_threshold", threshold=0.8, thresholds=None) == [2, 3]


def test_top_per_class_keeps_the_most_confident_of_each_class() -> None:
    scores = made([0.5, 0.9, 0.7, 0.8, 0.6, 0.4], [0, 0, 0, 1, 1, 2])
    assert kept(scores, "top_per_class", count=1) == [1, 3, 5]
    assert kept(scores, "top_per_class", count=2) == [1, 2, 3, 4, 5]
    assert kept(scores, "top_per_class", count=0) == []


@pytest.mark.parametrize(
    "thresholds", [5.0, [0.9], {"first": 0.9}, {"-1": 0.9}, {"0": 1.5}, {"0": float("nan")}, {"3": 0.9}]
)
def test_invalid_thresholds_raise_config_error(thresholds: Any) -> None:
    with pytest.raises(ConfigError, match="class"):
        kept(made([0.6], [0]), "per_class_threshold", thresholds=thresholds)


@pytest.mark.parametrize("rule", RULES)
def test_rule_returns_one_boolean_per_image(rule: str) -> None:
    for num in (0, 1, 300):
        mask = checked_rule(rule, {})(drawn(num))
        assert mask.shape == (num,)
        assert mask.dtype == np.bool_


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_docstring_and_a_parameter(rule: str) -> None:
    assert (RULES[rule].__doc__ or "").startswith("Keep")
    assert rule_parameters(rule)


@pytest.mark.parametrize(("rule", "parameter"), NUMBERS, ids=NAMES)
def test_every_parameter_has_a_meaning_and_a_valid_default(rule: str, parameter: RuleParameter) -> None:
    assert parameter.doc
    assert parameter.low <= parameter.default <= parameter.high
    assert parameter.is_integer == isinstance(parameter.default, int)
    checked_rule(rule, {parameter.name: parameter.low})
    checked_rule(rule, {parameter.name: parameter.high})


@pytest.mark.parametrize(("rule", "parameter"), NUMBERS, ids=NAMES)
def test_parameter_out_of_range_is_refused(rule: str, parameter: RuleParameter) -> None:
    for bad in (parameter.low - 1, parameter.high + 1, float("nan"), "0.5", None, True):
        with pytest.raises(
            ConfigError, match=rf"^{parameter.name} must be .* to .*{parameter.high:g}".replace("+", r"\+")
        ):
            checked_rule(rule, {parameter.name: bad})


@pytest.mark.parametrize(("rule", "parameter"), NUMBERS, ids=NAMES)
def test_rules_are_monotone_in_their_parameter(rule: str, parameter: RuleParameter) -> None:
    scores = drawn()
    high = {"count": 60, "entropy": 3}.get(parameter.name, parameter.high)
    values = np.linspace(parameter.low, high, 21)
    masks = [RULES[rule](scores, **{parameter.name: int(v) if parameter.is_integer else float(v)}) for v in values]
    if parameter.name in ("threshold", "margin"):
        masks.reverse()
    assert all((tight <= loose).all() for tight, loose in pairwise(masks))
    assert masks[0].sum() < masks[-1].sum()


def test_count_must_be_a_whole_number() -> None:
    with pytest.raises(ConfigError, match="whole number"):
        checked_rule("top_per_class", {"count": 2.5})


def test_unknown_rule_or_parameter_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'best'.*fixed_threshold.*top_per_class"):
        checked_rule("best", {})
    with pytest.raises(ConfigError, match=r"no parameter 'percent'.*threshold"):
        checked_rule("fixed_threshold", {"percent": 10})
