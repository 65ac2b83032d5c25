"""Workspace: one opened project folder with images, splits, runs and scores."""

import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError, RunError, unknown_name
from core.base.types import UNKNOWN, Ids, ImageSet, Labels, Splits
from core.data.classes.added_classes import ADDED, append_class
from core.data.classes.class_edits import EDITS, ClassTable, class_table, read_edits
from core.data.classes.class_names import checked_name
from core.data.classes.merged_run import MergedRunFolder
from core.data.groups.image_groups import FILE as GROUPS
from core.data.groups.image_groups import ImageGroups, load_groups
from core.data.groups.split_changes import changes_version, with_changes
from core.data.image_store import open_images, own_class_names
from core.data.label_corrections import corrections_version, save_corrections, with_corrections
from core.data.metadata.image_metadata import Metadata
from core.data.splits import load_splits
from core.store.file_lock import hold_lock
from core.store.run_folder import TRASH, RunFolder, list_runs
from core.workspace.creation import read_info
from core.workspace.model_versions import ModelVersion, forget_versions, has_scores, parse_version, version_folder
from core.workspace.pool_index import PoolScores, pool_scores, score_images
from core.workspace.run import Run, unreadable_reason

LABEL_ISSUES = "label_issues"
"""Name of the cross-validated scores of the given labels, which are reviewed like a run's pool."""
CHECKS = "checks"
"""Folder of a project that holds them."""


class Workspace:
    """One opened project, as the packages below the facade use it.

    Args:
        path: The project folder.

    Raises:
        InputError: There is no project in the folder.
        DataError: The project file cannot be read, or a newer version of Winnow made it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.info = read_info(path)
        self.name = str(self.info["name"])
        self.fingerprint = str(self.info["fingerprint"])
        self._given_images: tuple[tuple[int, ...], ImageSet] | None = None
        self._corrected: tuple[tuple[int, ...], tuple[ImageSet, Splits]] | None = None
        self._classes: tuple[tuple[int, ...], ClassTable] | None = None
        self._drawn: tuple[int, Splits] | None = None
        self._groups: tuple[int, ImageGroups | None] | None = None
        self._scores: dict[str, PoolScores] = {}
        self._scoring = threading.Lock()  # threads that ask together wait for one answer
        self.make_version: Callable[[ModelVersion], None] | None = None
        """Makes a model version whose predictions are not there; None: they cannot be made here."""

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

    @property
    def num_corrected(self) -> dict[str, int]:
        """Given labels that were corrected or withdrawn since, by part; parts without any are left out."""
        changed, drawn = self.given_labels != self.images.labels, self.drawn_splits
        counts = {name: int(changed[getattr(drawn, name)].sum()) for name in ("labeled", "val", "calibration", "test")}
        return {name: count for name, count in counts.items() if count}

    def given_ids(self) -> Ids:
        """Return the images whose label was given and is not hidden, sorted; copies that were set aside too."""
        drawn = self.drawn_splits
        parts = (drawn.labeled, drawn.val, drawn.calibration, drawn.test, drawn.set_aside)
        ids = np.sort(np.concatenate(parts))
        known: Ids = ids[self.given_labels[ids] != UNKNOWN]
        return known

    def is_given(self, image: int | None) -> bool:
        """Return whether an image has a label that was given and is not hidden."""
        return image is not None and image in self.given_ids()

    def given_scores(self, run_id: str, ids: Sequence[int] | None = None) -> PoolScores:
        """Return what a run says of images with a given label, most of which it was trained on.

        Args:
            run_id: Name of a finished run.
            ids: The images, sorted; None for all of them.

        Raises:
            InputError: There is no such run.
            RunError: The run has no predictions yet.
        """
        wanted = self.given_ids() if ids is None else np.asarray(ids, dtype=np.int64)
        return score_images(self.finished_run(run_id).folder, wanted)

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
    def splits(self) -> Splits:
        """Image ids of each part; images whose given label was withdrawn are in none."""
        return self._current()[1]

    def labeled_counts(self) -> NDArray[np.int64]:
        """Return the labeled images per class, (K,).

        They are the prior that a selection's class mix is compared with.
        """
        labels = self.images.labels[self.splits.labeled]
        return np.bincount(labels, minlength=len(self.images.class_names))

    def runs(self) -> list[Run]:
        """Return all runs with a readable record, in the order of creation."""
        folders = [folder for folder in list_runs(self.path / "runs") if unreadable_reason(folder) is None]
        return [Run(self._folder(folder.path)) for folder in folders]

    def broken_runs(self) -> dict[str, str]:
        """Return the run folders that cannot be read: name → reason."""
        problems = {folder.id: unreadable_reason(folder) for folder in list_runs(self.path / "runs")}
        return {run_id: sentence for run_id, sentence in problems.items() if sentence is not None}

    def run(self, run_id: str) -> Run:
        """Return one run, a deleted one too, or one of its model versions.

        Args:
            run_id: Name of the run, or of a version such as "001-head-hog@120".

        Raises:
            InputError: There is no such run or version; the sentence names the runs there are.
        """
        if (version := parse_version(run_id)) is not None:
            return self._version(version)
        if run_id == LABEL_ISSUES:
            return self._label_issues()
        known = [folder.id for folder in list_runs(self.path / "runs")]
        parent = self.path / "runs" if run_id in known else self.path / "runs" / TRASH
        if run_id not in known and run_id not in [folder.id for folder in list_runs(parent)]:
            raise unknown_name("run", run_id, known)
        return Run(self._folder(parent / run_id))

    def finished_run(self, run_id: str) -> Run:
        """Return one run whose predictions can be read.

        Args:
            run_id: Name of the run.

        Raises:
            InputError: There is no such run.
            RunError: The run has no predictions yet.
        """
        run = self.run(run_id)
        if not run.has_predictions:
            raise RunError(f"{run_id} is {run.status.state} and has no scores yet: wait until it is done.")
        return run

    def scores(self, run_id: str) -> PoolScores:
        """Return the scores of every pool image under a run, computed once; for label_issues of the given labels.

        Args:
            run_id: Name of a finished run.

        Raises:
            InputError: There is no such run.
            RunError: The run has no predictions yet.
        """
        if self.scores_key(run_id) not in self._scores:
            self.finished_run(run_id)  # may fit a version again, for which other runs need not wait
        with self._scoring:
            _ = self.classes  # after a merge, what was scored before no longer counts
            if (key := self.scores_key(run_id)) not in self._scores:
                pool = self.given_ids() if run_id == LABEL_ISSUES else self.splits.pool
                self._scores[key] = pool_scores(self.finished_run(run_id).folder, pool)
                forget_versions(self._scores)
            return self._scores[key]

    def scores_key(self, run_id: str) -> str:
        """Return a name for the scores of a run; those of the given labels change when they are checked again."""
        file = self.path / CHECKS / LABEL_ISSUES / "check.json"
        return f"{run_id}@{file.stat().st_mtime_ns}" if run_id == LABEL_ISSUES and file.exists() else run_id

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
            self._corrected = version, with_corrections(images, self.drawn_splits, self.path)
        return self._corrected[1]

    def _label_issues(self) -> Run:
        folder = self._folder(self.path / CHECKS / LABEL_ISSUES)
        if not (folder.path / "run.json").exists():
            raise InputError(
                f"The given labels have not been checked yet: do so first (winnow label-issues {self.path})."
            )
        return Run(folder)

    def _version(self, version: ModelVersion) -> Run:
        folder = version_folder(self.run(version.run_id).folder, version)
        if not has_scores(folder):
            if self.make_version is None:
                raise InputError(f"There is no model version {version.name}: open the project to make it again.")
            self.make_version(version)
        return Run(self._folder(folder))

    def _folder(self, path: Path) -> RunFolder:
        merged = self.classes.merged
        return MergedRunFolder(path, merged) if merged else RunFolder(path)


def _modified(file: Path) -> int:
    """Return when a file was written, in ns; 0 where there is none."""
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
