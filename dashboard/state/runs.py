"""Finished, latest and live runs of a project."""

from core import Project, Run, constants


def finished_runs(project: Project) -> list[Run]:
    """Return the runs with readable predictions, oldest first."""
    return [run for run in project.runs() if run.has_predictions]


def latest_run(finished: list[Run]) -> Run:
    """Return the latest run that is not a control run, else the latest of all."""
    return next((run for run in reversed(finished) if run.control is None), finished[-1])


def live_runs(project: Project) -> list[Run]:
    """Return the runs that are queued or running."""
    return [run for run in project.runs() if run.status.state in constants.LIVE_STATES]
