"""Check of a project folder: what is whole, what is not, and what to do."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import DataError, WinnowError
from core.store.log_copies import copies, is_whole, log_mark, log_marks, lost_decisions
from core.store.log_repair import LogRepair, repair_log
from core.store.run_folder import TRASH, list_runs
from core.workspace.model_versions import base_run
from core.workspace.workspace import Workspace


@dataclass(frozen=True)
class ProjectCheck:
    """What a check found.

    Attributes:
        notes: Sentences about what is whole.
        problems: Sentences about what is not, each with its cure.
        is_log_broken: Whether the decision log is damaged, missing or overwritten.
    """

    notes: tuple[str, ...]
    problems: tuple[str, ...]
    is_log_broken: bool


def check_project(path: Path) -> ProjectCheck:
    """Check the files of a project without changing any.

    Args:
        path: Folder of the project.

    Raises:
        InputError: There is no project in the folder.
        DataError: Its project.toml cannot be read.
    """
    workspace, notes, problems = Workspace(path), list[str](), list[str]()
    try:
        notes.append(f"images: whole ({len(workspace.images.labels):,})")
        notes.append(f"split: whole ({len(workspace.splits.pool):,} in the pool)")
    except WinnowError as error:
        problems.append(str(error))
    problems += [f"{sentence} Labels stay in the log." for sentence in workspace.broken_runs().values()]
    log_problem = _log_problem(path)
    if log_problem is None:
        notes.append(f"decision log: whole ({_count(path / 'decisions.db'):,} decisions)")
    else:
        problems.append(log_problem)
    kept = [f"{copy.name} ({_count(copy):,} decisions)" for copy in copies(path) if is_whole(copy)]
    notes.append("copies of the log: " + (", ".join(kept) or "none"))
    if log_problem is not None and kept:
        problems.append(f"Put the newest copy back: winnow doctor {path} --repair")
    return ProjectCheck(tuple(notes), tuple(problems), log_problem is not None)


def repair_project(path: Path) -> LogRepair:
    """Put the newest whole copy of the log back; see `core.store.log_repair.repair_log`.

    Args:
        path: Folder of the project.

    Raises:
        DataError: There is no whole copy, or the files cannot be written.
    """
    runs = {run.id for runs in (path / "runs", path / "runs" / TRASH) for run in list_runs(runs)}
    return repair_log(path, lambda run_id: run_id == "" or base_run(run_id) in runs)


def _log_problem(path: Path) -> str | None:
    log = path / "decisions.db"
    if log.exists() and not is_whole(log):
        return f"{log} is damaged: decisions in it may be lost."
    return lost_decisions(path, log_marks(path))


def _count(log: Path) -> int:
    try:
        return log_mark(log).count
    except (sqlite3.Error, DataError):
        return 0
