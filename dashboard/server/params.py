"""What a request asks for: numbers, filters and commands, checked where they come in; a sentence for what is wrong."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from core import ETA, Command, InputError, PageQuery, QueueFilter, Range

MOST_IMAGES = 400
_MOST_COMMANDS = 10_000
_MOST_CLASSES = 2**31


def page_query(words: Mapping[str, str]) -> PageQuery:
    """Which cards: ranking, place, direction, filter (`by` is who decided) and who looks (`reviewer`)."""
    direction = words.get("direction", "next")
    if direction not in ("next", "previous"):
        raise InputError(f"direction must be next or previous (got {direction!r}).")
    return PageQuery(
        ranking=words.get("ranking", "entropy"),
        start=number(words, "start", 0, 0, 2**62),
        count=number(words, "count", 48, 1, MOST_IMAGES),
        direction=direction,
        threshold=fraction(words, "threshold", 0.95),
        wanted=queue_filter(words),
        eta=fraction(words, "eta", ETA),
        reviewer=words.get("reviewer") or "me",
        drawn=number(words, "drawn", 0, 0, 2**62) if words.get("drawn") else None,
    )


def queue_filter(words: Mapping[str, str]) -> QueueFilter:
    """The conditions of a queue; an empty word is none."""
    return QueueFilter(
        show=words.get("show", "all"),
        predicted=_optional(words, "predicted"),
        runner_up=_optional(words, "runner_up"),
        range=_range(words.get("range", "")),
        is_changed=words.get("changed", "") not in ("", "0"),
        text=words.get("find", "").strip(),
        label=_optional(words, "label"),
        reviewer=words.get("by") or None,
        decision=_optional(words, "decision"),
    )


def number(words: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """A whole number in a range."""
    text = words.get(name, str(default))
    if not text.isdecimal() or not low <= int(text) <= high:
        raise InputError(f"{name} must be a whole number from {low} to {high} (got {text!r}).")
    return int(text)


def fraction(words: Mapping[str, str], name: str, default: float) -> float:
    """A number from 0 to 1."""
    value = _real(words.get(name, str(default)))
    if value is None or not 0 <= value <= 1:
        raise InputError(f"{name} must be a number from 0 to 1 (got {words.get(name)!r}).")
    return value


def real(words: Mapping[str, str], name: str) -> float:
    """Any number that is finite."""
    value = _real(words.get(name, ""))
    if value is None:
        raise InputError(f"{name} must be a number (got {words.get(name)!r}).")
    return value


def ids(words: Mapping[str, str], num_images: int) -> Any:
    """Image numbers, separated by commas."""
    texts = [text for text in words.get("ids", "").split(",") if text]
    if not texts or len(texts) > MOST_IMAGES or not all(t.isdecimal() and int(t) < num_images for t in texts):
        raise InputError(f"ids must be 1 to {MOST_IMAGES} numbers below {num_images:,}, separated by commas.")
    return np.array([int(text) for text in texts], dtype=np.int64)


def commands(body: Any, run: str) -> list[Command]:
    """The commands of a batch; those of one reviewer, under the run of the address."""
    if not isinstance(body, dict) or not isinstance(body.get("commands"), list):
        raise InputError("The request holds no list of commands.")
    if len(body["commands"]) > _MOST_COMMANDS:
        raise InputError(f"A batch holds at most {_MOST_COMMANDS:,} commands: send it in parts.")
    reviewer = str(body.get("reviewer") or "me")
    return [_command(facts, reviewer, run) for facts in body["commands"]]


def images(command: Command) -> list[int]:
    """The images that a command names, so that a refused one can be drawn as it was; checks change no image."""
    if "planted" in command.params:
        return []
    pairs = command.params.get("images", [])
    if isinstance(pairs, list):
        named = [pair[0] for pair in pairs if isinstance(pair, list) and pair and type(pair[0]) is int]
    else:
        named = []
    return named if command.image_id is None else [command.image_id, *named]


def _command(facts: Any, reviewer: str, run: str) -> Command:
    known = {field.name for field in fields(Command)}
    if not isinstance(facts, dict) or not {"command_id", "verdict"} <= facts.keys() <= known:
        raise InputError(f"A command has the keys {', '.join(sorted(known))}; this one is {facts!r}.")
    whole = ("image_id", "suggestion", "label", "undo_of")
    is_whole = all(facts.get(key) is None or type(facts[key]) is int for key in whole)
    is_named = isinstance(facts["command_id"], str) and isinstance(facts["verdict"], str)
    if not is_whole or not is_named or not isinstance(facts.get("params", {}), dict):
        raise InputError(f"A value in this command has the wrong type: {facts!r}.")
    return Command(**{"reviewer": reviewer, "run_id": run, **facts})


def _optional(words: Mapping[str, str], name: str) -> int | None:
    return number(words, name, 0, 0, _MOST_CLASSES) if words.get(name) else None


def _range(text: str) -> Range | None:
    """A range as it stands in an address: score, low, high."""
    if not text:
        return None
    score, *ends = text.split(",")
    values = [_real(end) for end in ends]
    if len(values) != 2 or None in values:
        raise InputError(f"range must be a score and its two ends, such as confidence,0.4,0.6 (got {text!r}).")
    return Range(score, *(value for value in values if value is not None))


def _real(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None
