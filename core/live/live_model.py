"""Live model of a project: fits the reviewed run again after every few decisions, in a process beside this one."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.base.errors import InputError, WinnowError
from core.base.types import HUMAN_LABELS, Decision
from core.curation.curated_set import can_suggest, curated_set
from core.curation.replay import is_planted
from core.jobs.worker_process import WorkerProcess
from core.live.learning_curve import Gain, LearningPoint, VersionResult, latest_gain, learning_points
from core.live.version_fit import EXTRACTOR
from core.live.version_results import version_results
from core.review.decision_history import DecisionHistory
from core.store.files import read_json, write_json
from core.workspace.model_versions import ModelVersion, base_run, has_scores, list_versions, version_folder
from core.workspace.pool_index import has_suggestions
from core.workspace.run import Run
from core.workspace.workspace import LABEL_ISSUES, Workspace

LIVE_FILE = "live.json"
INTERVAL = 20
"""Decisions after which the model is fitted again, unless the project says otherwise."""
INTERVALS = (0, 10, 20, 50, 100)
"""Intervals that the page offers; 0: only when asked."""
FEW_LABELS = 200
"""Labels below which a bulk accept without clicks may lower accuracy (measured with 50: −3.0 points)."""
_LONGEST = 100_000
"""Largest interval."""
_UNASKED = 100_000
"""Most images whose features are computed without being asked."""
_AT_FIRST = 4
_NOT_COUNTED = ("skip", "unsure")


@dataclass(frozen=True)
class LiveState:
    """State of the live model of one run.

    Attributes:
        version: Latest version whose scores are there; the run itself before the first.
        decision: Last decision that it knows; 0 for the run itself.
        num_new: Decisions since.
        interval: Decisions after which it is fitted again; 0: only when asked, or while labels of two classes are
            missing. A project that began without labels learns more often at first.
        is_fitting: Whether it is being fitted now.
        message: Progress, or why the last fit failed; empty where there is nothing to say.
    """

    version: str
    decision: int
    num_new: int
    interval: int
    is_fitting: bool = False
    message: str = ""


class LiveModel:
    """Live models of a project's runs; safe to use from several threads.

    Args:
        workspace: The project.
        history: Its decisions.
    """

    def __init__(self, workspace: Workspace, history: DecisionHistory) -> None:
        self._workspace, self._history = workspace, history
        self._lock = threading.Lock()
        self._fitting: dict[str, str] = {}  # run → progress
        self._problems: dict[str, str] = {}  # run → why the last fit failed
        self._process = WorkerProcess("fits the live model", "core.live.live_worker", str(workspace.path))

    @property
    def interval(self) -> int:
        """Decisions after which a model is fitted again; 0: only when asked."""
        file = self._workspace.path / LIVE_FILE
        return int(read_json(file).get("interval", INTERVAL)) if file.exists() else INTERVAL

    def set_interval(self, interval: int) -> None:
        """Set after how many decisions a model is fitted again.

        Args:
            interval: Decisions, 0 to 100,000; 0: only when asked.

        Raises:
            InputError: It is out of range.
            DataError: It cannot be stored.
        """
        if isinstance(interval, bool) or not 0 <= interval <= _LONGEST:
            raise InputError(f"The model is fitted again after 0 to {_LONGEST:,} decisions (got {interval}).")
        write_json(self._workspace.path / LIVE_FILE, {"interval": interval})

    def state(self, run_id: str) -> LiveState:
        """Return the state of a run's live model.

        Args:
            run_id: A finished run, or one of its versions.

        Raises:
            InputError: There is no such run.
            RunError: It has no scores yet.
        """
        if run_id == LABEL_ISSUES:  # cross-validated scores are not a model that learns
            return LiveState(run_id, 0, 0, 0)
        run = self._workspace.finished_run(base_run(run_id))
        with self._lock:  # before the versions are listed: a fit that ends between the two is seen as one of them
            is_fitting, message = run.id in self._fitting, self._fitting.get(run.id) or self._problems.get(run.id, "")
        last = self._history.last_id()
        made = [one for one in list_versions(run.folder) if one.decision <= last]
        latest = next((one for one in reversed(made) if has_scores(version_folder(run.folder, one))), None)
        decision = 0 if latest is None else latest.decision
        known = decision if latest is not None else _last_known(run)
        num_new = _num_decided(self._history.all(), known)
        interval = self._interval_now(is_taught=latest is not None or has_suggestions(run.folder))
        name = run.id if latest is None else latest.name
        return LiveState(name, decision, num_new, interval, is_fitting, message)

    def follow(self, run_id: str) -> LiveState:
        """Fit a run's model again if enough was decided since; do not wait for it.

        Args:
            run_id: A finished run, or one of its versions.

        Returns:
            The state, `is_fitting` where a fit has begun.

        Raises:
            InputError: There is no such run.
            RunError: It has no scores yet.
        """
        state = self.state(run_id)
        is_due = 0 < state.interval <= state.num_new
        if is_due and not state.is_fitting and not state.message and self._is_cheap(base_run(run_id)):
            return self.refresh(run_id)
        return state

    def refresh(self, run_id: str, *, wait: bool = False) -> LiveState:
        """Fit a run's model again on all decisions so far.

        Args:
            run_id: A finished run, or one of its versions.
            wait: Whether to return only when it is there.

        Returns:
            The state; `version` names the new version if it was waited for.

        Raises:
            InputError: There is no such run, or its labels or features cannot be used (with `wait`).
            RunError: It has no scores yet, or the fit failed (with `wait`).
        """
        run = self._workspace.finished_run(base_run(run_id))
        last, state = self._history.last_id(), self.state(run.id)
        if not state.num_new:
            return state
        if wait:
            self.make(ModelVersion(run.id, last))
            return self.state(run.id)
        with self._lock:
            if run.id in self._fitting:
                is_new = False
            else:
                self._fitting[run.id], is_new = "", True
                self._problems.pop(run.id, None)
        if is_new:
            threading.Thread(target=self._fit, args=(ModelVersion(run.id, last),), daemon=True).start()
        return self.state(run.id)

    def make(self, version: ModelVersion) -> None:
        """Fit one version, or fit it again where its scores were removed, and wait for it.

        Args:
            version: The version.

        Raises:
            InputError: There is no such run or decision, or labels or features cannot be used.
            RunError: The process that fits it ended.
        """
        answer = self._process.ask({"run": version.run_id, "decision": version.decision}, self._progress(version))
        if "error" in answer:
            raise InputError(str(answer["error"]))

    def curve(self, run_id: str) -> list[LearningPoint]:
        """Measure the run and all its versions on the val images.

        Args:
            run_id: A finished run, or one of its versions.

        Returns:
            A point for each, oldest first; none without val images.

        Raises:
            InputError: There is no such run.
            RunError: It has no scores yet.
        """
        labels = self._val_labels()
        return learning_points(self._results(base_run(run_id)), labels) if len(labels) else []

    def gain(self, run_id: str) -> Gain | None:
        """Measure what the last 100 clicks bought, on the val images.

        Args:
            run_id: A finished run, or one of its versions.

        Returns:
            The gain with its interval; None before the first version or without val images.

        Raises:
            InputError: There is no such run.
            RunError: It has no scores yet.
        """
        return latest_gain(self._results(base_run(run_id)), self._val_labels())

    def bulk_note(self) -> str:
        """Return what to expect of a bulk accept before any click; empty once an image was decided one by one."""
        if np.isin(self._history.state().verdict, HUMAN_LABELS).any():
            return ""
        num_labels = len(self._workspace.splits.labeled)
        note = (
            "No image has been decided one by one yet. A bulk accept now makes a labeled set; it is not expected to "
            "raise accuracy."
        )
        few = f" With {num_labels:,} labels it may lower it: correct some images first."
        return note + few if num_labels < FEW_LABELS else note

    def _val_labels(self) -> Any:
        return self._workspace.images.labels[self._workspace.splits.val]

    def _results(self, run_id: str) -> list[VersionResult]:
        run = self._workspace.finished_run(run_id)
        return version_results(self._workspace, run, self._history.last_id())

    def _interval_now(self, *, is_taught: bool) -> int:
        """Decisions after which the model learns now; sooner where few labels are known."""
        interval, labeled = self.interval, self._workspace.splits.labeled
        if not interval or len(labeled):
            return interval
        labels = curated_set(self._history.state(), labeled, labeled)
        if not can_suggest(labels):
            return 0
        return min(interval, max(_AT_FIRST, len(labels.ids) // _AT_FIRST)) if is_taught else 1

    def _is_cheap(self, run_id: str) -> bool:
        """Whether a fit may begin unasked: no long computation of features would come first."""
        run = self._workspace.run(run_id)
        is_stored = run.record.config.method == "head" or any(self._workspace.path.glob(f"features/{EXTRACTOR}*"))
        return is_stored or len(self._workspace.images.labels) <= _UNASKED

    def _fit(self, version: ModelVersion) -> None:
        problem = ""
        try:
            self.make(version)
        except WinnowError as error:
            problem = str(error)
        with self._lock:
            self._fitting.pop(version.run_id, None)
            if problem:
                self._problems[version.run_id] = problem
        if not problem:
            with suppress(WinnowError):
                self.follow(version.run_id)  # what was decided meanwhile

    def _progress(self, version: ModelVersion) -> Callable[[dict[str, Any]], None]:
        def tell(facts: dict[str, Any]) -> None:
            with self._lock:
                if version.run_id in self._fitting:
                    text = f"Computing features: {facts['done']:,} of {facts['total']:,} images."
                    self._fitting[version.run_id] = text

        return tell


def _num_decided(decisions: list[Decision], known: int) -> int:
    """Count the images that decisions after a known one are about; those that change no label do not count."""
    total = 0
    for decision in reversed(decisions):
        if decision.id <= known:
            break
        if decision.verdict not in _NOT_COUNTED and not is_planted(decision):
            total += decision.num_images
    return total


def _last_known(run: Run) -> int:
    """Return the last decision that the run itself was fitted on, 0 for none."""
    frozen = run.folder.curated()
    return 0 if frozen is None else int(frozen.decisions.max(initial=0))
