"""Command classes: list, add, rename, merge, split, describe, color, order and group the classes of a project."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.base.errors import InputError
from core.cli.options import AsJson, ProjectPath, Reviewer, class_number
from core.cli.output import answer
from core.data.classes.class_edits import ClassTable
from core.project import Project
from core.workspace.workspace import LABEL_ISSUES


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
    split: Annotated[
        str | None, typer.Option(help="A class whose images are labeled again as one of --into.", metavar="CLASS")
    ] = None,
    into: Annotated[
        list[str] | None, typer.Option(help="With --split: a part, such as a new name; give it twice or more.")
    ] = None,
    color: Annotated[
        tuple[str, str] | None, typer.Option(help="A class, and its color, such as #d9682a.", metavar="CLASS COLOR")
    ] = None,
    order: Annotated[
        list[str] | None, typer.Option(help="A class to show first; given again: the next.", metavar="CLASS")
    ] = None,
    group: Annotated[
        str | None, typer.Option(help='A class group, such as animals, for each --member; "": none.', metavar="GROUP")
    ] = None,
    member: Annotated[list[str] | None, typer.Option(help="With --group: a class; may be given again.")] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take back the latest edit; an added class as long as nothing names it.")
    ] = False,
    reviewer: Reviewer = "me",
    as_json: AsJson = False,
) -> None:
    """List the classes of a project, or edit them; a class keeps its number for ever."""
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
    if split is not None:
        project.split_class(_number(project, split), into or [], reviewer)
    if color:
        project.color_class(_number(project, color[0]), color[1], reviewer)
    if order:
        project.order_classes([_number(project, name) for name in order], reviewer)
    if group is not None or member:
        _group(project, group, member or [], reviewer)
    table = project.workspace.classes
    info = {
        "classes": list(table.names),
        "merged": {str(number): into for number, into in table.merged.items()},
        "descriptions": {str(number): text for number, text in table.descriptions.items()},
        "colors": {str(number): color for number, color in table.colors.items()},
        "order": list(table.order),
        "splits": {str(number): asdict(one) for number, one in table.splits.items()},
        "groups": {str(number): name for number, name in table.groups.items()},
        "undone": undone,
    }
    lines = [_line(table, number) for number in table.order]
    lines += [_split_line(path, table, number) for number in table.splits]
    answer(info, "\n".join(lines) or "No class yet: add one with --add.", as_json=as_json)


def _line(table: ClassTable, number: int) -> str:
    color = f"  {table.colors[number]}" if number in table.colors else ""
    about = f": {table.descriptions[number]}" if table.descriptions.get(number) else ""
    return f"{number:>4}  {table.label(number)}{about}{color}"


def _group(project: Project, group: str | None, members: list[str], reviewer: str) -> None:
    if group is None or not members:
        raise InputError("A class group needs a name and its classes: --group animals --member cat --member dog.")
    project.group_classes([_number(project, name) for name in members], group, reviewer)


def _split_line(path: Path, table: ClassTable, number: int) -> str:
    one = table.splits[number]
    parts = ", ".join(table.names[part] for part in one.parts if part < len(table.names))
    queues = [("RUN", one.image_set), (LABEL_ISSUES, one.given_set)]
    commands = [f"winnow queue {path} {run} --ranking entropy --set {name}" for run, name in queues if name]
    images = f"; its images: {', '.join(commands)}" if commands else ""
    return f"{table.names[number]} is being split into {parts}{images}"


def _number(project: Project, label: str) -> int:
    number = class_number(project, label)
    assert number is not None
    return number
