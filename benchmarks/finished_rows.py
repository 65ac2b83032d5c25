"""Finished measurements in a file, one JSON line each: a program that was stopped goes on after the last of them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.report import commit
from core.base.errors import InputError

Facts = dict[str, Any]


class FinishedRows:
    """Measurements by key; without a file they are kept in memory alone.

    Args:
        file: File of lines; it is made. The first line holds the settings. A line that was cut off is measured again.
        settings: What the measurements depend on besides their key.

    Raises:
        InputError: The file holds measurements with other settings.
    """

    def __init__(self, file: Path | None, settings: Mapping[str, Any]) -> None:
        self._file, self._rows = file, dict[str, Facts]()
        if file is None:
            return
        lines = [line for line in map(_parsed, _lines(file)) if line is not None]
        asked = json.loads(json.dumps(settings))
        if lines and lines[0].get("settings") != asked:
            raise InputError(
                f"{file} holds measurements with other settings: {lines[0].get('settings')}. Name another."
            )
        self._rows = {line["key"]: line["facts"] for line in lines[1:]}
        text = file.read_text() if file.exists() else ""
        with file.open("a") as stream:
            stream.write("\n" if text and not text.endswith("\n") else "")
            stream.write("" if lines else json.dumps({"settings": asked}) + "\n")

    def of(self, key: str, measure: Callable[[], Facts]) -> Facts:
        """Return the measurement of a key; measure and store it where it is not there.

        Args:
            key: Its name, the same in every run of the program.
            measure: Measures it: names → numbers or text.
        """
        if key not in self._rows:
            self._rows[key] = measure()
            if self._file is not None:
                with self._file.open("a") as stream:
                    stream.write(json.dumps({"key": key, "commit": commit(), "facts": self._rows[key]}) + "\n")
        return self._rows[key]


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def _parsed(line: str) -> Facts | None:
    try:
        found: Facts = json.loads(line)
    except ValueError:
        return None
    return found
