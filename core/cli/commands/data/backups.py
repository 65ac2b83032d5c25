"""Commands backup, restore and doctor: keep a project safe, and look whether it is whole."""

from pathlib import Path
from typing import Annotated

import typer

from core.base.errors import InputError
from core.cli.options import AsJson, ProjectPath
from core.cli.output import answer
from core.features.catalog import offered_extractors
from core.jobs.device_report import device_report, device_text
from core.project.project_check import check_project, repair_project
from core.store import project_backup
from core.store.files import full_path
from core.workspace.workspace import Workspace


def backup(
    path: ProjectPath,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="New file, .tar or .tar.gz, outside the project.")],
    as_json: AsJson = False,
) -> None:
    """Write a whole project into one file, also while others decide; exports are left out."""
    project = Workspace(full_path(path)).path
    count = project_backup.back_up(project, file)
    size = file.expanduser().stat().st_size
    answer({"path": file, "files": count, "bytes": size}, f"Written: {file} ({count:,} files, {size:,} bytes)",
           as_json=as_json)  # fmt: skip


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that winnow backup wrote.")],
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder of the project: new or empty.")],
    as_json: AsJson = False,
) -> None:
    """Make a project from a backup; every file is checked, and a damaged backup leaves nothing."""
    count = project_backup.restore(file, path)
    answer({"path": path, "files": count}, f"Restored: {path} ({count:,} files, all as they were)", as_json=as_json)


def doctor(
    path: Annotated[
        Path | None,
        typer.Argument(metavar="PATH", help="Folder of the project; without one, this machine is looked at."),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Put the newest whole copy of the decision log back where it is broken.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look whether a project is whole; without PATH, which devices and feature extractors this machine has.

    It also says which device a run would use. Of a project: images, split, runs, and that the decision log is the one
    that it was.
    """
    if path is None:
        if repair:
            raise InputError("--repair mends a project: name its folder, as in winnow doctor PATH --repair.")
        machine, offers = device_report(), offered_extractors()
        extractors = {offer.name: offer.problem or "ok" for offer in offers}
        table = [f"features {name}: {state}" for name, state in extractors.items()]
        answer(
            machine | {"extractors": extractors},
            "\n".join([device_text(machine), *table]),
            as_json=as_json,
        )
        return
    project = full_path(path)
    found = check_project(project)
    lines = [*(f"ok       {note}" for note in found.notes), *(f"problem  {problem}" for problem in found.problems)]
    info: dict[str, object] = {"notes": found.notes, "problems": found.problems}
    if repair and not found.is_log_broken:
        lines.append("The decision log is whole: there is nothing to repair.")
    elif repair:
        done = repair_project(project)
        info["repaired"] = {"copy": done.copy, "kept": done.kept, "decisions": done.num_decisions,
                            "merged": done.num_merged, "left": done.num_left}  # fmt: skip
        lines.append(
            f"Repaired: the log is {done.copy.name} again, with {done.num_decisions:,} decisions, "
            f"{done.num_merged:,} of them made since. What stood there lies in "
            f"{done.kept or 'no file: it was missing'}."
        )
        if done.num_left:
            lines.append(f"{done.num_left:,} decisions of it name runs that this project does not have: left there.")
    answer(info, "\n".join(lines), as_json=as_json)
