"""Command hide: images that count nowhere, with the reason; shown again, taken back."""

from typing import Annotated, Any

import numpy as np
import typer

from core.base.errors import InputError
from core.base.types import Ids
from core.cli.options import AsJson, ProjectPath, Reviewer
from core.cli.output import answer
from core.data.hidden.hidden_edits import REASONS
from core.project import Project

_NAMED = 3
"""Names listed of each reason."""


def hide(
    path: ProjectPath,
    image: Annotated[list[int] | None, typer.Option("--image", help="Number of an image; may be given again.")] = None,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help='Name of images, or a pattern such as "scans/*.png"; may be given again.'),
    ] = None,
    reason: Annotated[
        str, typer.Option(help=f"Why they are hidden, any text: {', '.join(REASONS[:3])}, …; needed to hide.")
    ] = "",
    show: Annotated[bool, typer.Option("--show", help="Show these images again.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take back the latest hiding, or showing again.")] = False,
    reviewer: Reviewer = "me",
    as_json: AsJson = False,
) -> None:
    """Hide images from every part, queue, training and export; without images list those that are hidden."""
    project = Project.open(path)
    if undo and (show or image or name):
        raise InputError("--undo takes back the latest change: name no images with it.")
    if reason and (show or undo):
        raise InputError("A reason is for hiding: leave --reason out.")
    changed, text = np.empty(0, np.int64), []
    if undo:
        number = project.undo_hide(reviewer=reviewer)
        text = [f"Change {number} is taken back."]
    elif image or name:
        ids = _named(project, image or [], name or [])
        changed = project.show_images(ids, reviewer) if show else project.hide_images(ids, reason, reviewer)
        text = [_done(len(ids), len(changed), show)]
    elif show or reason:
        raise InputError("Which images? Name them by --image or --name.")
    hidden = project.hidden_images
    info: dict[str, Any] = {
        "changed": changed.tolist(), "hidden": len(hidden), "changes": len(hidden.changes), "note": project.hidden_note,
        "reasons": [{"reason": why, "images": ids.tolist()} for why, ids in hidden.by_reason().items()],
    }  # fmt: skip
    answer(info, "\n".join([*text, *_lines(project)]), as_json=as_json)


def _named(project: Project, images: list[int], patterns: list[str]) -> Ids:
    found = [project.find_images(pattern) for pattern in patterns]
    return np.concatenate([np.array(images, dtype=np.int64), *found])


def _done(num: int, changed: int, is_show: bool) -> str:
    what = "shown again" if is_show else "hidden"
    other = "not hidden" if is_show else "hidden already"
    rest = f"; {num - changed:,} of the named were {other}" if num > changed else ""
    return f"{changed:,} {'image' if changed == 1 else 'images'} {what}{rest}."


def _lines(project: Project) -> list[str]:
    hidden, names = project.hidden_images, project.images.names
    if not len(hidden):
        return ["No image is hidden."]
    lines = [f"{len(hidden):,} of {len(names):,} images are hidden:"]
    for reason, ids in hidden.by_reason().items():
        first = ", ".join(f"{image} {names[image]}" for image in ids[:_NAMED].tolist())
        lines.append(f"  {len(ids):>8,}  {reason}  ({first}{', …' if len(ids) > _NAMED else ''})")
    return [*lines, *filter(None, [project.hidden_note])]
