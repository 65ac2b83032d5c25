"""Live worker: fits model versions beside the server, in a process of its own, without torch.

    python -m core.live.live_worker PROJECT

It reads one JSON line for each version to fit from its input, and answers each with JSON lines: progress, then the
result or a sentence. It ends with its input, or after ten minutes without a request.
"""

import argparse
import os
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from core.base.errors import WinnowError
from core.features.store import FeatureStatus
from core.jobs.worker_process import Tell, answer_requests
from core.live.version_fit import fit_version, read_version
from core.review.decision_history import DecisionHistory
from core.workspace.model_versions import ModelVersion
from core.workspace.pool_index import needs_index
from core.workspace.workspace import Workspace

IDLE = 600.0
"""Seconds without a request after which the process ends."""
NICE = 5
"""Steps by which the process gives way to the server."""


class LiveWorker:
    """Answers requests for the versions of one project.

    Args:
        project: Folder of the project.
    """

    def __init__(self, project: Path) -> None:
        self._workspace = Workspace(project)
        self._history = DecisionHistory(self._workspace)

    def answer(self, request: dict[str, Any], tell: Tell) -> dict[str, Any]:
        """Fit the version that a request names.

        Args:
            request: `run` and `decision`.
            tell: Called with the progress of features that have to be computed first.

        Returns:
            The version's record, or `error` with a sentence.
        """

        def on_progress(status: FeatureStatus) -> None:
            tell({"done": status.done, "total": status.total, "eta_seconds": status.eta_seconds})

        try:
            version = ModelVersion(str(request["run"]), int(request["decision"]))
            # one thread gives the same bytes on a busy machine; large pools take as many as there are
            threads = os.cpu_count() if needs_index(self._workspace.splits.pool) else 1
            with threadpool_limits(limits=threads):
                folder = fit_version(self._workspace, self._history, version, on_progress)
            return asdict(read_version(folder.path))
        except WinnowError as error:
            return {"error": str(error)}
        except Exception as error:
            traceback.print_exc()
            return {"error": f"The model could not be fitted again ({type(error).__name__}: {error})."}


def main() -> int:
    """Answer requests until the input ends."""
    parser = argparse.ArgumentParser(prog="python -m core.live.live_worker")
    parser.add_argument("project", type=Path)
    os.nice(NICE)
    project = parser.parse_args().project
    answer_requests(lambda: LiveWorker(project).answer, IDLE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
