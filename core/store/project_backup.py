"""Backups of whole projects: one tar file, checked when it is restored."""

import errno
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from core.base.errors import DataError, InputError
from core.store.files import cannot_write, full_path, has_no_space, read_json
from core.store.log_copies import FOLDER, copy_log

LIST = "backup.json"
"""File of a backup that holds the sha256 of every other."""
_LEFT_OUT = (FOLDER, "exports")


def back_up(project: Path, target: Path) -> int:
    """Write a project into one tar file, whole or not at all; others may decide meanwhile.

    Args:
        project: Folder of the project.
        target: The file, .tar or .tar.gz; a file that is there is not replaced.

    Returns:
        The number of files in it.

    Raises:
        InputError: The file is there, or lies in the project.
        DataError: It cannot be written.
    """
    target = full_path(target)
    if target.exists():
        raise InputError(f"{target} is there already: choose another name.")
    if target.is_relative_to(project):
        raise InputError(f"{target} lies in the project: keep a backup elsewhere, best on another disk.")
    draft = target.with_name(f".{target.name}-{os.getpid()}")
    mode = "w:gz" if target.name.endswith((".gz", ".tgz")) else "w"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(draft, mode) as tar, tempfile.TemporaryDirectory(dir=target.parent) as work:  # type: ignore[call-overload]
            digests = {name: _add(tar, path, name) for name, path in _files(project, Path(work)).items()}
            text = json.dumps({"winnow": "backup", "project": project.name, "files": digests}).encode()
            entry = tarfile.TarInfo(LIST)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text))
        os.replace(draft, target)
    except sqlite3.Error as error:
        if has_no_space(target.parent):
            raise cannot_write(target, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) from error
        raise DataError(f"{project / 'decisions.db'} is damaged ({error}). See: winnow doctor {project}") from error
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        draft.unlink(missing_ok=True)
    return len(digests)


def restore(backup: Path, project: Path) -> int:
    """Make a project folder from a backup, whole or not at all, and check every file.

    Args:
        backup: A file that `back_up` wrote.
        project: The folder to make; an empty one may be there.

    Returns:
        The number of files.

    Raises:
        InputError: The file is no backup, or the folder holds something.
        DataError: The backup is damaged, or the folder cannot be written.
    """
    target = full_path(project)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} is there and not empty: restore into a new folder, and compare.")
    if not backup.expanduser().is_file():
        raise InputError(f"{backup} does not exist: give a file that winnow backup wrote.")
    draft: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}-{os.getpid()}.restore")
        draft.mkdir()
        with tarfile.open(backup.expanduser()) as tar:
            tar.extractall(draft, filter="data")
        if not (draft / LIST).is_file():
            raise InputError(f"{backup} is no backup of Winnow: it has no {LIST}.")
        digests = read_json(draft / LIST)["files"]
        wrong = [name for name, digest in digests.items() if _digest_of(draft / name) != digest]
        if wrong:
            raise DataError(
                f"{backup} is damaged: {len(wrong):,} files differ (first: {wrong[0]}). Take another backup."
            )
        (draft / LIST).unlink()
        os.replace(draft, target)
    except (tarfile.TarError, EOFError) as error:
        raise DataError(f"{backup} is damaged or no tar file ({error}): take another backup.") from error
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
    return len(digests)


def _files(project: Path, work: Path) -> dict[str, Path]:
    """Return what goes into a backup, by name; the log as a copy that is whole."""
    found = {}
    for place, folders, files in os.walk(project):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not (here == project and name in _LEFT_OUT))
        for name in sorted(files):
            path = here / name
            if path.is_file() and not path.is_symlink() and not name.startswith("."):
                found[PurePosixPath(path.relative_to(project)).as_posix()] = path
    log = found.pop("decisions.db", None)
    for end in ("-wal", "-shm"):
        found.pop(f"decisions.db{end}", None)
    if log is not None:
        copy_log(log, work / "decisions.db")
        found["decisions.db"] = work / "decisions.db"
    return found


def _add(tar: tarfile.TarFile, path: Path, name: str) -> str:
    """Add a file as it is now; return its sha256 as it was read."""
    with path.open("rb") as file:
        entry = tar.gettarinfo(arcname=name, fileobj=file)
        reader = _Reader(file, entry.size)
        tar.addfile(entry, reader)
    return reader.digest.hexdigest()


class _Reader:
    """Reads a file and hashes what was read; what is missing at its end is filled with zeros."""

    def __init__(self, file: io.BufferedReader, size: int) -> None:
        self._file, self._left, self.digest = file, size, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read at most so many bytes, or what is left."""
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._file.read(wanted).ljust(wanted, b"\0")
        self._left -= len(data)
        self.digest.update(data)
        return data


def _digest_of(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
