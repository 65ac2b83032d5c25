"""Parse query parameters and command batches.

Every function raises InputError, with a message for the person, when a value is invalid.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
from numpy.typing import NDArray

from core import Command, InputError, PageQuery, QueueFilter, ScoreRange, constants

Ids = NDArray[np.int64]

MAX_IMAGES = 400
_MAX_COMMANDS = 10_000
_MAX_CLASSES = 2**31
_MAX_DIGITS = 18
_MAX_CONDITIONS = 100


def page_query(query: Mapping[str, str]) -> PageQuery:
    """Parse the query of a page request.

    `reviewer` is the person who looks; `by` (see queue_filter) is the person who decided.
    """
    direction = query.get("direction", "next")
    if direction not in ("next", "previous"):
        raise InputError(f"direction must be next or previous (got {direction!r}).")
    return PageQuery(
        ranking=query.get("ranking", "entropy"),
        start=whole_number(query, "start", 0, 0, 2**62),
        count=whole_number(query, "count", 48, 1, MAX_IMAGES),
        direction=direction,
        threshold=fraction(query, "threshold", 0.95),
        wanted=queue_filter(query),
        eta=fraction(query, "eta", constants.ETA),
        reviewer=query.get("reviewer") or "me",
        drawn=whole_number(query, "drawn", 0, 0, 2**62) if query.get("drawn") else None,
        like=whole_number(query, "like", 0, 0, 2**62) if query.get("like") else None,
        words=query.get("words", ""),
    )


def queue_filter(query: Mapping[str, str]) -> QueueFilter:
    """Parse the filter of a queue; an empty parameter sets no condition."""
    return QueueFilter(
        show=query.get("show", "all"),
        predicted=_optional(query, "predicted"),
        predicted_group=query.get("predicted_group") or None,
        runner_up=_optional(query, "runner_up"),
        range=_range(query.get("range", "")),
        is_changed=query.get("changed", "") not in ("", "0"),
        image_set=query.get("set") or None,
        is_duplicate=query.get("duplicates", "") not in ("", "0"),
        text=query.get("find", "").strip(),
        label=_optional(query, "label"),
        reviewer=query.get("by") or None,
        decision=_optional(query, "decision"),
        metadata=_conditions(query.get("metadata", "")),
    )


def whole_number(query: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """Parse an integer in [low, high].

    Args:
        query: The query parameters.
        name: Name of the parameter.
        default: Its value when it is missing.
        low: Smallest valid value.
        high: Largest valid value.
    """
    text = query.get(name, str(default))
    number = _parse_whole(text)
    if number is None or not low <= number <= high:
        raise InputError(f"{name} must be a whole number from {low} to {high} (got {text[:60]!r}).")
    return number


def fraction(query: Mapping[str, str], name: str, default: float) -> float:
    """Parse a number in [0, 1].

    Args:
        query: The query parameters.
        name: Name of the parameter.
        default: Its value when it is missing.
    """
    value = _finite(query.get(name, str(default)))
    if value is None or not 0 <= value <= 1:
        raise InputError(f"{name} must be a number from 0 to 1 (got {query.get(name)!r}).")
    return value


def finite_number(query: Mapping[str, str], name: str) -> float:
    """Parse a finite number; the parameter must be there."""
    value = _finite(query.get(name, ""))
    if value is None:
        raise InputError(f"{name} must be a number (got {query.get(name)!r}).")
    return value


def id_list(query: Mapping[str, str], limit: int) -> Ids:
    """Parse the parameter `ids`: numbers separated by commas.

    Args:
        query: The query parameters.
        limit: All ids must be below it: the number of images or of classes.
    """
    numbers = [_parse_whole(text) for text in query.get("ids", "").split(",") if text]
    known = [number for number in numbers if number is not None and number < limit]
    if not 0 < len(known) == len(numbers) <= MAX_IMAGES:
        raise InputError(f"ids must be 1 to {MAX_IMAGES} numbers below {limit:,}, separated by commas.")
    return np.array(known, dtype=np.int64)


def commands(body: Any, run: str) -> list[Command]:
    """Parse a batch of commands of one reviewer.

    Args:
        body: The JSON body of the request.
        run: Id of the run under which the images were shown.
    """
    if not isinstance(body, dict) or not isinstance(body.get("commands"), list):
        raise InputError("The request has no list of commands.")
    if len(body["commands"]) > _MAX_COMMANDS:
        raise InputError(f"A batch has at most {_MAX_COMMANDS:,} commands: send it in parts.")
    reviewer = body.get("reviewer") or "me"
    return [_command(data, reviewer, run) for data in body["commands"]]


def images_of(command: Command) -> list[int]:
    """Return the ids of the images that a command names; none for an attention check."""
    if "planted" in command.params:
        return []
    pairs = command.params.get("images", [])
    if isinstance(pairs, list):
        named = [pair[0] for pair in pairs if isinstance(pair, list) and pair and type(pair[0]) is int]
    else:
        named = []
    return named if command.image_id is None else [command.image_id, *named]


def _command(data: Any, reviewer: Any, run: str) -> Command:
    known = {field.name for field in fields(Command)}
    if not isinstance(data, dict) or not {"command_id", "verdict"} <= data.keys() <= known:
        raise InputError(f"A command has the keys {', '.join(sorted(known))}; this one is {ascii(data)[:200]}.")
    return Command(**{"reviewer": reviewer, "run_id": run, **data}).checked()


def _parse_whole(text: str) -> int | None:
    """Return the number that up to 18 digits write, which every number type on the way holds; None for other texts."""
    return int(text) if len(text) <= _MAX_DIGITS and text.isascii() and text.isdecimal() else None


def _optional(query: Mapping[str, str], name: str) -> int | None:
    return whole_number(query, name, 0, 0, _MAX_CLASSES) if query.get(name) else None


def _conditions(text: str) -> tuple[tuple[str, str], ...]:
    """Parse conditions on metadata: a query string of its own, such as camera=A&temperature=10..20."""
    try:
        if not text:
            return ()
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, max_num_fields=_MAX_CONDITIONS)
        return tuple(pairs)
    except ValueError as error:
        raise InputError(f"metadata must be a query string such as camera=A (got {text[:60]!r}).") from error


def _range(text: str) -> ScoreRange | None:
    """Parse a score range such as confidence,0.4,0.6."""
    if not text:
        return None
    score, *ends = text.split(",")
    values = [_finite(end) for end in ends]
    if len(values) != 2 or None in values:
        raise InputError(f"range must be a score and its two ends, such as confidence,0.4,0.6 (got {text!r}).")
    return ScoreRange(score, *(value for value in values if value is not None))


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None
