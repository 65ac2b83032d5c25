"""What the start page says about a project, from facts that are cheap to read."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core import Project, WinnowError, recent_projects
from dashboard import formatting, image_grid
from dashboard.state.runs import finished_runs, latest_run, live_runs

_NUM_TILES = 8


@dataclass(frozen=True)
class ProjectCard:
    """One recent project.

    Attributes:
        key: Its key in the URL.
        path: Its folder.
        name: Its name.
        lines: What there is and how far it is, one sentence each.
        picture: HTML of a few images; empty where the project cannot be opened.
        is_open: Whether it can be opened.
    """

    key: str
    path: Path
    name: str
    lines: tuple[str, ...]
    picture: str
    is_open: bool = True


def project_cards(most: int) -> list[ProjectCard]:
    """Return cards of the projects opened last.

    Args:
        most: Number of cards at most.
    """
    return [_card(entry.key, entry.path, _version(entry.path)) for entry in recent_projects.recent()[:most]]


def _version(path: Path) -> tuple[int, ...]:
    """Return what changes when a card does: time of the description, the log, and the folder of runs."""
    files = (path / "project.toml", path / "decisions.db-wal", path / "decisions.db", path / "runs")
    runs = sorted((path / "runs").glob("*/status.json")) if (path / "runs").is_dir() else []
    return tuple(file.stat().st_mtime_ns if file.exists() else 0 for file in (*files, *runs[-20:]))


@st.cache_data(max_entries=100, show_spinner=False)
def _card(key: str, path: Path, changed: tuple[int, ...]) -> ProjectCard:
    del changed  # part of the cache's key
    try:
        project = Project(path)
        ids = image_grid.sample_ids(project, "pool", None, _NUM_TILES)
        if not len(ids):
            ids = image_grid.sample_ids(project, "labeled", None, _NUM_TILES)
        picture = image_grid.sprite_html(key, project, ids, columns=_NUM_TILES) if len(ids) else ""
        return ProjectCard(key, path, project.name, tuple(_lines(project)), picture)
    except (WinnowError, OSError) as error:
        return ProjectCard(key, path, path.name, (str(error),), "", is_open=False)


def _lines(project: Project) -> list[str]:
    counts = project.decisions.counts()
    decided = sum(number for name, number in counts.items() if name not in ("undecided", "open", "total"))
    classes = len(project.class_names)
    named = formatting.counted(classes, "class", "classes") if classes else "no class yet"
    labels = f"{len(project.splits.labeled):,} labeled, {decided:,} decided"
    return [f"{len(project.images.labels):,} images, {named}, {labels}", _run_line(project)]


def _run_line(project: Project) -> str:
    if live := live_runs(project):
        return f"{live[0].id} is {live[0].status.state}"
    if not (finished := finished_runs(project)):
        return "No suggestions yet"
    run = latest_run(finished)
    accuracy = run.status.best_val_accuracy
    said = f", {formatting.percent(accuracy)} right on val" if accuracy is not None else ""
    num_val = len(project.splits.val)
    if run.val_note(num_val) and (found := run.val_accuracy(num_val)) is not None:
        said = f", {formatting.percent(found.value)} right on only {found.n} val images (Train says what to do)"
    if (crossed := run.cross_validated) is not None:
        said = f", {formatting.percent(crossed.value)} right by cross-validation of {crossed.n:,} labels"
    return f"Latest run: {run.id}{said}"
