"""Runs on their way: started with their control arms, cancelled, resumed, waited for."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.base.config import TrainConfig
from core.base.errors import RunError
from core.base.types import LIVE_STATES
from core.jobs.start import Launch, cancel, start
from core.workspace.run import Run, prepare_run

if TYPE_CHECKING:
    from core.project import Project


@dataclass(frozen=True)
class Asked:
    """What is asked of a new run beside its settings; `Project.start_run` says what each part means."""

    parent: str | None = None
    is_curated: bool = True
    rule: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    launch: Launch | None = None
    with_controls: bool = False


def start_runs(project: "Project", configs: Sequence[TrainConfig], asked: Asked) -> list[Run]:
    """Start a run for each config, and behind all of them the control arms that are asked for and can be trained."""
    if asked.parent is not None and not project.run(asked.parent).has_predictions:
        raise RunError(f"{asked.parent} has not finished: a run can only follow one that is done.")
    begun = []
    for config in configs:
        folder = prepare_run(
            project, config, asked.parent, is_curated=asked.is_curated, rule=asked.rule, params=asked.params
        )
        start(project.path, folder.id, launch=asked.launch)
        begun.append(Run(folder))
    if asked.is_curated and asked.with_controls:
        for run in begun:
            project.promises.start_arms(run.id)
    return begun


def cancel_run(project: "Project", run_id: str) -> None:
    """Ask a live run to stop; RunError where it is not live."""
    run = project.run(run_id)
    if run.status.state not in LIVE_STATES:
        raise RunError(f"{run_id} is not running, so there is nothing to cancel.")
    cancel(run.folder)


def resume_run(project: "Project", run_id: str, launch: Launch | None) -> Run:
    """Go on from the last checkpoint; launch None: as it was started."""
    run = project.run(run_id)
    if run.status.state in (*LIVE_STATES, "done"):
        raise RunError(f"{run_id} is {run.status.state}: only a cancelled, failed or lost run can be resumed.")
    start(project.path, run_id, is_resume=True, launch=launch)
    return run


def wait_run(project: "Project", run_id: str, timeout: float | None) -> Run:
    """Wait until a run is no longer live; RunError when it did not end well or the timeout (seconds) has passed."""
    run, end = project.run(run_id), None if timeout is None else time.monotonic() + timeout
    while run.status.state in LIVE_STATES:
        if end is not None and time.monotonic() > end:
            raise RunError(f"{run_id} is still running after {timeout:.0f} s. It goes on by itself.")
        time.sleep(0.1)
    if run.status.state != "done":
        raise RunError(f"{run_id} is {run.status.state}: {run.status.message}")
    return run
