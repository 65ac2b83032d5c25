"""Bulk decisions: about the images of a rule, of a filter, or named ones.

Each is one decision in the log. What the person saw is checked first: the number of images, or the suggestion of each
named image.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DecisionError, not_in_pool
from core.base.types import UNKNOWN, BulkSet, Command, LabelState, Mask, Verdict
from core.curation.class_balance import cap_classes, class_caps
from core.curation.filters import QueueFilter, ScoreRange, is_open
from core.curation.rules import RULES, checked_rule
from core.review.queues import RunQueues
from core.scoring.scores import Scores
from core.workspace.pool_index import NO_SUGGESTIONS
from core.workspace.workspace import LABEL_ISSUES

BULK_ACCEPT = Verdict.BULK_ACCEPT.name.lower()
FILTER, NAMED, CAP = "filter", "images", "class_cap"
_SUGGESTED = (BULK_ACCEPT, "accept", "reject")
_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("show", "text", "reviewer", "image_set", "predicted_group"), (str,)),
    **dict.fromkeys(("predicted", "runner_up", "label", "decision"), (int,)),
    "range": (list,),  # score, low, high
    "metadata": (tuple,),  # list of pairs of column and value
    **dict.fromkeys(("is_changed", "is_duplicate"), (bool,)),
}


@dataclass(frozen=True)
class BulkCount:
    """Images that a bulk decision would be about, and given labels among them that it would correct."""

    count: int
    corrected: int


def is_bulk(command: Command) -> bool:
    """Whether a command is about many images."""
    return command.verdict == BULK_ACCEPT or FILTER in command.params or NAMED in command.params


def resolve_bulk(command: Command, queues: RunQueues, state: LabelState) -> BulkSet:
    """Find the images that a bulk command is about, and their labels.

    Args:
        command: The command.
        queues: Queues of its run.
        state: The replayed decisions.

    Returns:
        Images and the label of each.

    Raises:
        DecisionError: No image is left, or the number differs from the one that the person saw.
        ConfigError: The rule or a parameter does not fit.
    """
    mask = bulk_mask(command, queues, state)
    count, expected = int(mask.sum()), command.params.get("expected")
    if not count:
        raise DecisionError("No undecided image is left here, so there is nothing to decide.")
    if expected is not None and expected != count:
        raise DecisionError(f"The selection has changed: it holds {count:,} images now, not {expected:,}.")
    ids, suggested = queues.pool.ids[mask], queues.pool.scores.pseudo_labels[mask]
    if command.verdict in _SUGGESTED:
        return BulkSet(ids, suggested)
    return BulkSet(ids, np.full(len(ids), UNKNOWN if command.label is None else command.label, dtype=np.int64))


def bulk_mask(command: Command, queues: RunQueues, state: LabelState) -> Mask:
    """Mark the pool rows that a bulk command is about.

    Args:
        command: The command.
        queues: Queues of its run.
        state: The replayed decisions.

    Returns:
        (n,) rows of the pool.

    Raises:
        DecisionError: The filter or the named images cannot be read, or a named suggestion has changed.
        ConfigError: The rule or a parameter does not fit.
    """
    if command.verdict in _SUGGESTED and not queues.pool.has_suggestions:
        raise DecisionError(NO_SUGGESTIONS)
    if NAMED in command.params:
        return _named(command.params[NAMED], queues)
    if FILTER not in command.params:
        is_free = is_open(state, queues.pool.ids)
        return rule_mask(command.params, queues.pool.scores, queues.prior, is_free)
    if command.verdict == "accept":
        raise DecisionError("What a filter matches was not looked at one by one: it can be bulk-accepted only.")
    return _filtered(command.params, queues, state)


def count_bulk(params: Mapping[str, Any], run_id: str, queues: RunQueues, state: LabelState) -> BulkCount:
    """Count the images that a bulk decision would be about now; nothing is decided.

    Args:
        params: Rule and its parameters, or a filter; `label` where another class than the suggested one is given.
        run_id: The run.
        queues: Its queues.
        state: The replayed decisions.

    Raises:
        DecisionError: The params cannot be read.
        ConfigError: The rule or a parameter does not fit.
    """
    rest = {name: value for name, value in params.items() if name != "label"}
    label = params.get("label")
    if "label" in params and (type(label) is not int or not 0 <= label < len(queues.prior)):
        raise DecisionError(f"label is the number of a class, from 0 to {len(queues.prior) - 1} (got {label!r}).")
    mask = bulk_mask(Command("count", BULK_ACCEPT, run_id, params=rest), queues, state)
    given = queues.parent_labels if run_id == LABEL_ISSUES else None
    if given is None:
        return BulkCount(int(mask.sum()), 0)
    new = queues.pool.scores.pseudo_labels if label is None else label
    return BulkCount(int(mask.sum()), int((mask & (given != new)).sum()))


def logged_params(command: Command) -> dict[str, Any]:
    """Return the params that the log stores for a bulk decision.

    The images themselves are stored under their hash.
    """
    params = dict(command.params)
    if NAMED in params:
        return {"rule": "page", "expected": len(params[NAMED])}
    return {"rule": FILTER, **params} if FILTER in params else params


def is_by_rule(params: Mapping[str, Any]) -> bool:
    """Whether a logged bulk decision used a rule, not a filter or named images."""
    return FILTER not in params and params.get("rule") in RULES


def filter_of(facts: Any) -> QueueFilter:
    """Read a filter from the params of a command.

    Args:
        facts: Conditions by name; None leaves a condition out.

    Returns:
        The filter.

    Raises:
        DecisionError: It is no mapping, or a condition has the wrong type.
    """
    if not isinstance(facts, Mapping):
        raise DecisionError(f"A filter is an object with conditions (got {facts!r}).")
    words = {name: value for name, value in facts.items() if value is not None}
    wrong = [name for name, value in words.items() if not _is_kind(value, _KINDS.get(name, ()))]
    if wrong:
        raise DecisionError(f"This filter cannot be read: {wrong[0]} is {words[wrong[0]]!r}.")
    if "range" in words:
        score, low, high = words["range"]
        words["range"] = ScoreRange(score, low, high)
    if "metadata" in words:
        words["metadata"] = tuple((column, value) for column, value in words["metadata"])
    return QueueFilter(**words)


def rule_mask(params: Mapping[str, Any], scores: Scores, prior: NDArray[np.int64], is_free: Mask) -> Mask:
    """Mark the free rows that the rule of a bulk decision keeps.

    With `class_cap` the least confident images of a class above its cap are left out.

    Args:
        params: The rule, its parameters and perhaps `class_cap`, a factor of at least 1 on each class's labeled share.
        scores: Scores of the pool.
        prior: (K,) labeled images per class.
        is_free: (n,) rows that may be decided.

    Returns:
        (n,) rows kept.

    Raises:
        ConfigError: The rule or a parameter does not fit.
        DecisionError: The cap is not a number.
        InputError: The cap is below 1.
    """
    words = {name: value for name, value in params.items() if name not in ("rule", "expected", CAP)}
    mask = checked_rule(str(params.get("rule", "")), words)(scores) & is_free
    if (factor := params.get(CAP)) is None:
        return mask
    if isinstance(factor, bool) or not isinstance(factor, int | float):
        raise DecisionError(f"{CAP} is a factor on each class's share, such as 2 (got {factor!r}).")
    caps = class_caps(int(mask.sum()), prior, factor)
    return cap_classes(mask, scores.confidence, scores.pseudo_labels, caps)


def _is_kind(value: Any, kinds: tuple[type, ...]) -> bool:
    if tuple in kinds:
        are_pairs = isinstance(value, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in value)
        return are_pairs and all(isinstance(text, str) for pair in value for text in pair)
    if list in kinds:
        is_range = isinstance(value, list) and len(value) == 3 and isinstance(value[0], str)
        return is_range and all(_is_kind(end, (int, float)) for end in value[1:])
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def _filtered(params: Mapping[str, Any], queues: RunQueues, state: LabelState) -> Mask:
    wanted = filter_of(params[FILTER])
    wanted.check(len(queues.prior))
    mask = queues.mask(wanted, state)
    return mask & is_open(state, queues.pool.ids) if params.get("only_open", True) else mask


def _named(pairs: Any, queues: RunQueues) -> Mask:
    is_list = isinstance(pairs, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(type(number) is int for number in pair) for pair in pairs
    )
    if not is_list or not pairs:
        raise DecisionError("The images of a page are a list of [image, suggestion], and none are named here.")
    ids, seen = np.array(pairs, dtype=np.int64).T
    rows = np.searchsorted(queues.pool.ids, ids)
    is_there = rows < len(queues.pool.ids)
    is_there &= queues.pool.ids[np.minimum(rows, len(queues.pool.ids) - 1)] == ids
    if not is_there.all():
        image = int(ids[~is_there][0])
        refusal = queues.hidden.refusal(image)
        raise DecisionError(refusal) if refusal else not_in_pool(image, DecisionError)
    stale = queues.pool.scores.pseudo_labels[rows] != seen
    if stale.any():
        raise DecisionError(
            f"Image {ids[stale][0]} is no longer suggested as what you saw: look at the page again and decide."
        )
    mask = np.zeros(len(queues.pool.ids), dtype=np.bool_)
    mask[rows] = True
    return mask
