"""Classes of a project: added, renamed, merged, described, split, colored, ordered, grouped, taken back."""

from collections.abc import Sequence

import numpy as np

from core.base.errors import InputError
from core.base.types import HUMAN_LABELS
from core.data.classes.class_edits import ClassSplit
from core.project.classes import class_service, class_undo
from core.project.project_folder import ProjectFolder
from core.workspace.image_sets import save_image_set


class ProjectClasses(ProjectFolder):
    """The methods of Project that change its classes."""

    def add_class(self, name: str, reviewer: str = "me") -> int:
        """Add a class to the project; it keeps its number for ever, and runs before it do not suggest it.

        Args:
            name: Its name, 1 to 200 characters.
            reviewer: Who adds it.

        Returns:
            The number of the class, which is its place in `class_names`.

        Raises:
            InputError: The name cannot be used, or is taken.
            DataError: It cannot be stored.
        """
        return self.workspace.add_class(name, reviewer)

    def rename_class(self, number: int, name: str, reviewer: str = "me") -> None:
        """Give a class another name; its number, labels and decisions stay.

        Args:
            number: The class.
            name: Its new name, 1 to 200 characters.
            reviewer: Who renames it.

        Raises:
            InputError: The name cannot be used, or is taken.
        """
        class_service.rename_class(self.path / "images", number, name, reviewer)

    def merge_classes(self, number: int, into: int, reviewer: str = "me") -> None:
        """Count one class as another: given labels, decisions, and what models predict; an edit that can be undone.

        Args:
            number: The class that goes; it keeps its number.
            into: The class that stays.
            reviewer: Who merges them.

        Raises:
            InputError: They are one class, or one of them was merged before.
        """
        last = self.decisions.last_id()
        class_service.merge_classes(self.path / "images", number, into, last, reviewer)

    def describe_class(self, number: int, text: str, reviewer: str = "me") -> None:
        """Say what belongs to a class.

        Args:
            number: The class.
            text: Up to 2,000 characters.
            reviewer: Who describes it.
        """
        class_service.describe_class(self.path / "images", number, text, reviewer)

    def split_class(self, number: int, names: Sequence[str], reviewer: str = "me") -> ClassSplit:
        """Begin to label the images of a class again as one of several; an edit that can be undone.

        Args:
            number: The class.
            names: Names of its parts, two or more; the class itself may be one. New ones become classes.
            reviewer: Who splits it.

        Returns:
            The parts, and the sets of images to label again (those that were decided as the class, and those that were
            given it).

        Raises:
            InputError: There are fewer than two, a name cannot be used, or the class was merged.
        """
        class_service.check_number(number, len(self.class_names))
        given, state = self.workspace.given_ids(), self.decisions.state()
        decided = np.flatnonzero(np.isin(state.verdict, HUMAN_LABELS) & (state.label == number))
        given = given[self.images.labels[given] == number]
        sets = [save_image_set(self.path, ids) if len(ids) else "" for ids in (decided, given)]
        return class_service.split_class(self.path / "images", number, names, (sets[0], sets[1]), reviewer)

    def color_class(self, number: int, color: str, reviewer: str = "me") -> None:
        """Give a class a color on the Review and Map pages.

        Args:
            number: The class.
            color: #rrggbb.
            reviewer: Who chooses it.
        """
        class_service.color_class(self.path / "images", number, color, reviewer)

    def order_classes(self, numbers: Sequence[int], reviewer: str = "me") -> None:
        """Choose the order in which classes are shown, with their keys on the Review page; their numbers stay.

        Args:
            numbers: Classes, the first first; those left out follow in their order.
            reviewer: Who orders them.
        """
        class_service.order_classes(self.path / "images", numbers, reviewer)

    def group_classes(self, numbers: Sequence[int], name: str, reviewer: str = "me") -> None:
        """Put classes into a class group, such as animals, under which pages show them; numbers and keys stay.

        Args:
            numbers: The classes; each stands in one group at most.
            name: Name of the group, 1 to 200 characters; empty takes the classes out of theirs.
            reviewer: Who groups them.

        Raises:
            InputError: There is no such class, it was merged, one stands twice, or the name cannot be used.
        """
        class_service.group_classes(self.path / "images", numbers, name, reviewer)

    def undo_class_edit(self, reviewer: str = "me") -> str:
        """Take back the latest edit of a class; return its kind, such as rename or add; InputError without one.

        Labels given to the parts of a split count as the class again. An added class goes as long as no label, decision
        or model names it; else the edit before it is taken back.
        """
        undone = class_undo.undo_class_edit(
            self.path / "images",
            self.decisions.last_id(),
            reviewer,
            self._use_of_class,
        )
        if undone.kind == "add" and any(undone.number == decision.label for decision in self.decisions.all()):
            self.workspace.add_class(str(undone.params["name"]), undone.reviewer)  # decided in this very instant
            raise InputError(f"{undone.params['name']} stays: it was just given to an image.")
        return undone.kind

    def undoable_class_edit(self) -> str:
        """Return the kind of what `undo_class_edit` would take back, such as rename or add; empty without one."""
        edit = class_undo.undoable_class_edit(self.path / "images", self._use_of_class)
        return "" if edit is None else edit.kind

    def _use_of_class(self, number: int) -> str:
        return class_undo.use_of_class(self.workspace, self.decisions.all(), number)
