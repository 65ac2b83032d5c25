"""Commands demo, new, duplicates and open: make a project, look for copies, open the dashboard."""

import importlib.util
import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from core.base.config import SplitConfig, TrainConfig
from core.base.errors import ServerError
from core.cli.options import AsJson, ProjectPath, Reviewer, with_options_of
from core.cli.output import answer
from core.project import Project
from core.workspace.creation import create_project


def demo(
    path: Annotated[
        Path | None, typer.Argument(metavar="[PATH]", help="Where to make it; default: Winnow's own folder.")
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
            help="Folder of images (one sub-folder per class, and perhaps `unlabeled`; or images alone), or a built-in "
            "data set: demo, mnist, fashion_mnist, cifar10, svhn, stl10."
        ),
    ],
    settings: dict[str, Any],
    name: Annotated[str | None, typer.Option(help="Name shown on the pages; the folder's name by default.")] = None,
    image_size: Annotated[
        int | None,
        typer.Option(min=8, max=1024, help="Pixels a side, for image folders; chosen from the images by default."),
    ] = None,
    root: Annotated[Path | None, typer.Option(help="Folder that holds a built-in data set's files.")] = None,
    classes: Annotated[
        str, typer.Option(help="Names of further classes without images, with commas between: cat,dog.")
    ] = "",
    hide_labels: Annotated[
        bool,
        typer.Option("--hide-labels", help="Where all images have a label: hide most, to try Winnow out on the rest."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show the parts and what their sizes can show; keep nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a project from a folder of images or a built-in data set, and draw its splits."""
    split = SplitConfig.checked(settings) if settings else None
    added = [name for name in classes.split(",") if name.strip()]
    values: dict[str, Any] = {"split": split, "image_size": image_size, "root": root, "classes": added}
    values |= {"hide_labels": hide_labels}
    if not dry_run:
        _describe(Project.create(path, source, name=name, **values), as_json)
        return
    with tempfile.TemporaryDirectory(prefix="winnow-dry-run-") as folder:
        place = Path(folder) / path.name
        create_project(place, source, name=name, **values)
        _describe(Project(place), as_json, kept=False)


def _describe(project: Project, as_json: bool, *, kept: bool = True) -> None:
    summary = project.summary()
    notes = list(summary.size_notes)
    if not len(project.splits.pool) and summary.split_sizes["labeled"]:
        notes.append("To play with hidden labels instead, make the project with --hide-labels.")
    info = {
        "path": project.path if kept else None,
        "name": project.name,
        "images": summary.num_images,
        "classes": list(summary.class_names),
        "splits": dict(summary.split_sizes),
        "notes": notes,
        "set_aside": summary.num_set_aside,
        "quarantined": [{"name": q.name, "reason": q.reason} for q in summary.quarantined],
    }
    lines = [
        f"{project.name}: {summary.num_images:,} images, {len(summary.class_names)} classes, "
        f"{f'in {project.path}' if kept else 'nothing was written'}",
        "  " + " · ".join(f"{count:,} {name}" for name, count in summary.split_sizes.items()),
        *[f"  {note}" for note in notes],
        *([f"  {summary.num_set_aside} exact duplicates set aside"] if summary.num_set_aside else []),
        *[f"  left out: {q.name}: {q.reason}" for q in summary.quarantined[:10]],
        *([f"  … and {len(summary.quarantined) - 10} more left out"] if len(summary.quarantined) > 10 else []),
    ]
    answer(info, "\n".join(lines), as_json=as_json)


def duplicates(
    path: ProjectPath,
    count: Annotated[int, typer.Option(min=1, help="Number of stacks to list.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List stacks of near duplicates, and count those that hold a labeled image and one of another split."""
    project = Project.open(path)
    found = project.quality.near_duplicates()
    stacks = [np.flatnonzero(found.stacks == number).tolist() for number in range(min(count, found.num_stacks))]
    info = {
        "stacks": found.num_stacks,
        "images": found.num_images,
        "leaks": {"any": found.num_leaks, **found.leaks},
        "first": stacks,
    }
    lines = [
        f"Stacks of near duplicates: {found.num_stacks:,}, with {found.num_images:,} images. "
        f"With a labeled image and one of another split: {found.num_leaks:,}.",
        *["  " + ", ".join(f"{image} {project.images.names[image]}" for image in stack[:6]) for stack in stacks],
    ]
    answer(info, "\n".join(lines), as_json=as_json)


def classes(
    path: ProjectPath,
    add: Annotated[list[str] | None, typer.Option("--add", help="Name of a new class; may be given again.")] = None,
    reviewer: Reviewer = "me",
    as_json: AsJson = False,
) -> None:
    """List the classes of a project, or add some; a class keeps its number for ever."""
    project = Project.open(path)
    for name in add or []:
        project.add_class(name, reviewer)
    names = project.class_names
    text = "\n".join(f"{number:>4}  {name}" for number, name in enumerate(names)) or "No class yet: add one with --add."
    answer({"classes": list(names)}, text, as_json=as_json)


def open_project(
    path: Annotated[
        Path | None, typer.Argument(metavar="[PATH]", help="Folder of the project; the demo by default.")
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8501,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser window.")] = True,
) -> None:
    """Open the dashboard on a project, or on the demo."""
    if importlib.util.find_spec("streamlit") is None:
        raise ServerError("The dashboard needs Streamlit: install it with: pip install streamlit uvloop")
    project = Project.demo() if path is None else Project.open(path)
    if path is None and not project.runs():
        print("Suggesting labels for the demo: features and a head, a few seconds.", flush=True)
        project.wait_run(project.start_run(TrainConfig(method="head")).id, timeout=120)
    words = [sys.executable, "-m", "dashboard", str(project.path), "--port", str(port)]
    sys.stdout.flush()
    os.execv(sys.executable, words if browser else [*words, "--no-browser"])
