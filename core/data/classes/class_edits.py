"""Edits of classes: renamed, merged, split, described, colored, ordered, grouped; each is a line, and so is an undo.

A class keeps its number for ever. A class that was merged keeps its number as well; its labels count as the other's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DataError, InputError
from core.base.types import UNKNOWN, LabelState, Verdict
from core.data.classes.class_groups import class_label, group_members
from core.data.classes.class_names import isolated
from core.store.jsonl import append_line, read_lines, taken_back

EDITS = "class_edits.jsonl"
"""File in the image folder; its lines are only appended."""
LONGEST_DESCRIPTION = 2000


@dataclass(frozen=True)
class ClassEdit:
    """One line of the log of class edits.

    Attributes:
        id: Its number, from 1.
        kind: rename, merge, split, describe, color, order, group or undo.
        number: The class; 0 for order, group and undo.
        params: name; into with after; parts, added, image_set and given_set; text; color; order; group with classes; or
            undo_of with after.
        reviewer: Who did it.
        time: ISO 8601, UTC.
    """

    id: int
    kind: str
    number: int
    params: Mapping[str, Any]
    reviewer: str
    time: str


@dataclass(frozen=True)
class ClassSplit:
    """A class whose images are labeled again as one of its parts.

    Attributes:
        parts: The classes that its images may become.
        image_set: Name of the stored set of the images that were decided as it; empty without any.
        given_set: Name of the set of the images that it was given to, reviewed under label_issues; empty without any.
    """

    parts: tuple[int, ...]
    image_set: str
    given_set: str


@dataclass(frozen=True)
class ClassTable:
    """Classes after all edits.

    Attributes:
        names: (K,) names to show.
        merged: Class → the class that it was merged into.
        reopened: Class → id of the last decision whose rejections of it no longer hold, because of a merge.
        descriptions: Class → text.
        colors: Class → #rrggbb, where one was chosen.
        order: All classes in the order to show; merged ones last.
        splits: Class → its parts.
        groups: Class → the class group that it stands in; classes without one, and merged ones, are left out.
    """

    names: tuple[str, ...]
    merged: Mapping[int, int] = field(default_factory=dict)
    reopened: Mapping[int, int] = field(default_factory=dict)
    descriptions: Mapping[int, str] = field(default_factory=dict)
    colors: Mapping[int, str] = field(default_factory=dict)
    order: tuple[int, ...] = ()
    splits: Mapping[int, ClassSplit] = field(default_factory=dict)
    groups: Mapping[int, str] = field(default_factory=dict)

    @property
    def members(self) -> dict[str, tuple[int, ...]]:
        """Class group → its classes, in the order to show; under "" those without one. Merged classes are left out."""
        return group_members(self.groups, [number for number in self.order if number not in self.merged])

    def label(self, number: int) -> str:
        """Return the name of a class with its group in front, such as animals / cat."""
        return class_label(self.names[number], self.groups.get(number))

    def isolated_label(self, number: int) -> str:
        """Return the label as pages show it: of right-to-left names, too, the group stands in front of the slash."""
        return class_label(isolated(self.names[number]), isolated(self.groups.get(number, "")))

    def merge_labels(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Return labels, of any shape, with merged classes under the class that they belong to now."""
        if not self.merged:
            return labels
        target = np.arange(len(self.names) + 1)
        for number, into in self.merged.items():
            target[number] = into
        target[-1] = -1  # unknown stays unknown
        return np.asarray(target[labels], dtype=labels.dtype)

    def merge_state(self, state: LabelState) -> LabelState:
        """Return a state with merged classes as the ones they belong to; their rejections from before are open."""
        if not self.merged:
            return state
        verdict, label, decision = state.verdict.copy(), self.merge_labels(state.label), state.decision.copy()
        for number, after in self.reopened.items():
            is_open = (state.verdict == Verdict.REJECT) & (state.label == number) & (state.decision <= after)
            verdict[is_open], label[is_open], decision[is_open] = Verdict.UNDECIDED, UNKNOWN, 0
        return LabelState(verdict, label, decision)


def read_edits(folder: Path) -> list[ClassEdit]:
    """Read the edits of an image folder, oldest first; none where there are none.

    DataError where a line is damaged.
    """
    file = folder / EDITS
    try:
        return [_edit(number, line) for number, line in enumerate(read_lines(file, may_be_torn=False), start=1)]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{file} is damaged ({error}): restore it from a copy.") from error


def _edit(number: int, line: Mapping[str, Any]) -> ClassEdit:
    return ClassEdit(
        number, str(line["kind"]), int(line["class"]), dict(line["params"]), str(line["reviewer"]), str(line["time"])
    )


def live_edits(edits: list[ClassEdit]) -> list[ClassEdit]:
    """Return the edits that no live undo takes back, without undos."""
    void = taken_back((edit.id, int(edit.params["undo_of"])) for edit in edits if edit.kind == "undo")
    return [edit for edit in edits if edit.kind != "undo" and edit.id not in void]


def class_table(names: tuple[str, ...], edits: list[ClassEdit]) -> ClassTable:
    """Apply edits to the names that classes were made with.

    Args:
        names: (K,) the names of the source and of classes that were added.
        edits: All edits, oldest first.

    Returns:
        The classes now; a merged class is shown as "dog (merged into cat)". The parts of a split that was taken back
        count as the class that they come from.
    """
    shown, merged = list(names), dict[int, int]()
    reopened, descriptions, colors = dict[int, int](), dict[int, str](), dict[int, str]()
    splits, order, live = dict[int, ClassSplit](), list[int](), live_edits(edits)
    for edit in (edit for edit in live if edit.number < len(names)):
        if edit.kind == "rename":
            shown[edit.number] = str(edit.params["name"])
        elif edit.kind == "describe":
            descriptions[edit.number] = str(edit.params["text"])
        elif edit.kind == "color":
            colors[edit.number] = str(edit.params["color"])
        elif edit.kind == "order":
            order = [number for number in map(int, edit.params["order"]) if 0 <= number < len(names)]
        elif edit.kind == "split":
            sets = str(edit.params["image_set"]), str(edit.params["given_set"])
            splits[edit.number] = ClassSplit(tuple(map(int, edit.params["parts"])), *sets)
        elif edit.kind == "merge" and int(edit.params["into"]) < len(names):
            into, after = int(edit.params["into"]), int(edit.params.get("after", 0))
            into = merged.get(into, into)
            merged = {number: into if target == edit.number else target for number, target in merged.items()}
            merged[edit.number] = into
            reopened |= {edit.number: after, into: after}
    for part, (number, after) in _parts_taken_back(edits, len(names)).items():
        merged.setdefault(part, merged.get(number, number))
        reopened.setdefault(part, after)
    texts = [f"{name} (merged into {shown[merged[n]]})" if n in merged else name for n, name in enumerate(shown)]
    wanted = dict.fromkeys([*order, *range(len(names))])
    in_order = (*(n for n in wanted if n not in merged), *(n for n in wanted if n in merged))
    groups = {number: group for number, group in _groups(live, len(names)).items() if number not in merged}
    return ClassTable(tuple(texts), merged, reopened, descriptions, colors, in_order, splits, groups)


def _groups(live: list[ClassEdit], num_classes: int) -> dict[int, str]:
    """Return the group of each class that has one; the parts that a split added stand in the group of their class."""
    groups: dict[int, str] = {}
    for edit in live:
        if edit.kind == "group":
            groups |= dict.fromkeys(map(int, edit.params["classes"]), str(edit.params["group"]))
        elif edit.kind == "split" and edit.number in groups:
            groups |= dict.fromkeys(map(int, edit.params["added"]), groups[edit.number])
    return {number: group for number, group in groups.items() if group and 0 <= number < num_classes}


def _parts_taken_back(edits: list[ClassEdit], num_classes: int) -> dict[int, tuple[int, int]]:
    """Return the classes that a split made which was taken back: class → the one it was split from, last decision."""
    live = {edit.id for edit in live_edits(edits)}
    after = {int(e.params["undo_of"]): int(e.params.get("after", 0)) for e in edits if e.kind == "undo"}
    return {
        part: (edit.number, after.get(edit.id, 0))
        for edit in edits
        if edit.kind == "split" and edit.id not in live
        for part in map(int, edit.params["added"])
        if part < num_classes and edit.number < num_classes
    }


def append_edit(folder: Path, kind: str, number: int, params: Mapping[str, Any], reviewer: str) -> None:
    """Append one edit; DataError where it cannot be written."""
    time = datetime.now(UTC).isoformat(timespec="seconds")
    line = {"kind": kind, "class": number, "params": dict(params), "reviewer": reviewer, "time": time}
    append_line(folder / EDITS, line)


def check_merge(table: ClassTable, number: int, into: int) -> None:
    """Raise InputError where two classes cannot be merged."""
    if number == into:
        raise InputError(f"{table.names[number]} cannot be merged into itself: name two classes.")
    check_stands(table, number, into)


def check_stands(table: ClassTable, *numbers: int) -> None:
    """Raise InputError where a class was merged into another."""
    for one in numbers:
        if one in table.merged:
            raise InputError(f"{table.names[one]} already: name the class that it was merged into.")
