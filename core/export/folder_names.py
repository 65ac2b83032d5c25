"""Portable names of files and folders in an export."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from core.export.label_table import escape_surrogates

_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
_TAKEN = {"labels.csv", "labels.parquet", "labels.jsonl", "manifest.json", "readme.md"}
MOST_BYTES = 240


def folder_names(classes: Sequence[str]) -> list[str]:
    """Return a portable, unique folder name for each class.

    No two are the same, in upper or lower case, composed or decomposed; none is a device name of Windows.
    """
    names: list[str] = []
    taken = set(_TAKEN)
    for number, name in enumerate(classes):
        text = re.sub(r'[\x00-\x1f<>:"/\\|?*]+', "_", escape_surrogates(name))
        safe = text.encode()[:80].decode(errors="ignore").strip(" .")
        if safe.split(".")[0].lower() in _RESERVED:
            safe = f"{safe}_"
        candidates = (safe or f"class {number}", *(f"{safe} {n}".strip() for n in range(number, len(classes) * 2 + 3)))
        names.append(next(c for c in candidates if _folded(c) not in taken))
        taken.add(_folded(names[-1]))
    return names


def file_names(
    names: Iterable[str], ids: Iterable[int], folders: Iterable[str], suffixes: Iterable[str], *, by_stem: bool = False
) -> list[str]:
    """Return the path in the export of each image: its folder and its own file name.

    Args:
        names: Where each image came from: a relative path.
        ids: Image ids, which tell images of the same name apart.
        folders: Folder in the export that each image is put into.
        suffixes: Suffix that each file gets in addition, such as ".png"; empty where its own will do.
        by_stem: Whether names that differ in their suffix alone count as the same.

    Returns:
        Relative paths, no two the same in upper or lower case.
    """
    taken: set[str] = set()
    found = []

    def key(path: str) -> str:
        return _folded(str(PurePosixPath(path).with_suffix("")) if by_stem else path)

    for name, image, folder, suffix in zip(names, ids, folders, suffixes, strict=True):
        own = escape_surrogates(PurePosixPath(name).name)
        own = own if own not in ("", ".", "..") else f"{image:08d}"
        base = f"{own}{suffix}"
        if len(base.encode()) > MOST_BYTES:
            base = f"{image:08d}{PurePosixPath(base).suffix[:16]}"
        path = f"{folder}/{base}".removeprefix("/")
        while key(path) in taken:
            stem, dot, end = base.rpartition(".")
            base = f"{stem}-{image:08d}.{end}" if dot and stem else f"{base}-{image:08d}"
            path = f"{folder}/{base}".removeprefix("/")
        taken.add(key(path))
        found.append(path)
    return found


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
