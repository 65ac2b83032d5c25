"""Classes that were added to an image folder after it was made, one line each; a class keeps its number for ever.

One that nothing names yet can be taken back by another line; its number is free again then.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.base.errors import DataError, InputError
from core.base.untrusted.json_text import parse_json
from core.data.classes.class_edits import read_edits

ADDED = "added_classes.jsonl"
"""File in the image folder; its lines are only appended."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is computed by spreadsheets."""
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
LONGEST = 200
"""Most characters of a name."""
MOST = 10_000
"""Most classes of a project."""


def clean_name(name: str) -> str:
    """Return the name of a class as every export can write it.

    It stands on one line, in Unicode's composed form (NFC), and is no formula; space at its ends stays.
    """
    plain = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in name)
    return without_formula(unicodedata.normalize("NFC", plain))


def without_formula(text: str) -> str:
    """Put an apostrophe in front of a text that a spreadsheet would compute.

    Numbers and single signs, such as -1, +.5 and =, stay: a spreadsheet shows them as they are.
    """
    return f"'{text}" if len(text) > 1 and text.startswith(FORMULA) and not _NUMBER.fullmatch(text) else text


def twin_key(name: str) -> str:
    """Return what names have in common that differ by case, form or space alone."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def checked_name(name: str, known: tuple[str, ...]) -> str:
    """Check the name of a new class.

    Args:
        name: As a person typed it; space around it is dropped.
        known: Names that are taken.

    Returns:
        The name in Unicode's composed form (NFC), with an apostrophe in front where a spreadsheet would compute it.

    Raises:
        InputError: It is empty, too long, holds a control character, or differs from a class by case alone.
    """
    plain = without_formula(unicodedata.normalize("NFC", " ".join(name.split())))
    if not plain or len(plain) > LONGEST:
        raise InputError(f"The name of a class has 1 to {LONGEST} characters (got {len(plain)}).")
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") for letter in plain):
        raise InputError(f"The name of a class holds letters, digits and signs alone (got {plain!r}).")
    for other in known:
        if other.casefold() == plain.casefold():
            raise InputError(f"There is already a class called {other}: use it, or choose another name.")
    if len(known) >= MOST:
        raise InputError(f"A project has at most {MOST:,} classes.")
    return plain


@dataclass(frozen=True)
class AddedClass:
    """A class that was added.

    Attributes:
        name: The name that it was added under.
        reviewer: Who added it; empty for those that the project was made with.
        time: ISO 8601, UTC.
        after_edit: Number of edits of classes before it; None in projects of earlier versions.
    """

    name: str
    reviewer: str
    time: str
    after_edit: int | None


def append_class(folder: Path, name: str, reviewer: str) -> None:
    """Append a class to those of an image folder; DataError where it cannot be written."""
    line = {"name": name, "time": _now(), "reviewer": reviewer, "after_edit": len(read_edits(folder))}
    _append_line(folder, line, "the class was not added")


def take_back_class(folder: Path, name: str, reviewer: str) -> None:
    """Take back the class that was added last, which nothing names; DataError where it cannot be written."""
    line = {"taken_back": name, "time": _now(), "reviewer": reviewer}
    _append_line(folder, line, "the class was not taken back")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _append_line(folder: Path, line: dict[str, Any], otherwise: str) -> None:
    file = folder / ADDED
    try:
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
            stream.flush()
    except OSError as error:
        raise DataError(f"{file} cannot be written ({error.strerror}): {otherwise}.") from error


def added_names(folder: Path) -> tuple[str, ...]:
    """Read the names of the added classes, in order; none where none was added.

    DataError where a line is damaged.
    """
    return tuple(one.name for one in added_classes(folder))


def added_classes(folder: Path) -> list[AddedClass]:
    """Read the added classes that were not taken back, in order; DataError where a line is damaged."""
    file = folder / ADDED
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} cannot be read ({error}): restore it from a copy.") from error
    try:
        return _standing([parse_json(line) for line in lines])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{file} is damaged ({error}): restore it from a copy.") from error


def _standing(lines: list[dict[str, Any]]) -> list[AddedClass]:
    found: list[AddedClass] = []
    for line in lines:
        if "taken_back" not in line:
            after = line.get("after_edit")
            reviewer, time = str(line.get("reviewer", "")), str(line.get("time", ""))
            found.append(AddedClass(str(line["name"]), reviewer, time, None if after is None else int(after)))
        elif not found or found.pop().name != line["taken_back"]:
            raise ValueError(f"{line['taken_back']} is taken back, but was not added last")
    return found
