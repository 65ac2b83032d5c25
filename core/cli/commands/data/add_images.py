"""Commands add and relink: take new images into a project, find originals that have moved."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.commands.data.description import print_image_progress
from core.cli.options import AsJson, ProjectPath, Reviewer
from core.cli.output import answer
from core.data.sources.source_preview import grouped, left_out_lines
from core.project import Project


def add(
    path: ProjectPath,
    source: Annotated[
        str, typer.Argument(metavar="[SOURCE]", help="The new images, as for `new`; default: the project's own source.")
    ] = "",
    root: Annotated[Path | None, typer.Option(help="Where the paths of a table start.")] = None,
    reviewer: Reviewer = "me",
    as_json: AsJson = False,
) -> None:
    """Take new images into a project: ids, splits, decisions and runs stay, the pool grows."""
    project = Project.open(path)
    grown = project.add_images(source, root=root, reviewer=reviewer, on_progress=print_image_progress())
    groups = grouped(grown.left_out)
    info = {
        "path": project.path,
        "added": grown.count,
        "first": grown.first,
        "labeled": grown.num_labeled,
        "known": grown.num_known,
        "new_classes": list(grown.new_classes),
        "images": len(project.images.labels),
        "pool": len(project.splits.pool),
        "left_out": [{"reason": g.reason, "suffix": g.suffix, "count": g.count} for g in groups],
        "remarks": list(grown.remarks),
    }
    lines = [
        f"{project.name}: {grown.count:,} images added ({grown.num_labeled:,} labeled), {grown.num_known:,} known; "
        f"{len(project.images.labels):,} in all, {len(project.splits.pool):,} in the pool",
        *([f"  new classes: {', '.join(grown.new_classes)}"] if grown.new_classes else []),
        *[f"  {text}" for text in grown.remarks],
        *[f"  {line}" for line in left_out_lines(groups)],
    ]
    answer(info, "\n".join(lines), as_json=as_json)


def relink(
    path: ProjectPath,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the images are now, or a folder above.")],
    as_json: AsJson = False,
) -> None:
    """Find the original files of a project in the folder that they have moved to, by path and by content."""
    project = Project.open(path)
    found = project.relink(folder)
    text = f"{project.name}: {found:,} images found again in {folder}" if found else "No image is missing."
    answer({"path": project.path, "found": found}, text, as_json=as_json)
