"""Selection rules: which pseudo-labels are kept. A rule returns a boolean mask (n,).

The annotation of a parameter holds its range and meaning. The page makes its slider from it; the command line checks
values against it.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, get_args, get_type_hints

import numpy as np
from annotated_types import Interval

from core.base.config import Between
from core.base.errors import ConfigError, unknown_name
from core.base.types import Mask
from core.base.untrusted.whole_numbers import parse_whole
from core.scoring.scores import Scores


def fixed_threshold(
    scores: Scores, *, threshold: Annotated[float, Between(0, 1), "lowest confidence that is kept"] = 0.95
) -> Mask:
    """Keep confidence at or above the threshold."""
    return scores.confidence >= np.float32(threshold)


def entropy_at_most(
    scores: Scores, *, entropy: Annotated[float, Between(0, 16), "highest entropy that is kept, bits"] = 0.445
) -> Mask:
    """Keep entropy (bits) at or below the limit."""
    return scores.entropy <= np.float32(entropy)


def margin_at_least(
    scores: Scores, *, margin: Annotated[float, Between(0, 1), "lowest margin that is kept"] = 0.9
) -> Mask:
    """Keep margin (best minus second best probability) at or above the limit."""
    return scores.margin >= np.float32(margin)


def lowest_entropy(
    scores: Scores, *, percent: Annotated[float, Between(0, 100), "share of all images that is kept, %"] = 10.0
) -> Mask:
    """Keep the given percentage of images with the lowest entropy, rounded down."""
    count = int(round(len(scores.entropy) * percent / 100, 6))  # 0.57 % of 10,000 is 57, not 56.999…
    mask = np.zeros(len(scores.entropy), dtype=np.bool_)
    mask[np.argsort(scores.entropy, kind="stable")[:count]] = True
    return mask


def highest_confidence(
    scores: Scores, *, percent: Annotated[float, Between(0, 100), "share of all images that is kept, %"] = 20.0
) -> Mask:
    """Keep the given percentage of images with the highest confidence, rounded down."""
    count = int(round(len(scores.confidence) * percent / 100, 6))
    mask = np.zeros(len(scores.confidence), dtype=np.bool_)
    mask[np.argsort(-scores.confidence, kind="stable")[:count]] = True
    return mask


def per_class_threshold(
    scores: Scores,
    *,
    threshold: Annotated[float, Between(0, 1), "for classes without a threshold of their own"] = 0.95,
    thresholds: Mapping[str, float | None] | None = None,
) -> Mask:
    """Keep confidence at or above the threshold of the predicted class.

    Args:
        scores: Scores of n images.
        threshold: Confidence for classes without a threshold of their own, [0, 1].
        thresholds: Own threshold by class number, which is a text because JSON stores it so; None keeps nothing of
            the class.

    Returns:
        (n,) kept images.

    Raises:
        ConfigError: There is no such class.
    """
    per_class = np.full(scores.num_classes, threshold, dtype=np.float32)
    for label, value in (thresholds or {}).items():
        if int(label) >= scores.num_classes:
            raise ConfigError(f"There is no class {label}: classes go from 0 to {scores.num_classes - 1}.")
        per_class[int(label)] = np.inf if value is None else value
    return scores.confidence >= per_class[scores.pseudo_labels]


def top_per_class(
    scores: Scores, *, count: Annotated[int, Between(0, 1_000_000), "images kept of each class"] = 100
) -> Mask:
    """Keep the same number of most confident images of each predicted class."""
    by_class = np.lexsort((-scores.confidence, scores.pseudo_labels))
    sizes = np.bincount(scores.pseudo_labels, minlength=scores.num_classes)
    starts = np.cumsum(sizes) - sizes
    rank = np.arange(len(by_class)) - starts[scores.pseudo_labels[by_class]]
    mask = np.zeros(len(by_class), dtype=np.bool_)
    mask[by_class[rank < count]] = True
    return mask


RULES: dict[str, Callable[..., Mask]] = {
    rule.__name__: rule
    for rule in (
        fixed_threshold,
        entropy_at_most,
        margin_at_least,
        lowest_entropy,
        highest_confidence,
        per_class_threshold,
        top_per_class,
    )
}
"""Selection rules by name: scores in, mask (n,) of the kept images out."""


@dataclass(frozen=True)
class RuleParameter:
    """One number that a rule takes: range, default and meaning."""

    name: str
    low: float
    high: float
    default: float
    is_integer: bool
    doc: str


def rule_parameters(rule: str) -> tuple[RuleParameter, ...]:
    """Read the numbers that a rule takes from its signature.

    Args:
        rule: One of RULES.

    Returns:
        The parameters in the order of the signature.

    Raises:
        ConfigError: There is no such rule.
    """
    function = _rule(rule)
    hints = get_type_hints(function, include_extras=True)
    found = []
    for name, parameter in inspect.signature(function).parameters.items():
        match get_args(hints[name]):
            case (kind, Interval(ge=low, le=high), *notes):
                doc = " ".join(map(str, notes))
                found.append(RuleParameter(name, _number(low), _number(high), parameter.default, kind is int, doc))
    return tuple(found)


def checked_rule(rule: str, params: Mapping[str, Any]) -> Callable[[Scores], Mask]:
    """Return a rule with its parameters filled in.

    Args:
        rule: One of RULES.
        params: Values by name.

    Returns:
        A function from scores to the mask (n,) of the kept images.

    Raises:
        ConfigError: There is no such rule or parameter, or a value is out of range.
    """
    known = {parameter.name: parameter for parameter in rule_parameters(rule)}
    for name, value in params.items():
        if name == "thresholds" and rule == per_class_threshold.__name__:
            _check_thresholds(value, known["threshold"])
        elif name not in known:
            raise ConfigError(f"{rule} has no parameter {name!r}. It takes: {', '.join(known)}.")
        else:
            _check(name, value, known[name])
    return partial(_rule(rule), **params)


def _rule(name: str) -> Callable[..., Mask]:
    if name not in RULES:
        raise unknown_name("rule", name, RULES, ConfigError)
    return RULES[name]


def _check_thresholds(value: Any, threshold: RuleParameter) -> None:
    if value is None:
        return
    if not isinstance(value, Mapping):
        raise ConfigError(f"thresholds must map class numbers to thresholds (got {value!r}).")
    for label, number in value.items():
        if parse_whole(str(label)) is None:
            raise ConfigError(f"thresholds: {label!r} is no class number; classes are numbered from 0.")
        if number is not None:
            _check(f"threshold of class {label}", number, threshold)


def _check(name: str, value: Any, parameter: RuleParameter) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not parameter.low <= value <= parameter.high or (parameter.is_integer and value != int(value)):
        kind = "a whole number" if parameter.is_integer else "a number"
        raise ConfigError(f"{name} must be {kind} from {parameter.low:g} to {parameter.high:g} (got {value!r}).")


def _number(limit: Any) -> float:
    return float(limit)
