"""winnow demo, winnow new: make a project."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.base.config import SplitConfig
from core.cli.options import AsJson, ProjectPath, answer, with_options_of
from core.project import Project


def demo(
    path: Annotated[
        Path | None, typer.Argument(metavar="[PATH]", help="Where to make it; Winnow's own place if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make the demo project if there is none: 10,000 real Fashion-MNIST images, no network needed."""
    _describe(Project.demo(path), as_json)


@with_options_of(SplitConfig)
def new(
    path: ProjectPath,
    source: Annotated[
        str,
        typer.Option(
            help="A folder of images (one sub-folder per class, and perhaps `unlabeled`), or a built-in data set: "
            "demo, mnist, fashion_mnist, cifar10, svhn, stl10."
        ),
    ],
    settings: dict[str, Any],
    name: Annotated[str | None, typer.Option(help="Name shown on the pages; the folder's name if left out.")] = None,
    image_size: Annotated[
        int | None,
        typer.Option(min=8, max=1024, help="Pixels a side, for image folders; chosen from the images if left out."),
    ] = None,
    root: Annotated[Path | None, typer.Option(help="Folder that holds a built-in data set's files.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a project from a folder of images or a built-in data set, and draw its splits."""
    split = SplitConfig.checked(settings) if settings else None
    _describe(Project.create(path, source, name=name, split=split, image_size=image_size, root=root), as_json)


def _describe(project: Project, as_json: bool) -> None:
    summary = project.summary()
    facts = {
        "path": project.path,
        "name": project.name,
        "images": summary.num_images,
        "classes": list(summary.class_names),
        "splits": dict(summary.split_sizes),
        "set_aside": summary.num_set_aside,
        "quarantined": [{"name": q.name, "reason": q.reason} for q in summary.quarantined],
    }
    lines = [
        f"{project.name}: {summary.num_images:,} images, {len(summary.class_names)} classes, in {project.path}",
        "  " + " · ".join(f"{count:,} {name}" for name, count in summary.split_sizes.items()),
        *([f"  {summary.num_set_aside} exact duplicates set aside"] if summary.num_set_aside else []),
        *[f"  left out: {q.name}: {q.reason}" for q in summary.quarantined[:10]],
        *([f"  … and {len(summary.quarantined) - 10} more left out"] if len(summary.quarantined) > 10 else []),
    ]
    answer(facts, "\n".join(lines), as_json=as_json)
