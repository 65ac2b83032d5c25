"""JSON lines files: append objects, read them, sample long files.

A line that a kill has torn is left out on reading.
"""

import json
from collections.abc import Iterable, Mapping
from os import SEEK_END
from pathlib import Path
from typing import IO, Any

from core.base.untrusted.json_text import parse_json
from core.store.files import cannot_read, cannot_write, replace_file

_SHORT = 1 << 20
"""Bytes up to which a file is read whole when a sample of it is asked for."""
_END = 1 << 16
"""Bytes at the end of a long file in which its last line is looked for."""


def append_line(path: Path, line: Mapping[str, Any]) -> None:
    """Append one object, its texts as they are; DataError where the file cannot be written."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    except OSError as error:
        raise cannot_write(path, error) from error


def read_lines(path: Path, *, may_be_torn: bool = True) -> list[dict[str, Any]]:
    """Read all objects of a file.

    Args:
        path: The file; a missing one has none.
        may_be_torn: Whether a damaged last line is left out; else it is an error as any other.

    Returns:
        The objects, in order.

    Raises:
        DataError: A line is damaged, or the file cannot be read.
    """
    if not path.exists():
        return []
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise cannot_read(path, error.strerror) from error
    found = []
    for number, line in enumerate(lines):
        try:
            found.append(_object(line))
        except ValueError as error:
            if not may_be_torn or number < len(lines) - 1:
                raise cannot_read(path, f"line {number + 1} is no JSON object") from error
    return found


def sample_lines(path: Path, limit: int) -> list[dict[str, Any]]:
    """Read evenly spaced objects from the first to the last whole line.

    Of a long file only the places that are looked at are read, so that the cost does not grow with its length.

    Args:
        path: The file; a missing one has none.
        limit: Most objects to return, at least 2.

    Returns:
        The objects, in order.

    Raises:
        DataError: A line is damaged.
    """
    if not path.exists():
        return []
    try:
        with path.open("rb") as file:
            size = file.seek(0, SEEK_END)
            found = _whole_lines(file) if size <= _SHORT else _scattered(file, size, limit)
    except OSError as error:
        raise cannot_read(path, error.strerror) from error
    if len(found) > limit:
        step = (len(found) - 1) / (limit - 1)
        found = [found[round(number * step)] for number in range(limit)]
    try:
        return [_object(line) for line in found]
    except ValueError as error:
        raise cannot_read(path, "a line is no JSON object") from error


def taken_back(undos: Iterable[tuple[int, int]]) -> set[int]:
    """Return the numbers of lines that no longer count: an undo names a line, and an undo of that undo restores it.

    Args:
        undos: Number of each undo and of the line that it names, oldest first.
    """
    void: set[int] = set()
    for number, named in reversed(list(undos)):
        if number not in void:
            void.add(named)
    return void


def _object(line: bytes) -> dict[str, Any]:
    """Parse one line; ValueError where it holds something else than an object."""
    value = parse_json(line)
    if not isinstance(value, dict):
        raise ValueError("it holds no object")
    return value


def _whole_lines(file: IO[bytes]) -> list[bytes]:
    """Return every whole line of an open file."""
    file.seek(0)
    return [line for line in file if line.endswith(b"\n")]


def _scattered(file: IO[bytes], size: int, limit: int) -> list[bytes]:
    """Return the first line, lines at evenly spaced offsets, and the last one."""
    starts: list[int] = []
    found: list[bytes] = []
    for number in range(limit - 1):
        offset = number * size // (limit - 1)
        file.seek(max(0, offset - 1))
        if offset:
            file.readline()  # from the middle of a line to its end
        start, line = file.tell(), file.readline()
        if line.endswith(b"\n") and start not in starts[-1:]:
            starts.append(start)
            found.append(line)
    file.seek(max([size - _END, *starts[-1:]]))
    file.readline()
    return [*found, *[line for line in file if line.endswith(b"\n")][-1:]]


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Replace the file by these objects, one per line."""
    data = "".join(json.dumps(line) + "\n" for line in lines).encode()

    def write(file: IO[bytes]) -> None:
        file.write(data)

    replace_file(path, write)
