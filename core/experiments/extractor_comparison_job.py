"""Compare extractors in a process of its own: start, watch, cancel.

python -m core.experiments.extractor_comparison_job PROJECT NUMBER
"""

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.base.errors import Cancelled, RunError, WinnowError
from core.base.types import LIVE_STATES
from core.experiments.extractor_comparison import ExtractorComparison, compare_extractors, stored_comparison
from core.jobs.job_folder import JobFolder, list_jobs
from core.jobs.start import start_worker
from core.workspace.workspace import Workspace


class ExtractorComparisons:
    """Comparisons of one project that run in their own process, and the table stored last."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._root = workspace, workspace.path / "features" / "comparisons"

    def stored(self) -> ExtractorComparison | None:
        """Read the table stored last; None where there is none for the labels as they are."""
        return stored_comparison(self._workspace)

    def latest(self) -> JobFolder | None:
        """Return the job begun last, with its status; None where none was."""
        return next(reversed(list_jobs(self._root)), None)

    def start(self, extractors: Sequence[str] | None = None) -> JobFolder:
        """Start a process that compares the extractors and stores the table.

        Args:
            extractors: As for compare_extractors.

        Returns:
            The job, queued.

        Raises:
            RunError: One is live already.
            DataError: The process cannot be started.
        """
        latest = self.latest()
        if latest is not None and latest.status().state in LIVE_STATES:
            raise RunError("Features are being compared already: wait for it, or cancel it.")
        folder = JobFolder.create(self._root, {"extractors": extractors and list(extractors)}, 0)
        start_worker("core.experiments.extractor_comparison_job", self._workspace.path, folder.id, folder.log_path)
        return folder

    def cancel(self) -> None:
        """Ask the live comparison to stop after its next step; RunError where none is live."""
        latest = self.latest()
        if latest is None or latest.status().state not in LIVE_STATES:
            raise RunError("No features are being compared, so there is nothing to cancel.")
        latest.request_cancel()


def work(workspace: Workspace, number: str) -> None:
    """Run a comparison that `ExtractorComparisons.start` made, and write its progress."""
    folder, begin = JobFolder(workspace.path / "features" / "comparisons" / number), time.monotonic()
    last, last_name = 0.0, ""

    def tell(state: str, message: str, done: int, total: int) -> None:
        news = {"state": state, "message": message, "done": done, "total": total, "seconds": time.monotonic() - begin}
        folder.write_status(replace(folder.status(), **news))  # type: ignore[arg-type]

    def on_progress(message: str, done: int, total: int) -> None:
        nonlocal last, last_name
        name = message.split(":")[0]
        if time.monotonic() - last > 0.3 or name != last_name:
            last, last_name = time.monotonic(), name
            tell("running", message, done, total)

    with folder.lock():
        try:
            names = folder.settings()["extractors"]
            table = compare_extractors(
                workspace, names, on_progress=on_progress, should_stop=folder.is_cancel_requested
            )
            tell("done", "", len(table.extractors), len(table.extractors))
        except Cancelled:
            tell("cancelled", "Cancelled; what was there before is kept.", 0, 0)
        except WinnowError as error:
            tell("failed", str(error), 0, 0)


def main(arguments: list[str]) -> int:
    """Run the comparison that the command line names, at low priority."""
    os.nice(5)
    try:
        work(Workspace(Path(arguments[0])), arguments[1])
    except WinnowError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
