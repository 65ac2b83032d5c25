"""Classes of a project: rename, merge, describe, take back; each change is one line of a log."""

from pathlib import Path

from core.base.errors import InputError
from core.data.classes.class_edits import (
    LONGEST_DESCRIPTION,
    ClassEdit,
    append_edit,
    check_merge,
    class_table,
    last_live,
    read_edits,
)
from core.data.classes.class_names import ADDED, checked_name
from core.data.image_store import own_class_names
from core.store.file_lock import hold_lock


def rename_class(images: Path, number: int, name: str, reviewer: str) -> None:
    """Give a class another name; its number, labels and decisions stay.

    Args:
        images: The image folder.
        number: The class.
        name: The new name.
        reviewer: Who renames it.

    Raises:
        InputError: The name cannot be used, or is taken.
        DataError: It cannot be stored.
    """
    with hold_lock(images / f"{ADDED}.lock"):
        table = class_table(own_class_names(images), read_edits(images))
        _check(number, len(table.names))
        others = tuple(other for place, other in enumerate(table.names) if place != number)
        append_edit(images, "rename", number, {"name": checked_name(name, others)}, reviewer)


def merge_classes(images: Path, number: int, into: int, last_decision: int, reviewer: str) -> None:
    """Count the labels of one class as another's, given ones and decided ones, and add up what models predict.

    Args:
        images: The image folder.
        number: The class that goes.
        into: The class that stays.
        last_decision: Id of the last decision so far: earlier rejections of the two no longer say what they did.
        reviewer: Who merges them.

    Raises:
        InputError: They are one class, or one of them was merged before.
        DataError: It cannot be stored.
    """
    with hold_lock(images / f"{ADDED}.lock"):
        table = class_table(own_class_names(images), read_edits(images))
        for one in (number, into):
            _check(one, len(table.names))
        check_merge(table, number, into)
        append_edit(images, "merge", number, {"into": into, "after": last_decision}, reviewer)


def describe_class(images: Path, number: int, text: str, reviewer: str) -> None:
    """Say what belongs to a class.

    Args:
        images: The image folder.
        number: The class.
        text: Up to 2,000 characters; empty: none.
        reviewer: Who describes it.

    Raises:
        InputError: The text is too long.
        DataError: It cannot be stored.
    """
    if len(text) > LONGEST_DESCRIPTION:
        raise InputError(f"A description has at most {LONGEST_DESCRIPTION:,} characters (got {len(text):,}).")
    with hold_lock(images / f"{ADDED}.lock"):
        _check(number, len(own_class_names(images)))
        append_edit(images, "describe", number, {"text": text}, reviewer)


def undo_class_edit(images: Path, reviewer: str) -> ClassEdit:
    """Take back the latest edit of a class that stands.

    Args:
        images: The image folder.
        reviewer: Who takes it back.

    Returns:
        The edit that was taken back.

    Raises:
        InputError: There is none.
    """
    with hold_lock(images / f"{ADDED}.lock"):
        edit = last_live(read_edits(images))
        append_edit(images, "undo", 0, {"undo_of": edit.id}, reviewer)
        return edit


def _check(number: int, count: int) -> None:
    if not 0 <= number < count:
        raise InputError(f"There is no class number {number}: there are {count:,}, from 0.")
