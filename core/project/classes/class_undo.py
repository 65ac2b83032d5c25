"""Undo of class edits: the latest edit that stands, or an added class that nothing names yet."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from core.base.errors import InputError
from core.base.types import LIVE_STATES, Decision
from core.data.classes.added_classes import ADDED, AddedClass, added_classes, take_back_class
from core.data.classes.class_edits import ClassEdit, append_edit, live_edits, read_edits
from core.data.image_store import own_class_names
from core.store.file_lock import hold_lock
from core.workspace.workspace import CHECKS, Workspace


def undo_class_edit(images: Path, last_decision: int, reviewer: str, use_of: Callable[[int], str]) -> ClassEdit:
    """Take back the latest edit of a class that stands; labels given to the parts of a split count as the class again.

    An added class is taken back too as long as nothing names it; else the edit before it is.

    Args:
        images: The image folder.
        last_decision: Id of the last decision so far: earlier rejections of such parts no longer say anything.
        reviewer: Who takes it back.
        use_of: Says what names a class, as the end of a sentence; empty where nothing does.

    Returns:
        The edit that was taken back; of kind add for an added class.

    Raises:
        InputError: There is none.
    """
    with hold_lock(images / f"{ADDED}.lock"):
        edit = undoable_class_edit(images, use_of)
        if edit is None:
            added = _added_last(images, read_edits(images))
            stays = f": {added.name} stays, because {use_of(_last_class(images))}" if added is not None else ""
            raise InputError(f"There is no edit of a class to take back{stays}.")
        if edit.kind == "add":
            take_back_class(images, str(edit.params["name"]), reviewer)
        else:
            append_edit(images, "undo", 0, {"undo_of": edit.id, "after": last_decision}, reviewer)
        return edit


def undoable_class_edit(images: Path, use_of: Callable[[int], str]) -> ClassEdit | None:
    """Return what an undo would take back: an added class that nothing names, else the latest edit that stands.

    Args:
        images: The image folder.
        use_of: Says what names a class; empty where nothing does.

    Returns:
        The edit, of kind add for an added class; None where there is none.
    """
    edits = read_edits(images)
    added = _added_last(images, edits)
    if added is not None and not use_of(_last_class(images)):
        return ClassEdit(0, "add", _last_class(images), {"name": added.name}, added.reviewer, added.time)
    live = live_edits(edits)
    return live[-1] if live else None


def _last_class(images: Path) -> int:
    return len(own_class_names(images)) - 1


def _added_last(images: Path, edits: list[ClassEdit]) -> AddedClass | None:
    """Return the class that was added after the latest edit that stands; None for one of a split, or of the project."""
    added, live = added_classes(images), live_edits(edits)
    number = _last_class(images)
    is_part = any(edit.kind == "split" and number in edit.params["added"] for edit in edits)
    if not added or not added[-1].reviewer or is_part:
        return None
    after, time = added[-1].after_edit, added[-1].time
    is_latest = not live or (time >= live[-1].time if after is None else live[-1].id <= after)
    return added[-1] if is_latest else None


def use_of_class(workspace: Workspace, decisions: Sequence[Decision], number: int) -> str:
    """Return what names a class, as the end of a sentence; empty where nothing does.

    Args:
        workspace: The project.
        decisions: All of its decisions, those taken back too.
        number: The class.
    """
    num = sum(number in (decision.label, decision.suggestion) for decision in decisions)
    if num:
        return f"{num:,} {'decision names' if num == 1 else 'decisions name'} it"
    if (workspace.given_labels == number).any() or (workspace.images.labels == number).any():
        return "images have it as their label"
    live = [run.id for run in workspace.runs() if run.status.state in LIVE_STATES]
    if live:
        return f"{live[0]} is being trained with it"
    files = [file for folder in ("runs", CHECKS) for file in (workspace.path / folder).rglob("logits.npy")]
    known = next((file for file in files if np.load(file, mmap_mode="r").shape[-1] > number), None)
    return f"{known.relative_to(workspace.path).parts[1]} was made with it" if known is not None else ""
