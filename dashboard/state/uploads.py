"""Uploaded images: stored whole in Winnow's own folder, or not at all."""

import hashlib
import io
import lzma
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from core import InputError, recent_projects

MOST_BYTES = 2 * 2**30
"""Bytes that the files of one upload may have, unpacked."""
MOST_FILES = 50_000
_CHUNK = 2**20
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, EOFError, ValueError)


def store(files: Sequence[tuple[str, bytes]], name: str) -> Path:
    """Store uploaded files; archives are unpacked with their folders.

    The same files under the same name give the same folder, which is then not written again.

    Args:
        files: Name and content of each.
        name: What the folder is called.

    Returns:
        The folder of the images: the innermost one that holds all of them.

    Raises:
        InputError: An archive is damaged, too large, or names files outside its folder; or the disk refuses.
    """
    folder = recent_projects.home() / "uploads" / f"{file_name(name)}-{_digest(files)}"
    if not folder.is_dir():
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
        except OSError as error:
            raise InputError(f"The upload cannot be stored in {folder.parent} ({error}).") from error
        try:
            _fill(draft, files)
            if not folder.is_dir():  # another tab may have stored the same
                os.replace(draft, folder)
        except OSError as error:
            raise InputError(f"The upload cannot be stored in {folder.parent} ({error}).") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return _inner(folder)


def file_name(name: str) -> str:
    """Return a name that any file system takes: letters, digits, dashes; at most 60 characters."""
    kept = "".join(char if char.isalnum() or char in "-_ " else "_" for char in name).strip()
    return kept.encode()[:60].decode(errors="ignore") or "images"


def _digest(files: Sequence[tuple[str, bytes]]) -> str:
    total = hashlib.sha256()
    for name, content in files:
        total.update(f"{name}\0{len(content)}\0".encode(errors="surrogateescape") + content)
    return total.hexdigest()[:8]


def _fill(draft: Path, files: Sequence[tuple[str, bytes]]) -> None:
    left = MOST_BYTES
    for name, content in files:
        if name.lower().endswith(".zip"):
            left = _unpack(name, content, draft, left)
        else:
            _free(draft, (PurePosixPath(name.replace("\\", "/")).name,)).write_bytes(content)


def _unpack(name: str, content: bytes, draft: Path, left: int) -> int:
    """Unpack an archive; return how many bytes may still follow."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MOST_FILES:
                raise InputError(f"{name} has more than {MOST_FILES:,} files: unpack it, and give the folder.")
            for member in members:
                parts = PurePosixPath(member.filename.replace("\\", "/")).parts
                if not parts or parts[0] == "/" or ".." in parts or ":" in parts[0]:
                    raise InputError(f"{name} names a file outside its folder: {member.filename!r}.")
                if "__MACOSX" in parts:
                    continue
                with archive.open(member) as source, _free(draft, parts).open("wb") as target:
                    while chunk := source.read(_CHUNK):  # the size that an archive declares may be wrong
                        if (left := left - len(chunk)) < 0:
                            size = f"{MOST_BYTES / 2**30:.0f} GiB"
                            raise InputError(f"{name} unpacks to more than {size}: unpack it, and give the folder.")
                        target.write(chunk)
    except _DAMAGE as error:
        raise InputError(f"{name} cannot be unpacked ({error}).") from error
    return left


def _free(draft: Path, parts: Sequence[str]) -> Path:
    """Return a new path below a folder; a second file of a name gets a number."""
    target = draft.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    number = 2
    while target.exists():
        target = target.with_name(f"{Path(parts[-1]).stem}-{number}{Path(parts[-1]).suffix}")
        number += 1
    return target


def _inner(folder: Path) -> Path:
    """Go down while a folder holds one folder and nothing else, as archives of a folder do."""
    while len(entries := list(folder.iterdir())) == 1 and entries[0].is_dir():
        folder = entries[0]
    return folder
