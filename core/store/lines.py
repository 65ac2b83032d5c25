"""Files of JSON lines: one object a line, added at the end; a line torn by a kill is left out on reading."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from core.store.arrays import cannot_read, cannot_write, replace_file


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


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Write the file anew with these objects."""
    data = "".join(json.dumps(line) + "\n" for line in lines).encode()

    def write(file: IO[bytes]) -> None:
        file.write(data)

    replace_file(path, write)
