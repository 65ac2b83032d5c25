"""Files of JSON lines: one object a line, added at the end; a line torn by a kill is left out on reading."""

import json
from collections.abc import Iterable, Mapping
from os import SEEK_END
from pathlib import Path
from typing import IO, Any

from core.store.files import cannot_read, cannot_write, replace_file

_SHORT = 1 << 20
"""Bytes up to which a file is read whole when a sample of it is asked for."""
_END = 1 << 16
"""Bytes at the end of a long file in which its last line is looked for."""


def append_line(path: Path, line: Mapping[str, Any]) -> None:
    """Add one object; DataError where the disk would not take it."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    except OSError as error:
        raise cannot_write(path, error) from error


def read_lines(path: Path) -> list[dict[str, Any]]:
    """All objects; none where there is no file; DataError for a damaged line that is not the last."""
    if not path.exists():
        return []
    lines = path.read_bytes().splitlines()
    found = []
    for number, line in enumerate(lines):
        try:
            found.append(json.loads(line))
        except ValueError as error:
            if number < len(lines) - 1:
                raise cannot_read(path, f"line {number + 1} is no JSON") from error
    return found


def sample_lines(path: Path, most: int) -> list[dict[str, Any]]:
    """At most so many objects (2 or more), evenly spread from the first to the last whole one; none without a file.

    Of a long file only the places that are looked at are read, so that the price does not grow with its length.
    DataError for a damaged line.
    """
    if not path.exists():
        return []
    with path.open("rb") as file:
        size = file.seek(0, SEEK_END)
        found = _whole_lines(file) if size <= _SHORT else _scattered(file, size, most)
    if len(found) > most:
        step = (len(found) - 1) / (most - 1)
        found = [found[round(number * step)] for number in range(most)]
    try:
        return [json.loads(line) for line in found]
    except ValueError as error:
        raise cannot_read(path, "a line is no JSON") from error


def _whole_lines(file: IO[bytes]) -> list[bytes]:
    """Every whole line of an open file."""
    file.seek(0)
    return [line for line in file if line.endswith(b"\n")]


def _scattered(file: IO[bytes], size: int, most: int) -> list[bytes]:
    """The first line, the lines behind evenly spread places, and the last whole one."""
    starts: list[int] = []
    found: list[bytes] = []
    for number in range(most - 1):
        place = number * size // (most - 1)
        file.seek(max(0, place - 1))
        if place:
            file.readline()  # from the middle of a line to its end
        start, line = file.tell(), file.readline()
        if line.endswith(b"\n") and start not in starts[-1:]:
            starts.append(start)
            found.append(line)
    file.seek(max([size - _END, *starts[-1:]]))
    file.readline()
    return [*found, *[line for line in file if line.endswith(b"\n")][-1:]]


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Write the file anew with these objects."""
    data = "".join(json.dumps(line) + "\n" for line in lines).encode()

    def write(file: IO[bytes]) -> None:
        file.write(data)

    replace_file(path, write)
