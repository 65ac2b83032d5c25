"""Workspace: one opened project folder with images, splits, runs and scores."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from core.base.errors import InputError, RunError, unknown_name
from core.data.classes.merged_run import MergedRunFolder
from core.store.run_folder import TRASH, RunFolder, list_runs
from core.workspace.creation import read_info
from core.workspace.image_parts import ImageParts
from core.workspace.model_versions import ModelVersion, forget_versions, has_scores, parse_version, version_folder
from core.workspace.pool_index import PoolScores, pool_scores, score_images
from core.workspace.run import Run, unreadable_reason

LABEL_ISSUES = "label_issues"
"""Name of the cross-validated scores of the given labels, which are reviewed like a run's pool."""
CHECKS = "checks"
"""Folder of a project that holds them."""


class Workspace(ImageParts):
    """One opened project, as the packages below the facade use it.

    Args:
        path: The project folder.

    Raises:
        InputError: There is no project in the folder.
        DataError: The project file cannot be read, or a newer version of Winnow made it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.info = read_info(path)
        self.name = str(self.info["name"])
        self.fingerprint = str(self.info["fingerprint"])
        self._scoring = threading.Lock()  # threads that ask together wait for one answer
        self.make_version: Callable[[ModelVersion], None] | None = None
        """Makes a model version whose predictions are not there; None: they cannot be made here."""

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
            _, hidden = self.classes, self.hidden  # after a merge, what was scored before no longer counts
            if (key := self.scores_key(run_id)) not in self._scores:
                pool = self.given_ids() if run_id == LABEL_ISSUES else self.whole_splits.pool
                self._scores[key] = pool_scores(self.finished_run(run_id).folder, pool).without(hidden.ids)
                forget_versions(self._scores)
            return self._scores[key]

    def whole_scores(self, run_id: str) -> PoolScores:
        """Return the scores of every pool image under a run, hidden images among them; errors as of `scores`."""
        shown = self.scores(run_id)
        if not len(self.hidden):
            return shown
        return pool_scores(self.finished_run(run_id).folder, self.whole_splits.pool)

    def scores_key(self, run_id: str) -> str:
        """Return a name for the scores of a run; those of the given labels change when they are checked again."""
        file = self.path / CHECKS / LABEL_ISSUES / "check.json"
        return f"{run_id}@{file.stat().st_mtime_ns}" if run_id == LABEL_ISSUES and file.exists() else run_id

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
