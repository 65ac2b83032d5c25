"""Images of an opened project: their labels, classes, groups and parts as all corrections and edits leave them."""

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.base.types import UNKNOWN, Ids, ImageSet, Labels, LabelState, Splits
from core.data.classes.added_classes import ADDED, append_class
from core.data.classes.class_edits import EDITS, ClassTable, class_table, read_edits
from core.data.classes.class_names import checked_name
from core.data.groups.image_groups import FILE as GROUPS
from core.data.groups.image_groups import ImageGroups, load_groups
from core.data.groups.split_changes import changes_version, with_changes
from core.data.hidden.hidden_images import HiddenImages, load_hidden
from core.data.hidden.hidden_log import hidden_version
from core.data.image_store import open_images, own_class_names
from core.data.label_corrections import corrections_version, save_corrections, with_all_images
from core.data.metadata.image_metadata import Metadata
from core.data.splits import load_splits
from core.store.file_lock import hold_lock
from core.workspace.pool_index import PoolScores


class ImageParts:
    """Images and parts of a project, read again where another process has changed them.

    Args:
        path: The project folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._given_images: tuple[tuple[int, ...], ImageSet] | None = None
        self._corrected: tuple[tuple[int, ...], tuple[ImageSet, Splits]] | None = None
        self._classes: tuple[tuple[int, ...], ClassTable] | None = None
        self._hidden: tuple[int, HiddenImages] | None = None
        self._drawn: tuple[int, Splits] | None = None
        self._shown: tuple[Splits, Splits] | None = None
        self._groups: tuple[int, ImageGroups | None] | None = None
        self._scores: dict[str, PoolScores] = {}

    @property
    def images(self) -> ImageSet:
        """All images, memory-mapped, with corrected labels; classes that were added since are among their names."""
        return self._current()[0]

    @cached_property
    def metadata(self) -> Metadata:
        """Metadata columns of the images: further columns of the source's table."""
        return Metadata(self.path / "images", len(self.given_labels))

    @property
    def given_labels(self) -> Labels:
        """Labels as they were given, before any correction, (N,)."""
        return self._current_images()[1].labels

    def given_ids(self) -> Ids:
        """Return the images with a given label, sorted; copies that were set aside too, hidden images not."""
        drawn = self.hidden.without(self.drawn_splits)
        parts = (drawn.labeled, drawn.val, drawn.calibration, drawn.test, drawn.set_aside)
        ids = np.sort(np.concatenate(parts))
        known: Ids = ids[self.given_labels[ids] != UNKNOWN]
        return known

    def is_given(self, image: int | None) -> bool:
        """Return whether an image has a label that was given, and is not hidden."""
        return image is not None and image in self.given_ids()

    def correct_labels(self, corrected: Labels) -> None:
        """Store the given labels as the decisions about them leave them.

        Args:
            corrected: (N,) labels, UNKNOWN where not given or withdrawn.

        Raises:
            DataError: They cannot be stored.
        """
        save_corrections(self.path, self.given_labels, corrected)

    @property
    def classes(self) -> ClassTable:
        """Classes after all edits: their names, which were merged, their descriptions."""
        changed = self._classes_changed()
        if self._classes is None or self._classes[0] != changed:
            table = class_table(own_class_names(self.path / "images"), read_edits(self.path / "images"))
            if self._classes is not None and dict(self._classes[1].merged) != dict(table.merged):
                self._scores.clear()
            self._classes = changed, table
        return self._classes[1]

    @property
    def classes_version(self) -> str:
        """Text that changes whenever a class is added or edited."""
        return "-".join(map(str, self._classes_changed()))

    def add_class(self, name: str, reviewer: str = "me") -> int:
        """Add a class and return its number, which it keeps for ever.

        Args:
            name: Its name; space around it is dropped.
            reviewer: Who adds it.

        Raises:
            InputError: The name cannot be used, or is taken.
            DataError: It cannot be stored.
        """
        with hold_lock(self.path / "images" / f"{ADDED}.lock"):
            known = open_images(self.path / "images").class_names
            append_class(self.path / "images", checked_name(name, known), reviewer)
        return len(known)

    @cached_property
    def original_splits(self) -> Splits:
        """Image ids of each part as they were drawn, with the held-out images that leaked."""
        return load_splits(self.path / "splits.npz")

    @property
    def drawn_splits(self) -> Splits:
        """Image ids of each part as they were drawn, before any label was withdrawn; leaks that were fixed are out."""
        changed = changes_version(self.path)
        if self._drawn is None or self._drawn[0] != changed:
            self._drawn = changed, with_changes(self.original_splits, self.path)
        return self._drawn[1]

    @property
    def groups(self) -> ImageGroups | None:
        """Which images belong together; None where no group is known."""
        changed = _modified(self.path / GROUPS)
        if self._groups is None or self._groups[0] != changed:
            self._groups = changed, load_groups(self.path, self._current_images()[1])
        return self._groups[1]

    @property
    def hidden(self) -> HiddenImages:
        """Images that were hidden: they are in no part, and decisions about them do not count."""
        changed = hidden_version(self.path)
        if self._hidden is None or self._hidden[0] != changed:
            self._hidden = changed, load_hidden(self.path, len(self.given_labels))
            self._shown = None
            self._scores.clear()
        return self._hidden[1]

    @property
    def splits(self) -> Splits:
        """Image ids of each part; hidden images, and those whose given label was withdrawn, are in none."""
        hidden, whole = self.hidden, self.whole_splits
        if self._shown is None or self._shown[0] is not whole:
            self._shown = whole, hidden.without(whole)
        return self._shown[1]

    @property
    def whole_splits(self) -> Splits:
        """Image ids of each part with the hidden images."""
        return self._current()[1]

    def counted_state(self, state: LabelState, last: int | None = None) -> LabelState:
        """Return what counts of replayed decisions: of merged classes the other one, of hidden images nothing.

        Args:
            state: Verdict, label and decision, (N,) each.
            last: The decision that they were replayed to; None for all.
        """
        return self.hidden.before(last).undecided(self.classes.merge_state(state))

    def labeled_counts(self) -> NDArray[np.int64]:
        """Return the labeled images per class, (K,).

        They are the prior that a selection's class mix is compared with.
        """
        labels = self.images.labels[self.splits.labeled]
        return np.bincount(labels, minlength=len(self.images.class_names))

    def _classes_changed(self) -> tuple[int, ...]:
        return tuple(_modified(self.path / "images" / name) for name in (ADDED, EDITS))

    def _current_images(self) -> tuple[tuple[int, ...], ImageSet]:
        changed = self._classes_changed()
        if self._given_images is None or self._given_images[0] != changed:
            self._given_images = changed, open_images(self.path / "images")
        return self._given_images

    def _current(self) -> tuple[ImageSet, Splits]:
        """Return images and parts with the corrections as they stand in the folder."""
        added, images = self._current_images()
        version = *added, corrections_version(self.path), changes_version(self.path)
        if self._corrected is None or self._corrected[0] != version:
            self._corrected = version, with_all_images(images, self.drawn_splits, self.path)
        return self._corrected[1]


def _modified(file: Path) -> int:
    """Return when a file was written, in ns; 0 where there is none."""
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
