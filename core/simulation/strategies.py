"""Review strategies of the simulated reviewer: queues, accept rules and answers.

Every draw comes from a generator that the caller passes. Labels are class numbers (n,), 0 … K - 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError, unknown_name
from core.base.types import Labels, Probs
from core.curation.gradient_diversity import badge_ids, smallest_margins
from core.curation.query_strategies import (
    ACQUISITIONS,
    AcquisitionInputs,
    Picks,
    audit,
    entropy,
    first_ranked,
    margin,
    mixed,
    typical_ids,
)

NO_CLICKS, AT_RANDOM = "none", "random"
REVIEW_QUEUES = (*ACQUISITIONS, "mixed", "mixed_margin", "diverse", "badge", AT_RANDOM, NO_CLICKS)
"""Queues that the simulated reviewer can answer; random draws uniformly, none answers nothing."""
MIXED = {"mixed": entropy, "mixed_margin": margin}
"""Queues that draw some images at random, with the acquisition of the others."""
ON_FEATURES = ("diverse", "badge")
"""Queues that read features beside the scores."""
ON_THRESHOLD = ("border", "reject_hunt")
"""Queues that read the threshold of the accept rule."""
ACCEPT_RULES = {
    "conformal": "target error, kept on average",
    "careful": "target error, kept with 90 % probability",
    "plug_in": "target error, estimated and not guaranteed",
    "fixed_threshold": "lowest confidence that is accepted",
    "none": "nothing is accepted in bulk",
}
"""Accept rules by their stored names, and what the number of each means."""


@dataclass(frozen=True)
class AcceptRule:
    """How a round sets the threshold of its bulk accept."""

    name: str  # one of ACCEPT_RULES
    value: float  # target error in (0, 1), or confidence in [0, 1] for fixed_threshold; 0 for none

    @property
    def label(self) -> str:
        """The rule as text, such as "conformal 5 %" or "threshold 0.95"."""
        if self.name == "none":
            return "nothing accepted in bulk"
        if self.name == "fixed_threshold":
            return f"threshold {self.value:g}"
        return f"{self.name.replace('_', '-')} {100 * self.value:g} %"


@dataclass(frozen=True)
class ReviewStrategy:
    """A queue for the single decisions and a rule for the bulk accept."""

    queue: str  # one of REVIEW_QUEUES
    accept_rule: AcceptRule

    @property
    def label(self) -> str:
        """Queue and accept rule as text, such as "entropy, conformal 5 %"."""
        clicks = {NO_CLICKS: "no clicks", AT_RANDOM: "random clicks"}.get(self.queue, self.queue.replace("_", "-"))
        return f"{clicks}, {self.accept_rule.label}"


def parse_accept_rule(text: str) -> AcceptRule:
    """Read an accept rule from text.

    Args:
        text: Name and number, such as conformal=0.05; or none.

    Returns:
        The rule.

    Raises:
        InputError: There is no such rule, or its number is missing or out of range.
    """
    name, _, number = text.strip().partition("=")
    if name not in ACCEPT_RULES:
        raise unknown_name("accept rule", name, ACCEPT_RULES)
    if name == "none":
        if number:
            raise InputError(f"The accept rule none takes no number (got {text!r}).")
        return AcceptRule(name, 0.0)
    try:
        value = float(number)
    except ValueError:
        meaning = ACCEPT_RULES[name]
        raise InputError(f"{text!r} is not of the form {name}=number; the number is the {meaning}.") from None
    if name == "fixed_threshold" and not 0 <= value <= 1:
        raise InputError(f"The threshold of {text!r} must lie from 0 to 1.")
    if name != "fixed_threshold" and not 0 < value < 1:
        raise InputError(f"The target error of {text!r} must lie between 0 and 1, both left out.")
    return AcceptRule(name, value)


def review_strategies(
    queues: Sequence[str], accept_rules: Sequence[AcceptRule], *, has_controls: bool = True
) -> tuple[ReviewStrategy, ...]:
    """Combine every queue with every accept rule, each pair once.

    Args:
        queues: Names of REVIEW_QUEUES.
        accept_rules: Rules of the bulk accept.
        has_controls: Add each accept rule without clicks and with random clicks.

    Returns:
        The strategies, without the pair that neither clicks nor accepts.

    Raises:
        InputError: A queue is unknown, or no strategy is left.
    """
    for name in queues:
        if name not in REVIEW_QUEUES:
            raise unknown_name("queue", name, REVIEW_QUEUES)
    wanted = [*queues, *((NO_CLICKS, AT_RANDOM) if has_controls and queues else ())]
    found = [ReviewStrategy(queue, rule) for rule in dict.fromkeys(accept_rules) for queue in dict.fromkeys(wanted)]
    found = [one for one in found if one.queue != NO_CLICKS or one.accept_rule.name != "none"]
    if not found:
        raise InputError("Nothing to simulate: name at least one queue and one accept rule that is not none for both.")
    return tuple(found)


def choose(
    queue: str,
    inputs: AcquisitionInputs,
    count: int,
    rng: np.random.Generator,
    features: NDArray[np.floating],
    probs: Probs,
) -> Picks:
    """Choose the images of the next clicks among the open pool images.

    Args:
        queue: One of REVIEW_QUEUES; mixed and mixed_margin draw with eta 0.3 between uniform and their ranking.
        inputs: Scores and decisions of the pool.
        count: Number of images wanted.
        rng: Generator of every draw.
        features: (n + labeled, D), the labeled images behind the pool; only diverse and badge read them.
        probs: (n, K) of the pool; only badge reads them.

    Returns:
        The images in order, fewer than `count` where fewer are open.
    """
    if queue == NO_CLICKS:
        return Picks(np.empty(0, dtype=np.int64), np.empty(0), int(inputs.is_open.sum()), is_random=False)
    if queue == AT_RANDOM:
        return audit(inputs.is_open, count, rng)
    if queue in MIXED:
        return mixed(MIXED[queue](inputs), inputs.is_open, count, rng)
    if queue == "diverse":
        others = len(features) - len(inputs.is_open)
        is_open = np.append(inputs.is_open, np.zeros(others, dtype=np.bool_))
        chosen = typical_ids(features, ~is_open, is_open, count, seed=int(rng.integers(2**31)))
        return Picks(chosen, np.ones(len(chosen)), int(inputs.is_open.sum()), is_random=False)
    if queue == "badge":
        rows = smallest_margins(inputs.scores.margin, inputs.is_open)
        chosen = rows[badge_ids(probs[rows], features[rows], count, rng)]
        return Picks(chosen, np.ones(len(chosen)), int(inputs.is_open.sum()), is_random=False)
    return first_ranked(ACQUISITIONS[queue](inputs), inputs.is_open, count)


def simulated_answers(truth: Labels, error_rate: float, num_classes: int, rng: np.random.Generator) -> Labels:
    """Answer with the true class, or with another class at the error rate.

    Args:
        truth: (n,) true labels.
        error_rate: Probability of a wrong answer, [0, 1]; every other class is equally likely.
        num_classes: K, at least 2.
        rng: Generator of the draws.

    Returns:
        (n,) answers.
    """
    is_wrong = rng.random(len(truth)) < error_rate
    other = (truth + rng.integers(1, num_classes, len(truth))) % num_classes
    return np.asarray(np.where(is_wrong, other, truth), dtype=np.int64)
