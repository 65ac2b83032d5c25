"""Classes that were added to an image folder after it was made, one line each; a class keeps its number for ever.

One that nothing names yet can be taken back by another line; its number is free again then.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.base.errors import DataError
from core.data.classes.class_edits import read_edits
from core.store.jsonl import append_line, read_lines

ADDED = "added_classes.jsonl"
"""File in the image folder; its lines are only appended."""


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
    append_line(folder / ADDED, line)


def take_back_class(folder: Path, name: str, reviewer: str) -> None:
    """Take back the class that was added last, which nothing names; DataError where it cannot be written."""
    append_line(folder / ADDED, {"taken_back": name, "time": _now(), "reviewer": reviewer})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def added_names(folder: Path) -> tuple[str, ...]:
    """Read the names of the added classes, in order; none where none was added.

    DataError where a line is damaged.
    """
    return tuple(one.name for one in added_classes(folder))


def added_classes(folder: Path) -> list[AddedClass]:
    """Read the added classes that were not taken back, in order; DataError where a line is damaged."""
    file = folder / ADDED
    try:
        return _standing(read_lines(file, may_be_torn=False))
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
