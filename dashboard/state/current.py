"""Current project and run: named by the URL, else the latest; an empty page where there is none."""

from core import Project, Run
from dashboard.messages import empty_page
from dashboard.state import url
from dashboard.state.projects import open_project, recent_keys
from dashboard.state.runs import finished_runs, latest_run, live_runs


def current_key() -> str | None:
    """Key of the project in the URL, else of the project opened last; None without any project."""
    return url.read("project") or next(iter(recent_keys()), None)


def current_project() -> tuple[str, Project]:
    """Key and project; without any project, an empty page that links to Data."""
    key = current_key()
    if key is None:
        empty_page("No project is open yet.", "Create one, or open the demo", "data")
    return key, open_project(key)


def current_run(project: Project) -> Run:
    """The finished run in the URL, else the latest; without any, an empty page that links to Train."""
    finished = finished_runs(project)
    if not finished:
        live = live_runs(project)
        message = f"{live[-1].id} is still training." if live else "No run has finished yet."
        empty_page(message, "Watch it train" if live else "Train a baseline", "train")
    requested = url.read("run")
    return next((run for run in finished if run.id == requested), latest_run(finished))
