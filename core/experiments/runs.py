"""Start, cancel, resume and wait for runs."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.base.config import TrainConfig
from core.base.errors import RunError
from core.base.types import LIVE_STATES
from core.experiments.control_runs import start_control_runs
from core.experiments.extractor_comparison import with_recommendation
from core.experiments.prepare import prepare_run
from core.jobs.launch import Launch
from core.jobs.start import start
from core.review.decision_history import DecisionHistory
from core.workspace.run import Run
from core.workspace.workspace import Workspace


@dataclass(frozen=True)
class RunRequest:
    """Request for new runs, beside their settings.

    Attributes:
        parent: The finished run that they follow; None: they follow none.
        is_curated: False leaves every decision out: the runs train on the given labels alone.
        rule: A rule that picks pseudo-labels from the parent's scores, past the decision log.
        params: Parameters of the rule.
        launch: How their processes are started; None: one process per run.
        with_controls: Whether to train their control runs too, where a person's decisions went into them.
    """

    parent: str | None = None
    is_curated: bool = True
    rule: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    launch: Launch | None = None
    with_controls: bool = False


def start_runs(
    workspace: Workspace, history: DecisionHistory, configs: Sequence[TrainConfig], request: RunRequest
) -> list[Run]:
    """Start one run per config, and behind them the requested control runs.

    A head run that names neither extractor nor head takes those that the stored comparison recommends.

    Args:
        workspace: The project.
        history: Its decisions.
        configs: Settings of each run.
        request: Parent, labels and launch of all of them.

    Returns:
        The runs, queued, without the control runs.

    Raises:
        InputError: The settings do not fit together, or self_training has no curated labels.
        RunError: The parent has not finished.
    """
    if request.parent is not None and not workspace.run(request.parent).has_predictions:
        raise RunError(f"{request.parent} has not finished: a run can only follow one that is done.")
    started = []
    for config in configs:
        folder = prepare_run(
            workspace,
            history,
            with_recommendation(workspace, config),
            request.parent,
            is_curated=request.is_curated,
            rule=request.rule,
            params=request.params,
        )
        start(workspace.path, folder.id, launch=request.launch)
        started.append(Run(folder))
    if request.is_curated and request.with_controls:
        for run in started:
            start_control_runs(workspace, history, run.id)
    return started


def cancel_run(workspace: Workspace, run_id: str) -> None:
    """Ask a live run to stop after its next step; it keeps a checkpoint.

    Raises:
        RunError: The run is not live.
    """
    run = workspace.run(run_id)
    if run.record.config.is_imported:
        raise RunError(f"{run_id} was imported, not trained, so there is nothing to cancel.")
    if run.status.state not in LIVE_STATES:
        raise RunError(f"{run_id} is not running, so there is nothing to cancel.")
    run.folder.request_cancel()


def resume_run(workspace: Workspace, run_id: str, launch: Launch | None = None) -> Run:
    """Continue a cancelled, failed or lost run from its last checkpoint.

    With launch None it starts as before.

    Raises:
        RunError: The run is live or done.
    """
    run = workspace.run(run_id)
    if run.record.config.is_imported:
        raise RunError(f"{run_id} was imported, not trained, so there is nothing to resume: import the file again.")
    if run.status.state in (*LIVE_STATES, "done"):
        raise RunError(f"{run_id} is {run.status.state}: only a cancelled, failed or lost run can be resumed.")
    start(workspace.path, run_id, is_resume=True, launch=launch)
    return run


def wait_run(workspace: Workspace, run_id: str, timeout: float | None = None) -> Run:
    """Wait until a run is no longer live.

    The timeout is in seconds.

    Raises:
        RunError: The run did not end well, or the timeout has passed.
    """
    run, end = workspace.run(run_id), None if timeout is None else time.monotonic() + timeout
    while run.status.state in LIVE_STATES:
        if end is not None and time.monotonic() > end:
            raise RunError(f"{run_id} is still running after {timeout:.0f} s. It goes on by itself.")
        time.sleep(0.1)
    if run.status.state != "done":
        raise RunError(f"{run_id} is {run.status.state}: {run.status.message}")
    return run
