"""Command groups: images that belong together, and held-out images that leak."""

from typing import Annotated, Any

import typer

from core.base.errors import InputError
from core.cli.options import AsJson, ProjectPath
from core.cli.output import answer
from core.data.groups.leaks import Leaks
from core.data.groups.split_changes import FIXES
from core.project import Project
from core.project.group_service import GroupPreview


def groups(
    path: ProjectPath,
    by: Annotated[
        str,
        typer.Option(
            help="A rule to look at: folder:LEVEL, pattern:REGEX, time:SECONDS, column:NAME, duplicates[:THRESHOLD] or "
            "none; default: the groups in use."
        ),
    ] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Group the images by that rule from now on.")] = False,
    fix: Annotated[
        str | None,
        typer.Option(
            help="Mend leaks: set-aside (the leaking held-out images stop counting), move (they train), or undo (the "
            "split as it was drawn)."
        ),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Largest groups and example pairs to list.")] = 8,
    as_json: AsJson = False,
) -> None:
    """Show which images belong together, what crosses the splits, and mend it; without --apply or --fix only look."""
    if apply and not by:
        raise InputError("Group the images by what? Add --by, such as --by folder:2.")
    if fix is not None and fix not in (*FIXES, "undo"):
        raise InputError(f"There is no fix {fix}: give {', '.join(FIXES)} or undo.")
    project = Project.open(path)
    if apply:
        project.group_images(by)
    mended = project.fix_leaks(fix) if fix is not None else None
    found = project.groups.preview("" if apply else by, count)
    leaks = found.leaks if by and not apply else project.groups.leaks()
    text = _lines(project, found)
    mended_text = [] if mended is None else [_mended(fix, mended)]
    num_fixed = project.groups.num_fixed
    info: dict[str, Any] = {
        "rule": found.groups.rule, "applied": apply, "groups": len(found.groups.sizes),
        "images": found.groups.num_together, "alone": len(found.groups.of_image) - found.groups.num_together,
        "largest": [{"name": one.name, "size": one.size, "first": one.ids.tolist()} for one in found.largest],
        "pairs": [{"ids": [pair.one, pair.other], "distance": pair.distance} for pair in found.pairs],
        "leaks": leak_info(leaks), "fixed": None if mended is None else mended.num_images, "left_out": num_fixed,
    }  # fmt: skip
    lines = [
        *text,
        *mended_text,
        leaks.sentence,
        *([f"  To mend them: winnow groups {path} --fix set-aside (or move)"] if leaks.num_images and not by else []),
        *([f"{num_fixed:,} held-out images that were drawn no longer count; back: --fix undo"] if num_fixed else []),
        *([f"Nothing was changed. To use it: winnow groups {path} --by '{by}' --apply"] if by and not apply else []),
    ]
    answer(info, "\n".join(lines), as_json=as_json)


def _lines(project: Project, found: GroupPreview) -> list[str]:
    names, lines = project.images.names, [found.groups.sentence]
    if not found.largest:
        return [f"No image shares a group with another (groups by {found.groups.rule})."]
    for one in found.largest:
        first = ", ".join(str(name) for name in names[one.ids[:3]])
        lines.append(f"  {one.size:>6,}  {one.name}  ({first}{' …' if one.size > 3 else ''})")
    if found.pairs:
        lines.append("The loosest pairs, by the cosine distance of thumbnails; a lower threshold parts them:")
    return [*lines, *(f"  {pair.distance:.4f}  {names[pair.one]}  {names[pair.other]}" for pair in found.pairs)]


def leak_info(leaks: Leaks) -> dict[str, Any]:
    """Return the leaks for JSON: images by part, and groups."""
    return {"images": leaks.num_images, "groups": leaks.num_groups, "rule": leaks.rule, "parts": dict(leaks.ids)}


def changed_since(project: Project, run: str) -> str:
    """Say that a run's stored numbers were computed with images that no longer count; empty where none were."""
    changed = project.groups.changed_since(run)
    what = "1 image is" if changed == 1 else f"{changed:,} images are"
    return f"{run} was prepared before leaks were mended: {what} in another part now than then." if changed else ""


def _mended(fix: str | None, leaks: Leaks) -> str:
    if fix == "undo":
        return "The split is again as it was drawn."
    what = "train from now on" if fix == "move" else "no longer count"
    return f"Mended: {leaks.num_images:,} held-out images {what}; splits.npz is as it was drawn."
