"""Command classes: list, add, rename, merge and describe the classes of a project."""

from typing import Annotated

import typer

from core.cli.options import AsJson, ProjectPath, Reviewer, class_number
from core.cli.output import answer
from core.project import Project


def classes(
    path: ProjectPath,
    add: Annotated[list[str] | None, typer.Option("--add", help="Name of a new class; may be given again.")] = None,
    rename: Annotated[
        tuple[str, str] | None, typer.Option(help="A class, by name or number, and its new name.", metavar="OLD NEW")
    ] = None,
    merge: Annotated[
        tuple[str, str] | None,
        typer.Option(help="A class, and the one that it is counted as from now on.", metavar="CLASS INTO"),
    ] = None,
    describe: Annotated[
        tuple[str, str] | None, typer.Option(help="A class, and what belongs to it.", metavar="CLASS TEXT")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back the latest renaming, merge or description.")] = False,
    reviewer: Reviewer = "me",
    as_json: AsJson = False,
) -> None:
    """List the classes of a project, or add, rename, merge and describe some; a class keeps its number for ever."""
    project = Project.open(path)
    undone = project.undo_class_edit(reviewer) if undo else None
    for name in add or []:
        project.add_class(name, reviewer)
    if rename:
        project.rename_class(_number(project, rename[0]), rename[1], reviewer)
    if merge:
        project.merge_classes(_number(project, merge[0]), _number(project, merge[1]), reviewer)
    if describe:
        project.describe_class(_number(project, describe[0]), describe[1], reviewer)
    table = project.workspace.classes
    info = {
        "classes": list(table.names),
        "merged": {str(number): into for number, into in table.merged.items()},
        "descriptions": {str(number): text for number, text in table.descriptions.items()},
        "undone": undone,
    }
    lines = [
        f"{number:>4}  {name}{f': {table.descriptions[number]}' if table.descriptions.get(number) else ''}"
        for number, name in enumerate(table.names)
    ]
    answer(info, "\n".join(lines) or "No class yet: add one with --add.", as_json=as_json)


def _number(project: Project, label: str) -> int:
    number = class_number(project, label)
    assert number is not None
    return number
