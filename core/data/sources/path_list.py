"""Paths of many files in little memory: the folder's number and the bytes of the name of each."""

import os
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import overload


class PathList(Sequence[Path]):
    """A list of paths that are made when they are asked for; a path of its own takes some 400 bytes, here about 30.

    Args:
        paths: Its first paths.
    """

    def __init__(self, paths: Iterable[Path] = ()) -> None:
        self._folders: list[Path] = []
        self._numbers: dict[Path, int] = {}
        self._folder_of, self._names, self._ends = array("I"), bytearray(), array("Q", [0])
        for path in paths:
            self.add(path.parent, path.name)

    def add(self, folder: Path, name: str) -> None:
        """Append the path of a file.

        Args:
            folder: Its folder.
            name: Its name there.
        """
        if not self._folder_of or self._folders[self._folder_of[-1]] is not folder:
            self._folder_of.append(self._numbers.setdefault(folder, len(self._folders)))
            if self._folder_of[-1] == len(self._folders):
                self._folders.append(folder)
        else:
            self._folder_of.append(self._folder_of[-1])
        self._names += os.fsencode(name)
        self._ends.append(len(self._names))

    def folders(self) -> list[Path]:
        """Return the folder of each path; equal ones are one object."""
        return [self._folders[number] for number in self._folder_of]

    def rows(self, keep: Iterable[int]) -> "PathList":
        """Return the list of some paths, by position."""
        found = PathList()
        for row in keep:
            found.add(self._folders[self._folder_of[row]], self._name(row))
        return found

    @overload
    def __getitem__(self, index: int) -> Path: ...
    @overload
    def __getitem__(self, index: slice) -> "PathList": ...
    def __getitem__(self, index: int | slice) -> "Path | PathList":
        """Return one path, or the list of a slice."""
        if isinstance(index, slice):
            return self.rows(range(len(self))[index])
        row = range(len(self))[index]
        return self._folders[self._folder_of[row]] / self._name(row)

    def __len__(self) -> int:
        return len(self._folder_of)

    def _name(self, row: int) -> str:
        return os.fsdecode(bytes(self._names[self._ends[row] : self._ends[row + 1]]))
