"""Class groups: a class may stand in a named group, such as animals / cat; one level, numbers stay."""

from collections.abc import Mapping, Sequence

from core.base.errors import InputError
from core.data.classes.class_names import plain_name

SEPARATOR = " / "
"""Between the name of a group and that of a class."""


def checked_group(name: str, known: Sequence[str]) -> str:
    """Check the name of a class group.

    Args:
        name: As a person typed it; space around it is dropped, and none is left of an empty one.
        known: Names of the groups that there are.

    Returns:
        The name in Unicode's composed form (NFC); empty takes classes out of their groups.

    Raises:
        InputError: It is too long, holds a control character, or differs from a group by case alone.
    """
    if not name.strip():
        return ""
    plain = plain_name(name, "class group")
    for other in known:
        if other != plain and other.casefold() == plain.casefold():
            raise InputError(f"There is already a class group called {other}: write it so, or choose another name.")
    return plain


def group_members(groups: Mapping[int, str], order: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Gather the classes of each group.

    Args:
        groups: Class → its group; classes without one are left out.
        order: All classes in the order to show.

    Returns:
        Group → its classes in that order; groups in the order of their first class, and under "" those without a group
        at last, where there are any.
    """
    found: dict[str, list[int]] = {}
    for number in order:
        found.setdefault(groups.get(number, ""), []).append(number)
    alone = found.pop("", [])
    members = {name: tuple(numbers) for name, numbers in found.items()}
    return {**members, "": tuple(alone)} if alone else members


def class_label(name: str, group: str | None) -> str:
    """Return the name of a class with its group in front, such as animals / cat.

    Args:
        name: The class.
        group: Its group; empty or None without one.
    """
    return f"{group}{SEPARATOR}{name}" if group else name
