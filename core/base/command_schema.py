"""Schema of commands: types, lengths and alphabets of every value, checked before anything is stored."""

import json
import math
import operator
import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.base.errors import DecisionError

_COMMAND_ID = re.compile(r"[!-~]{1,128}")
_MAX_NAME = 200
_MAX_TEXT = 1_000
_JOINERS = "\u200c\u200d"  # between letters of Persian and Indian scripts, and in emoji
LONGEST_NOTE = _MAX_TEXT
"""Most characters of a note at an image."""
_MAX_DEPTH = 6
_MAX_IMAGES = 10_000
_MAX_BYTES = 100_000
HIGHEST = 2**53  # JavaScript's largest exact whole number

_NUMBER: tuple[type, ...] = (int, float)
_TEXT: tuple[type, ...] = (str,)
_FLAG: tuple[type, ...] = (bool,)
_OBJECT: tuple[type, ...] = (Mapping,)
PARAM_TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("rank", "eta", "drawn", "like", "seconds", "of", "probability", "round", "seed"), _NUMBER),
    **dict.fromkeys(("target", "alpha", "expected", "class_cap", "known", "first", "seen"), _NUMBER),
    **dict.fromkeys(("threshold", "entropy", "margin", "percent", "count"), _NUMBER),
    **dict.fromkeys(("ranking", "rule", "queue", "ids_hash", "planted", "words", "text"), _TEXT),
    **dict.fromkeys(("only_open", "simulated"), _FLAG),
    **dict.fromkeys(("filter", "thresholds", "params"), _OBJECT),
    "images": (list, tuple),
}
"""Params that a command may have, each with its types."""
_KIND_NAMES: Mapping[tuple[type, ...], str] = {
    _NUMBER: "a number",
    _TEXT: "a text",
    _FLAG: "true or false",
    _OBJECT: "an object",
}


def check_texts(command_id: Any, reviewer: Any, run_id: Any, verdict: Any) -> None:
    """Check the texts of a command.

    Raises:
        DecisionError: One is of the wrong type, too long, empty, or holds a character that is not allowed.
    """
    if not isinstance(command_id, str) or not _COMMAND_ID.fullmatch(command_id):
        raise DecisionError("command_id must be 1 to 128 visible ASCII characters, such as a UUID.")
    for name, value, least in (("reviewer", reviewer, 1), ("run_id", run_id, 0), ("verdict", verdict, 1)):
        if not isinstance(value, str) or not least <= len(value.strip()) <= len(value) <= _MAX_NAME:
            raise DecisionError(f"{name} must be a text of {least} to {_MAX_NAME} characters.")
        if not value.isprintable():  # no control characters, no unpaired surrogates
            raise DecisionError(f"{name} holds a character that cannot be shown.")


def whole(name: str, value: Any) -> int | None:
    """Return a whole number of a command, or None.

    Raises:
        DecisionError: It is something else, or out of range.
    """
    if value is None:
        return None
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or not -1 <= number <= HIGHEST:
        raise DecisionError(f"{name} must be a whole number from -1 to 2^53 (got {_short(value)}).")
    return number


def check_params(params: Any) -> None:
    """Check the params of a command.

    Raises:
        DecisionError: A param is unknown, of the wrong type, too long or too deep.
    """
    if not isinstance(params, Mapping):
        raise DecisionError(f"params must be an object (got {_short(params)}).")
    for name, value in params.items():
        if name not in PARAM_TYPES:
            raise DecisionError(f"A command has no param {_short(name)}. There are: {', '.join(PARAM_TYPES)}.")
        kinds = PARAM_TYPES[name]
        is_flag = isinstance(value, bool) and bool not in kinds
        if value is not None and (is_flag or not isinstance(value, kinds)):
            raise DecisionError(f"{name} must be {_KIND_NAMES.get(kinds, 'a list')} (got {_short(value)}).")
        if isinstance(value, list | tuple) and len(value) > _MAX_IMAGES:
            raise DecisionError(f"A command names at most {_MAX_IMAGES:,} images: send them in parts.")
        _check_value(name, value, _MAX_DEPTH)
    rest = {name: value for name, value in params.items() if name != "images"}
    if len(json.dumps(rest, default=str)) > _MAX_BYTES:
        raise DecisionError(f"The params of a command take at most {_MAX_BYTES:,} bytes.")


def check_remark(kind: str, image: Any, params: Mapping[str, Any]) -> None:
    """Check a note, a flag or the removal of a flag.

    Args:
        kind: note, flag or unflag.
        image: The image that it is about.
        params: A note has `text`, up to LONGEST_NOTE characters, empty where it goes, and `seen`, the id of the note
            that it replaces; a flag has neither.

    Raises:
        DecisionError: It names no image, or the text holds a character that cannot be shown.
    """
    if image is None:
        raise DecisionError(f"A {kind} is about an image: name it.")
    text = params.get("text")
    if kind != "note" and text is not None:
        raise DecisionError("A flag has no text: write a note beside it.")
    if kind == "note" and not isinstance(text, str):
        raise DecisionError("A note has a text; an empty one removes the note.")
    if text and not is_shown(text):
        raise DecisionError("The note holds a character that cannot be shown: letters, signs and line breaks can.")


def is_shown(text: str) -> bool:
    """Return whether every character of a text can be shown: letters, signs, line breaks."""
    return all(letter.isprintable() or letter == "\n" or letter in _JOINERS for letter in text)


def _check_value(name: str, value: Any, depth: int) -> None:
    if depth == 0:
        raise DecisionError(f"{name} is nested too deeply.")
    if isinstance(value, str):
        if len(value) > _MAX_TEXT or not _is_unicode(value):
            raise DecisionError(f"{name} must hold texts of at most {_MAX_TEXT:,} characters, all of them Unicode.")
    elif isinstance(value, int | float):
        if not (math.isfinite(value) and abs(value) <= HIGHEST):
            raise DecisionError(f"{name} must hold finite numbers up to 2^53 (got {_short(value)}).")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            _check_value(name, key, 1)
            _check_value(name, inner, depth - 1)
    elif isinstance(value, Sequence):
        for inner in value:
            _check_value(name, inner, depth - 1)


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _short(value: Any) -> str:
    text = ascii(value) if not isinstance(value, int) or abs(value) < 10**30 else "a number of many digits"
    return text if len(text) <= 60 else f"{text[:57]}..."
