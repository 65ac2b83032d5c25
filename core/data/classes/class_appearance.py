"""Appearance of classes: order, colors, descriptions and groups by name, as they travel with exports and come back."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.base.command_schema import is_shown
from core.base.errors import InputError
from core.base.untrusted.json_text import parse_json
from core.data.classes.class_edits import LONGEST_DESCRIPTION, ClassTable, append_edit, read_edits
from core.data.classes.class_groups import checked_group

COLOR = re.compile("#[0-9a-fA-F]{6}")
MERGED = "merged_classes"
"""Key of a manifest for the names of classes that were merged into others; they keep their numbers."""
_MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 50_000_000


@dataclass(frozen=True)
class ClassAppearance:
    """How classes are shown; by name, since another project counts them in another way.

    Attributes:
        order: Classes in the order to show; empty where it is that of their numbers.
        colors: Class → #rrggbb.
        descriptions: Class → what belongs to it.
        groups: Class → the class group that it stands in.
    """

    order: tuple[str, ...] = ()
    colors: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.order or self.colors or self.descriptions or self.groups)

    @classmethod
    def of(cls, table: ClassTable) -> "ClassAppearance":
        """Return the appearance of a project's classes; those that were merged into others have none."""
        stands = [number for number in table.order if number not in table.merged]
        return cls(
            tuple(table.names[number] for number in stands) if stands != sorted(stands) else (),
            {table.names[number]: table.colors[number] for number in stands if number in table.colors},
            {table.names[number]: table.descriptions[number] for number in stands if table.descriptions.get(number)},
            {table.names[number]: table.groups[number] for number in stands if number in table.groups},
        )

    @classmethod
    def from_facts(cls, facts: Any) -> "ClassAppearance":
        """Read appearance from a manifest of any origin; what does not fit is left out."""
        if not isinstance(facts, Mapping):
            return cls()
        order, colors, texts = (facts.get(key) for key in ("class_order", "class_colors", "class_descriptions"))
        return cls(
            tuple(dict.fromkeys(name for name in order if isinstance(name, str))) if isinstance(order, list) else (),
            {name: color.lower() for name, color in _pairs(colors) if COLOR.fullmatch(color)},
            {name: text for name, text in _pairs(texts) if text and is_description(text)},
            {name: group for name, group in _pairs(facts.get("class_groups")) if is_group(group)},
        )

    def facts(self) -> dict[str, Any]:
        """Return the appearance as a JSON object; what there is none of is left out."""
        found = {
            "class_order": list(self.order),
            "class_colors": dict(self.colors),
            "class_descriptions": dict(self.descriptions),
            "class_groups": dict(self.groups),
        }
        return {key: value for key, value in found.items() if value}

    def over(self, other: "ClassAppearance") -> "ClassAppearance":
        """Return this appearance, with that of others where there is none."""
        colors, texts = {**other.colors, **self.colors}, {**other.descriptions, **self.descriptions}
        return ClassAppearance(self.order or other.order, colors, texts, {**other.groups, **self.groups})

    def renamed(self, new: Mapping[str, str]) -> "ClassAppearance":
        """Return the appearance under new names; those of classes that have none are left out."""
        return ClassAppearance(
            tuple(dict.fromkeys(new[name] for name in self.order if name in new)),
            {new[name]: color for name, color in self.colors.items() if name in new},
            {new[name]: text for name, text in self.descriptions.items() if name in new},
            {new[name]: group for name, group in self.groups.items() if name in new},
        )

    def in_order(self, names: Iterable[str]) -> list[tuple[int, str]]:
        """Return number and name of classes in the order to show; those that it does not name follow."""
        numbers = {name: number for number, name in enumerate(names)}
        wanted = dict.fromkeys([*(name for name in self.order if name in numbers), *numbers])
        return [(numbers[name], name) for name in wanted]


def is_description(text: str) -> bool:
    """Return whether a text can describe a class."""
    return len(text) <= LONGEST_DESCRIPTION and is_shown(text)


def is_group(name: str) -> bool:
    """Return whether a text can name a class group, as it is stored."""
    try:
        return name != "" and checked_group(name, ()) == name
    except InputError:
        return False


def read_manifest(folder: Path) -> Mapping[str, Any]:
    """Read the manifest of an export of Winnow; empty where there is none that can be read."""
    file = folder / _MANIFEST
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST_MANIFEST:
            return {}
        found = parse_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def standing_classes(manifest: Mapping[str, Any]) -> list[str]:
    """Return the classes that a manifest names, also those of no image; not those that were merged into others."""
    gone = merged_classes(manifest)
    return [name for name in _texts(manifest.get("classes")) if name not in gone]


def merged_classes(manifest: Mapping[str, Any]) -> set[str]:
    """Return the classes of a manifest that were merged into others."""
    return set(_texts(manifest.get(MERGED)))


def write_appearance(folder: Path, appearance: ClassAppearance, names: tuple[str, ...]) -> None:
    """Append the edits that give classes their appearance; DataError where they cannot be written.

    A group that the folder has already, or that was written before, keeps that spelling.

    Args:
        folder: An image folder.
        appearance: By name.
        names: (K,) the classes.
    """
    for number, name in enumerate(names):
        if name in appearance.colors:
            append_edit(folder, "color", number, {"color": appearance.colors[name]}, "")
        if name in appearance.descriptions:
            append_edit(folder, "describe", number, {"text": appearance.descriptions[name]}, "")
    spelled = {str(edit.params["group"]).casefold(): str(edit.params["group"]) for edit in read_edits(folder)
               if edit.kind == "group"}  # fmt: skip
    members: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        if name in appearance.groups:
            group = spelled.setdefault(appearance.groups[name].casefold(), appearance.groups[name])
            members.setdefault(group, []).append(number)
    for group, numbers in members.items():
        append_edit(folder, "group", 0, {"group": group, "classes": numbers}, "")
    if appearance.order:
        append_edit(folder, "order", 0, {"order": [number for number, _ in appearance.in_order(names)]}, "")


def _texts(found: Any) -> list[str]:
    """Return the texts of what may be a JSON list."""
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def _pairs(found: Any) -> list[tuple[str, str]]:
    """Return the pairs of texts of what may be a JSON object."""
    pairs = found.items() if isinstance(found, Mapping) else ()
    return [(name, value) for name, value in pairs if isinstance(name, str) and isinstance(value, str)]
