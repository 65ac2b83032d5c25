"""Roots of a project: the folders that its images came from, and where they have moved to."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DataError, InputError
from core.base.untrusted.json_text import parse_json
from core.data.decoders.open_image import ImageFileError, read_regular
from core.data.sources.folder_scan import original_file, walk_folder

FILE = "sources.json"
"""File in the project folder; it is missing where the source of project.toml is the only one and has not moved."""
SAMPLED = 200
"""Images at most whose files are looked for."""


@dataclass(frozen=True)
class SourceRoots:
    """Where the images of a project came from.

    Attributes:
        firsts: Id of the first image of each root, rising; the first is 0.
        roots: The folders.
        moved: Image name → path relative to its root, for files that were found under another name.
    """

    firsts: tuple[int, ...]
    roots: tuple[str, ...]
    moved: dict[str, str] = field(default_factory=dict)

    def root_of(self, image: int) -> str:
        """Return the folder that an image came from."""
        return self.roots[int(np.searchsorted(self.firsts, image, side="right")) - 1]

    def file_of(self, image: int, name: str) -> Path:
        """Return the file of an image; InputError where it is not there."""
        return original_file(self.root_of(image), self.moved.get(name, name))


def read_roots(project: Path, source: str) -> SourceRoots:
    """Read the roots of a project.

    Args:
        project: The project folder.
        source: The source that project.toml names.

    Raises:
        DataError: The file is damaged.
    """
    file = project / FILE
    try:
        facts = parse_json(file.read_text(encoding="utf-8"))
        firsts = tuple(int(entry["first"]) for entry in facts["roots"])
        return SourceRoots(firsts, tuple(str(e["path"]) for e in facts["roots"]), dict(facts.get("moved", {})))
    except FileNotFoundError:
        return SourceRoots((0,), (source,))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{file} cannot be read ({error}): restore it from a copy, or use: winnow relink") from error


def write_roots(project: Path, roots: SourceRoots) -> None:
    """Write the roots of a project, replacing what is there; DataError where that fails."""
    entries = [{"first": first, "path": path} for first, path in zip(roots.firsts, roots.roots, strict=True)]
    text = json.dumps({"roots": entries, "moved": roots.moved}, ensure_ascii=False, indent=1)
    file = project / FILE
    try:
        draft = file.with_name(f".{FILE}.new")
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, file)
    except OSError as error:
        raise DataError(f"{file} cannot be written ({error.strerror}).") from error


def num_missing(roots: SourceRoots, names: Sequence[str]) -> int:
    """Count the images, of up to 200 spread over all, whose file is not where it should be."""
    rows = np.unique(np.linspace(0, len(names) - 1, min(len(names), SAMPLED)).astype(int)) if len(names) else ()
    return sum(not _is_there(roots, int(row), names[int(row)]) for row in rows)


def relink(
    roots: SourceRoots, names: Sequence[str], folder: Path, digests: NDArray[np.uint8] | None
) -> tuple[SourceRoots, int]:
    """Find images that have moved below a folder: by their paths, then by their content.

    Args:
        roots: Where they were.
        names: Names of all images, (N,).
        folder: Where to look.
        digests: Digest of each image's content, (N, 16); None where they were not kept.

    Returns:
        The new roots, and how many images were found that were missing.

    Raises:
        InputError: The folder is missing, or holds none of the images.
    """
    missing = [row for row, name in enumerate(names) if not _is_there(roots, row, name)]
    if not missing:
        return roots, 0
    scan = walk_folder(folder.expanduser().resolve())
    known = {path.relative_to(scan.root).as_posix() for path in scan.images}
    bases = ["", *sorted({f"{parent.as_posix()}/" for name in known for parent in Path(name).parents if parent.name})]
    new_roots, found = list(roots.roots), 0
    for number, first in enumerate(roots.firsts):
        last = roots.firsts[number + 1] if number + 1 < len(roots.firsts) else len(names)
        own = [row for row in missing if first <= row < last]
        sample = own[:: max(1, len(own) // SAMPLED)]
        counts = {base: sum(base + names[row] in known for row in sample) for base in bases}
        best = max(bases, key=lambda base: counts[base])
        if own and (counts[best] or len(own) == last - first):
            new_roots[number] = str(scan.root / best)
    changed = SourceRoots(roots.firsts, tuple(new_roots), dict(roots.moved))
    missing_now = [row for row in missing if not _is_there(changed, row, names[row])]
    if missing_now and digests is not None:
        changed = _by_content(changed, names, missing_now, scan.images, digests)
    found = sum(_is_there(changed, row, names[row]) for row in missing)
    if not found:
        raise InputError(
            f"{folder} holds none of the {len(missing):,} images that are missing, such as {names[missing[0]]}."
        )
    return changed, found


def _by_content(
    roots: SourceRoots, names: Sequence[str], missing: Sequence[int], files: Sequence[Path], digests: NDArray[np.uint8]
) -> SourceRoots:
    wanted = {digests[row].tobytes(): row for row in missing}
    moved = dict(roots.moved)
    for file, digest in _digests_of(files):
        row = wanted.get(digest)
        root = Path(roots.root_of(row)) if row is not None else None
        if row is not None and root is not None and file.is_relative_to(root):
            moved[names[row]] = file.relative_to(root).as_posix()
    return SourceRoots(roots.firsts, roots.roots, moved)


def _digests_of(files: Sequence[Path]) -> Iterator[tuple[Path, bytes]]:
    for file in files:
        try:
            yield file, content_digest(read_regular(file))
        except ImageFileError:
            continue


def content_digest(content: bytes | memoryview, page: int = 0) -> bytes:
    """Return the digest of a file's content and of the page that is an image."""
    return hashlib.blake2b(content, digest_size=16, salt=page.to_bytes(4, "little")).digest()


def _is_there(roots: SourceRoots, image: int, name: str) -> bool:
    try:
        roots.file_of(image, name)
    except InputError:
        return False
    return True
