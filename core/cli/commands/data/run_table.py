"""Command runs: the table of runs, and their names, notes, stars and deletion."""

from typing import Annotated, Any

import typer

from core.base.errors import InputError
from core.base.types import Estimate
from core.cli.options import AsJson, ProjectPath
from core.cli.output import answer, estimate_info, format_estimate
from core.project import Project
from core.project.run_table import RunRow

Names = Annotated[str | None, typer.Argument(metavar="[RUN]", help="Run to change; default: list all.")]


def runs(
    path: ProjectPath,
    run: Names = None,
    name: Annotated[str | None, typer.Option("--name", help="Name for people; empty takes it away.")] = None,
    note: Annotated[str | None, typer.Option("--note", help="Note on the run; empty takes it away.")] = None,
    star: Annotated[bool | None, typer.Option("--star/--no-star", help="Mark the run, or take the mark away.")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Move the run to the project's trash.")] = False,
    restore: Annotated[bool, typer.Option("--restore", help="Take the run out of the trash.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the runs with what changed, labels and accuracy; or name, note, star, delete or restore one."""
    is_change = name is not None or note is not None or star is not None
    if run is None and (is_change or delete or restore):
        raise InputError("Which run? Name it behind the project, as `winnow runs PATH` lists it.")
    if run is not None and is_change + delete + restore != 1:
        raise InputError("Do what with the run? Give --name, --note or --star; or --delete; or --restore.")
    project = Project.open(path)
    table = project.run_table
    said = []
    if run is not None and restore:
        table.restore(run)
        said = [f"{run} is back."]
    elif run is not None and delete:
        table.delete(run)
        said = [f"{run} is in the trash. To restore it: winnow runs {path} {run} --restore"]
    elif run is not None:
        if name is not None:
            table.rename(run, name)
        if note is not None:
            table.note(run, note)
        if star is not None:
            table.star(run, star)
    rows = table.rows()
    deleted = [one.id for one in table.deleted()]
    lines = said + [line for row in rows for line in _lines(row) if run is None or row.run.id == run]
    lines += [f"Deleted: {', '.join(deleted)}"] if deleted and run is None else []
    text = "\n".join(lines) or f"No runs yet. Start one with: winnow train {path}"
    answer({"runs": [_info(row) for row in rows], "deleted": deleted}, text, as_json=as_json)


def _lines(row: RunRow) -> list[str]:
    star = "* " if row.notes.is_starred else "  "
    val = "val unknown" if row.val_accuracy is None else f"val {format_estimate(row.val_accuracy)}"
    if row.cross_validated is not None:
        val += f", cross-validated {format_estimate(row.cross_validated)} of {row.cross_validated.n:,} labels"
    facts = f"{row.run.status.state}  {row.num_labels:,} labels  {val}  {row.seconds:,.0f} s"
    lines = [f"{star}{row.run.title}  {facts}"]
    if row.compared_with is not None:
        lines.append(f"    against {row.compared_with}: {'; '.join(row.changes) or 'same settings and labels'}")
    lines += [f"    {row.val_note}"] if row.val_note else []
    lines += [f"    note: {line}" for line in row.notes.note.splitlines()]
    return lines + ([f"    {row.problem}"] if row.problem is not None else [])


def _info(row: RunRow) -> dict[str, Any]:
    return {
        "run": row.run.id, "name": row.notes.name, "note": row.notes.note, "star": row.notes.is_starred,
        "problem": row.problem, "state": row.run.status.state, "compared_with": row.compared_with,
        "changes": list(row.changes), "labels": row.num_labels, "val_accuracy": _estimate(row.val_accuracy),
        "cross_validated": _estimate(row.cross_validated), "seconds": row.seconds,
    }  # fmt: skip


def _estimate(found: Estimate | None) -> dict[str, Any] | None:
    return None if found is None else estimate_info(found)
