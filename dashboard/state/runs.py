"""Finished, latest and live runs of a project."""

from core import Project, Run, constants

_SUGGEST_SECONDS = 300.0


def finished_runs(project: Project) -> list[Run]:
    """Return the runs with readable predictions, oldest first."""
    return [run for run in project.runs() if run.has_predictions]


def latest_run(finished: list[Run]) -> Run:
    """Return the latest run that is not a control run, else the latest of all."""
    return next((run for run in reversed(finished) if run.control is None), finished[-1])


def live_runs(project: Project) -> list[Run]:
    """Return the runs that are queued or running."""
    return [run for run in project.runs() if run.status.state in constants.LIVE_STATES]


def suggest(project: Project, settings: dict[str, str] | None = None) -> Run:
    """Fit a head on features of the images, and wait for it: seconds, no network is trained.

    Args:
        project: Its labels train; without any, its images can be named.
        settings: Of the head; None: the defaults.
    """
    run = project.start_run(constants.PRESETS["head"].config(settings))
    return project.wait_run(run.id, timeout=_SUGGEST_SECONDS)
