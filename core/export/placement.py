"""Write an export aside and move it into place whole; a failure leaves the earlier one as it was."""

import csv
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.base.errors import DataError, InputError, WinnowError
from core.export.folder_names import folder_names
from core.store.files import cannot_write, full_path, read_json, write_json

MANIFEST = "manifest.json"
_FILES_0_1 = ("labels.csv", "labels.parquet", "model.safetensors", "model.json", "run.json", "round_card.html")
"""Files of exports whose manifest does not name them: those of version 0.1."""


@contextmanager
def place_export(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside the target; on success it takes the target's place.

    What an earlier export wrote into the target goes; other files that lie there stay.

    Args:
        folder: The target: new, empty, or an earlier export of Winnow.

    Raises:
        InputError: The target holds something else, or a file of somebody stands where one of the export belongs.
        DataError: The files cannot be written; nothing of the export is left, and the earlier one is whole.
    """
    target = full_path(folder)
    draft: Path | None = None
    try:
        _check_target(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = _new_draft(target)
        yield draft
        kept = _others(target)
        _check_room(target, draft, kept)
        if draft.parent == target:
            _fill(target, draft, kept)
        else:
            _swap(target, draft, kept)
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)


def finish(draft: Path, kind: str, info: Mapping[str, Any], images: set[str]) -> None:
    """Write manifest.json, which names every file but the images; those stand in labels.csv.

    Args:
        draft: The filled folder.
        kind: Kind of the export.
        info: What the manifest says.
        images: Relative paths of the exported images.
    """
    outputs = [path for path in _files_in(draft) if path not in images]
    write_json(draft / MANIFEST, {"winnow": kind, **info, "outputs": outputs, "num_images": len(images)})


def _check_target(target: Path) -> None:
    if not target.is_dir():
        if target.exists():
            raise NotADirectoryError(20, "Not a directory")
        return
    if not any(path for path in target.iterdir() if not _is_draft(path)):
        return
    try:
        is_ours = "winnow" in read_json(target / MANIFEST)
    except DataError:
        is_ours = False
    if not is_ours:
        raise InputError(f"{target} holds files that are no export of Winnow: choose an empty folder.")


def _new_draft(target: Path) -> Path:
    """Make the folder to write into: beside the target, or in it where it cannot be replaced."""
    is_fixed = target.is_dir() and (
        os.path.ismount(target) or target == Path.cwd() or not os.access(target.parent, os.W_OK | os.X_OK)
    )
    draft = (target if is_fixed else target.parent) / f".{target.name}-{secrets.token_hex(6)}.export"
    draft.mkdir()
    return draft


def _is_draft(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(".export")


def _swap(target: Path, draft: Path, kept: set[str]) -> None:
    """Move the target away, the draft into its place, and other people's files into that."""
    if not target.exists():
        os.rename(draft, target)
        return
    old = target.parent / f".{target.name}-{secrets.token_hex(6)}.old"
    os.rename(target, old)
    try:
        os.rename(draft, target)
    except OSError:
        os.rename(old, target)
        raise
    try:
        for name in kept:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            os.rename(old / name, target / name)
    except OSError as error:
        raise DataError(f"Your own files of {target} now lie in {old}: {error.strerror or error}.") from error
    shutil.rmtree(old, ignore_errors=True)


def _fill(target: Path, draft: Path, kept: set[str]) -> None:
    """Move the draft's files into the target one by one, the manifest last."""
    earlier = _files_in(target, draft)
    for name in set(earlier) - kept - {MANIFEST}:
        (target / name).unlink()
    for folder in sorted(path for path in target.rglob("*") if path.is_dir() and draft not in (path, *path.parents)):
        if folder.exists() and not any(path.is_file() or path.is_symlink() for path in folder.rglob("*")):
            shutil.rmtree(folder)
    for folder in (path for path in draft.rglob("*") if path.is_dir()):
        (target / folder.relative_to(draft)).mkdir(parents=True, exist_ok=True)
    for name in sorted(_files_in(draft), key=lambda name: name == MANIFEST):
        os.replace(draft / name, target / name)


def _check_room(target: Path, draft: Path, kept: set[str]) -> None:
    """Raise InputError where somebody's file stands in the place of an exported one."""
    taken = next((name for name in sorted(kept) if os.path.lexists(draft / name)), None)
    if taken is not None:
        raise InputError(f"{target / taken} is no file of the earlier export: move it, or choose an empty folder.")


def _others(target: Path) -> set[str]:
    """Return the files in the target that no export of Winnow wrote."""
    if not target.is_dir() or not (target / MANIFEST).exists():
        return set()
    earlier = read_json(target / MANIFEST)
    own = {MANIFEST, *map(str, earlier.get("outputs", _FILES_0_1))}
    images = re.compile(r"\d{8}\.png")
    folders = set(folder_names([str(name) for name in earlier.get("classes", [])]))
    listed = _listed_images(target / "labels.csv")

    def is_own(name: str) -> bool:
        folder, _, file = name.rpartition("/")
        is_from_0_1 = "outputs" not in earlier and folder in folders and images.fullmatch(file) is not None
        return name in own or name in listed or is_from_0_1

    return {name for name in _files_in(target) if not is_own(name)}


def _listed_images(file: Path) -> set[str]:
    """Return the images that the earlier export's labels.csv names."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            files = [row.get("file") or "" for row in csv.DictReader(text)]
            return {name for file in files for name in (file, file.removeprefix("'")) if name}
    except (OSError, ValueError, csv.Error, WinnowError):
        return set()


def _files_in(folder: Path, without: Path | None = None) -> list[str]:
    """Return the relative paths of all files and links in a folder, drafts left out."""
    found = []
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = [name for name in folders if not _is_draft(here / name)]
        links = [name for name in folders if (here / name).is_symlink()]
        found += [(here / name).relative_to(folder).as_posix() for name in (*files, *links) if here != without]
    return sorted(found)
