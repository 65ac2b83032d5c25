"""Find the files that a table names: other separators, other roots, other Unicode forms, missing suffixes."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.data.decoders.formats import SUFFIXES, has_image_suffix
from core.data.sources.folder_scan import FolderScan
from core.data.sources.source_table import split_of

AMBIGUOUS = "several files have this name: give the path from the folder on"
MISSING = "there is no such file in the folder"
ADDRESS = "an address on the network: download the image first"


class FileIndex:
    """The image files of a folder, found by what a table calls them.

    Args:
        scan: The files of the folder.
        near: The table: of several files of one name, the one beside it counts, or the one in a folder of its split.
    """

    def __init__(self, scan: FolderScan, near: Path | None = None) -> None:
        self._scan, self._beside, self._split = scan, "", ""
        if near is not None and near.parent.is_relative_to(scan.root):
            self._beside = _key(near.parent.relative_to(scan.root).as_posix())
            self._split = split_of_file(near)
        self._by_path: dict[str, Path] = {}
        self._by_name: dict[str, list[Path]] = {}
        for path in scan.images:
            key = _key(path.relative_to(scan.root).as_posix())
            self._by_path[key] = path
            self._by_name.setdefault(key.rpartition("/")[2], []).append(path)

    def find(self, text: str) -> Path | str:
        """Find the file that a cell names.

        Args:
            text: A path, relative or absolute, with slashes or backslashes; or a file's name, perhaps without suffix.

        Returns:
            The file, or the reason why there is none.
        """
        if "://" in text:
            name = text.split("?")[0].rpartition("/")[2]
            same = self._by_name.get(_key(name), ())
            return same[0] if len(same) == 1 else ADDRESS
        for key in (_key(text), _key(text[1:])) if text.startswith("'") else (_key(text),):  # "'=1.png" is =1.png
            if (found := self._inside(key)) is not None:
                return found
        return self._outside(text)

    def _inside(self, key: str) -> Path | str | None:
        for candidate in (f"{self._beside}/{key}", *_shorter(key)):
            for full in _with_suffixes(candidate):
                if full in self._by_path:
                    return self._by_path[full]
        for full in _with_suffixes(key.rpartition("/")[2]):
            if files := self._by_name.get(full):
                return self._likeliest(files)
        return None

    def _likeliest(self, files: Sequence[Path]) -> Path | str:
        """Return the one file of a name, beside the table or in a folder of its split where there are several."""
        if len(files) == 1:
            return files[0]
        folders = [path.relative_to(self._scan.root).parts[:-1] for path in files]
        beside = [path for path, parts in zip(files, folders, strict=True) if _key("/".join(parts)) == self._beside]
        parts = [p for p, own in zip(files, folders, strict=True) if self._split and self._split in map(split_of, own)]
        below = [path for path, own in zip(files, folders, strict=True) if self._is_below(own)]
        return next((found[0] for found in (beside, parts, below) if len(found) == 1), AMBIGUOUS)

    def _is_below(self, folders: Sequence[str]) -> bool:
        return self._beside != "." and f"{_key('/'.join(folders))}/".startswith(f"{self._beside}/")

    def share(self, cells: Sequence[str]) -> float:
        """Return the share of some cells that name a file, of up to 200 of them."""
        step = max(1, len(cells) // 200)
        looked = cells[::step]
        return sum(isinstance(self.find(text), Path) for text in looked if text) / max(1, len(looked))

    def _outside(self, text: str) -> Path | str:
        """Find a file outside of the folder: absolute, or above it."""
        try:
            path = self._scan.root / text.replace("\\", "/")
            is_there = ("/" in text or "\\" in text) and has_image_suffix(path.name) and path.is_file()
        except (OSError, ValueError):
            return MISSING
        return path if is_there else MISSING


def split_of_file(file: Path) -> str:
    """Return the split that the name of a table says, as instances_val2017.json, or that of its folder; "" for none."""
    words = (*re.split(r"[^a-z0-9]+", file.stem.casefold()), file.parent.name)
    return next((split for split in map(split_of, words) if split), "")


def _key(text: str) -> str:
    plain = unicodedata.normalize("NFC", text.strip().replace("\\", "/"))
    while plain.startswith("./"):
        plain = plain[2:]
    return plain.replace("//", "/")


def _shorter(key: str) -> Iterator[str]:
    """Yield a path, and it without its first folders."""
    parts = [part for part in key.split("/") if part]
    for start in range(len(parts)):
        yield "/".join(parts[start:])


def _with_suffixes(key: str) -> Iterator[str]:
    yield key
    if not has_image_suffix(key):
        for suffix in SUFFIXES:
            yield key + suffix
            yield key + suffix.upper()
