"""Classes of a project: rename, merge, split, describe, color, order, group, take back; each is one line of a log."""

from collections.abc import Sequence
from pathlib import Path

from core.base.command_schema import is_shown
from core.base.errors import InputError
from core.data.classes.added_classes import ADDED, append_class
from core.data.classes.class_appearance import COLOR
from core.data.classes.class_edits import (
    LONGEST_DESCRIPTION,
    ClassSplit,
    append_edit,
    check_merge,
    check_stands,
    class_table,
    read_edits,
)
from core.data.classes.class_groups import checked_group
from core.data.classes.class_names import checked_name
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
        check_number(number, len(table.names))
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
            check_number(one, len(table.names))
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
    if not is_shown(text):
        raise InputError("The description holds a character that cannot be shown: letters, signs and line breaks can.")
    with hold_lock(images / f"{ADDED}.lock"):
        check_number(number, len(own_class_names(images)))
        append_edit(images, "describe", number, {"text": text}, reviewer)


def split_class(images: Path, number: int, names: Sequence[str], sets: tuple[str, str], reviewer: str) -> ClassSplit:
    """Begin to label the images of a class again as one of several; parts that are no class yet are added.

    Args:
        images: The image folder.
        number: The class.
        names: Names of its parts, two or more; the class itself may be one.
        sets: Names of the stored sets of images that were decided as the class, and that were given it.
        reviewer: Who splits it.

    Returns:
        The parts.

    Raises:
        InputError: There are fewer than two, a name cannot be used, or the class was merged.
        DataError: It cannot be stored.
    """
    with hold_lock(images / f"{ADDED}.lock"):
        table = class_table(own_class_names(images), read_edits(images))
        check_number(number, len(table.names))
        check_stands(table, number)
        wanted, known = list(dict.fromkeys(" ".join(name.split()) for name in names)), list(table.names)
        if len(wanted) < 2:
            raise InputError(f"A split needs two names or more, such as red fox, arctic fox (got {', '.join(wanted)}).")
        new: list[str] = []
        for name in (name for name in wanted if name not in known):
            new.append(checked_name(name, tuple(known)))
            known.append(new[-1])
        parts = tuple(known.index(name) if name in known else known.index(checked_name(name, ())) for name in wanted)
        check_stands(table, *(part for part in parts if part < len(table.names)))
        for name in new:
            append_class(images, name, reviewer)
        params = {
            "parts": parts,
            "added": [*range(len(table.names), len(known))],
            "image_set": sets[0],
            "given_set": sets[1],
        }
        append_edit(images, "split", number, params, reviewer)
        return ClassSplit(parts, *sets)


def color_class(images: Path, number: int, color: str, reviewer: str) -> None:
    """Give a class a color on all pages.

    Args:
        images: The image folder.
        number: The class.
        color: #rrggbb.
        reviewer: Who chooses it.

    Raises:
        InputError: It is no color.
        DataError: It cannot be stored.
    """
    if not COLOR.fullmatch(color):
        raise InputError(f"A color is # and six hexadecimal digits, such as #d9682a (got {color!r}).")
    with hold_lock(images / f"{ADDED}.lock"):
        check_number(number, len(own_class_names(images)))
        append_edit(images, "color", number, {"color": color.lower()}, reviewer)


def order_classes(images: Path, numbers: Sequence[int], reviewer: str) -> None:
    """Choose the order in which classes are shown; their numbers stay.

    Args:
        images: The image folder.
        numbers: Classes, the first first; those left out follow in their order.
        reviewer: Who orders them.

    Raises:
        InputError: There is no such class, or one stands twice.
        DataError: It cannot be stored.
    """
    with hold_lock(images / f"{ADDED}.lock"):
        count = len(own_class_names(images))
        for number in numbers:
            check_number(number, count)
        if not numbers or len(set(numbers)) < len(numbers):
            raise InputError("Name each class once, in the order to show.")
        append_edit(images, "order", 0, {"order": list(numbers)}, reviewer)


def group_classes(images: Path, numbers: Sequence[int], name: str, reviewer: str) -> None:
    """Put classes into a class group, such as animals; a class stands in one group at most.

    Args:
        images: The image folder.
        numbers: The classes.
        name: Name of the group; empty takes the classes out of theirs.
        reviewer: Who groups them.

    Raises:
        InputError: There is no such class, it was merged, one stands twice, or the name cannot be used.
        DataError: It cannot be stored.
    """
    with hold_lock(images / f"{ADDED}.lock"):
        table = class_table(own_class_names(images), read_edits(images))
        for number in numbers:
            check_number(number, len(table.names))
        if not numbers or len(set(numbers)) < len(numbers):
            raise InputError("Name each class of the group once, and one at least.")
        check_stands(table, *numbers)
        others = [group for group, members in table.members.items() if group and not set(members) <= set(numbers)]
        append_edit(images, "group", 0, {"group": checked_group(name, others), "classes": list(numbers)}, reviewer)


def check_number(number: int, count: int) -> None:
    """Raise InputError where there is no such class."""
    if not 0 <= number < count:
        raise InputError(f"There is no class number {number}: there are {count:,}, from 0.")
