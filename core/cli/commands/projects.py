"""Commands demo, duplicates and open: make the demo, look for copies, open the dashboard."""

import importlib.util
import os
import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from core.base.errors import ServerError
from core.base.presets import recipe
from core.cli.commands.data.description import describe_project
from core.cli.options import AsJson, ProjectPath
from core.cli.output import answer
from core.project import Project


def demo(
    path: Annotated[
        Path | None, typer.Argument(metavar="[PATH]", help="Where to make it; default: Winnow's own folder.")
    ] = None,
    labeled: Annotated[
        int | None,
        typer.Option(help="Labeled images to make it with, 0 to 7,000, evenly over the classes; 100 by default."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make the demo project if there is none: 10,000 real Fashion-MNIST images, no network needed."""
    describe_project(Project.demo(path, labeled=labeled), as_json)


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


def open_project(
    path: Annotated[
        Path | None, typer.Argument(metavar="[PATH]", help="Folder of the project; without it, the start page.")
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8501,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser window.")] = True,
    demo: Annotated[bool, typer.Option("--demo", help="Open the demo, made if there is none.")] = False,
) -> None:
    """Open the dashboard on a project, on the demo, or on the start page."""
    if importlib.util.find_spec("streamlit") is None:
        raise ServerError("The dashboard needs Streamlit: install it with: pip install streamlit uvloop")
    project = Project.demo(path) if demo else Project.open(path) if path is not None else None
    if demo and project is not None and not project.runs():
        print("Suggesting labels for the demo: features and a head, a few seconds.", flush=True)
        project.wait_run(project.start_run(recipe({"method": "head"})).id, timeout=120)
    words = [sys.executable, "-m", "dashboard", *([] if project is None else [str(project.path)]), "--port", str(port)]
    sys.stdout.flush()
    os.execv(sys.executable, words if browser else [*words, "--no-browser"])
