"""Read-only view of a run: its record, status, metrics and log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.base.errors import DataError
from core.base.types import Estimate, RunRecord, RunStatus
from core.data.drawn_val import drawn_val
from core.heads.cross_validation import LEAST_VAL
from core.jobs.launch import command_for_other_machines
from core.risk.error_estimates import proportion
from core.store.files import read_json
from core.store.run_folder import RunFolder

LAST_EVALUATIONS = 5
"""Number of last evaluations whose median is shown beside the best one."""
NOTES = "notes.json"
"""File of a run folder with the name, note and star that people gave it."""
CROSS_VALIDATION = "cross_validation.json"
"""File of a run folder with the cross-validated accuracy of its head."""
CONTROL_NAMES = {"threshold_only": "threshold-only", "random_clicks": "random"}
"""Display name of each kind of control run."""


@dataclass(frozen=True)
class RunNotes:
    """What people wrote about a run, beside the facts of run.json.

    Attributes:
        name: Name for people; empty: the run's id stands for it.
        note: Free text.
        is_starred: Whether someone marked the run.
    """

    name: str = ""
    note: str = ""
    is_starred: bool = False


@dataclass(frozen=True)
class Control:
    """Kind of a control run, and the curated run it is compared with."""

    kind: str  # one of CONTROL_KINDS
    of: str  # the curated run

    @property
    def name(self) -> str:
        """Name for a person: "threshold-only control of 002-self_training-small_cnn"."""
        return f"{CONTROL_NAMES.get(self.kind, self.kind)} control of {self.of}"


@dataclass(frozen=True)
class Run:
    """One run of a project, read from its folder on each access.

    Attributes:
        folder: Files of the run.
    """

    folder: RunFolder

    @property
    def id(self) -> str:
        """Name of the run and of its folder."""
        return self.folder.id

    @property
    def record(self) -> RunRecord:
        """Content of run.json: config, parent, versions."""
        return self.folder.record()

    @property
    def status(self) -> RunStatus:
        """Last status of the training worker; "lost" where it fell silent."""
        return self.folder.status()

    @property
    def control(self) -> Control | None:
        """Kind and curated run of a control run; None for any other run."""
        file = self.folder.path / "arm.json"
        if not file.exists():
            return None
        info = read_json(file)
        return Control(str(info.get("arm")), str(info.get("control_of")))

    @property
    def title(self) -> str:
        """The given name, where there is one, and the id of the run; a control run also names its curated run."""
        try:
            name = self.notes.name
        except DataError:  # the table of runs says so; the run itself is whole
            name = ""
        words = [name, self.id, "" if self.control is None else self.control.name]
        return " · ".join(word for word in words if word)

    @property
    def notes(self) -> RunNotes:
        """Name, note and star; DataError where the file that holds them is damaged."""
        file = self.folder.path / NOTES
        if not file.exists():
            return RunNotes()
        found = read_json(file)
        name, note, starred = (
            found.get(key, default) for key, default in (("name", ""), ("note", ""), ("star", False))
        )
        if not (isinstance(name, str) and isinstance(note, str) and isinstance(starred, bool)):
            raise DataError(f"{file} cannot be read (it holds no name, note and star). Delete it to name the run anew.")
        return RunNotes(name, note, starred)

    @property
    def command_elsewhere(self) -> str | None:
        """Command to type on each other machine that the run waits for.

        None where the run needs this machine alone.
        """
        is_resume = self.folder.checkpoint_path.exists()
        return command_for_other_machines(self.folder.path.parents[1], self.folder, is_resume=is_resume)

    @property
    def has_predictions(self) -> bool:
        """Whether the run is done and its scores can be read."""
        return self.status.state == "done"

    @property
    def temperature(self) -> float:
        """Temperature that divides the logits; 1 where none was fitted."""
        return self.folder.temperature()

    def metrics(self) -> list[dict[str, Any]]:
        """Read the metrics of every evaluation.

        Returns:
            One object per evaluation, in order; its keys are those of metrics.jsonl.
        """
        return self.folder.metrics()

    @property
    def last_val_accuracy(self) -> float | None:
        """Median val accuracy of the last five evaluations, [0, 1].

        Fewer where there are fewer; None before any. Where `best_val_accuracy` picks the luckiest evaluation, this says
        where the run came to rest.
        """
        return last_median(self.metrics())

    def val_accuracy(self, num_val: int) -> Estimate | None:
        """Return the val accuracy where the run came to rest, with its interval.

        Args:
            num_val: Val images of the project; 0: those drawn from the pool that the run knew.

        Returns:
            The estimate; None without val images or before any evaluation.
        """
        best, last = self.status.best_val_accuracy, self.last_val_accuracy
        accuracy, num = best if last is None else last, num_val or len(drawn_val(self.folder.path)[0])
        return None if accuracy is None or not num else proportion(round(accuracy * num), num)

    def val_note(self, num_val: int) -> str:
        """Say how little fewer than 50 val images tell of the accuracy, and what to do.

        Args:
            num_val: As in `val_accuracy`.

        Returns:
            A sentence; empty with 50 or more, with a cross-validated accuracy, or where no val accuracy is shown.
        """
        found = self.val_accuracy(num_val)
        if found is None or found.n >= LEAST_VAL or self.cross_validated is not None:
            return ""
        cure = "make a project with more of them" if num_val else "answer more drawn images (winnow calibrate)"
        return (
            f"Only {found.n} val images say the accuracy: {100 * found.value:.1f} %, where that of all images may be "
            f"anything from {100 * found.low:.1f} to {100 * found.high:.1f} % (95 % confidence). For a surer number "
            f"{cure}, or fit a head, whose accuracy is cross-validated over its labels."
        )

    @property
    def cross_validated(self) -> Estimate | None:
        """Cross-validated accuracy of a head over its labels, where fewer than 50 val images say it; else None.

        One label of each group of images, or of copies, counts. The interval takes these as independent draws:
        approximate, as the folds share labels. Images that a queue picked are not draws of the pool.
        """
        file = self.folder.path / CROSS_VALIDATION
        if not file.exists():
            return None
        found = read_json(file)
        right, num = found.get("right"), found.get("n")
        if not (isinstance(right, int) and isinstance(num, int) and 0 <= right <= num and num):
            raise DataError(f"{file} cannot be read (it holds no counts). Delete it: the accuracy is then unknown.")
        return proportion(right, num)

    @property
    def imported_from(self) -> dict[str, Any] | None:
        """Where imported predictions come from: model, file, sha256, kind, images covered; None of any other run."""
        file = self.folder.path / "predictions" / "source.json"
        return read_json(file) if file.exists() else None

    @property
    def has_batches(self) -> bool:
        """Whether the run logs single steps (log_batches)."""
        file = self.folder.batches_path
        return file.exists() and file.stat().st_size > 0

    def batches(self, limit: int = 400) -> list[dict[str, Any]]:
        """Read metrics of single steps, evenly spread over the run.

        Args:
            limit: Most steps to return.

        Returns:
            One object a step; none where steps are not logged.
        """
        return self.folder.batches(limit)

    def log_tail(self, num_lines: int = 40) -> str:
        """Return the last lines of the training worker's output.

        Args:
            num_lines: Most lines to return.

        Returns:
            The lines as one text; empty before any output.
        """
        return self.folder.log_tail(num_lines)


def last_median(metrics: Sequence[Mapping[str, Any]], count: int = LAST_EVALUATIONS) -> float | None:
    """Return the median of the last val accuracies of a run.

    Args:
        metrics: Metrics of the run's evaluations, in order.
        count: Evaluations to use.

    Returns:
        The median, [0, 1]; None where no val accuracy was logged.
    """
    known = [line["val_accuracy"] for line in metrics if line.get("val_accuracy") is not None]
    return float(np.median(known[-count:])) if known else None


def unreadable_reason(folder: RunFolder) -> str | None:
    """Return why a run folder cannot be read; None where it can."""
    try:
        folder.record()
        folder.status()
    except DataError as error:
        return str(error)
    return None
