"""winnow open: hand over to the dashboard, a program of its own, so that everything else works without Streamlit."""

import importlib.util
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.base.errors import ServerError
from core.project import Project


def open_project(
    path: Annotated[
        Path | None, typer.Argument(metavar="[PATH]", help="Folder of the project; the demo if left out.")
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8501,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser window.")] = True,
) -> None:
    """Open the dashboard on a project, or on the demo."""
    if importlib.util.find_spec("streamlit") is None:
        raise ServerError("The dashboard needs Streamlit: install it with: pip install streamlit uvloop")
    project = Project.demo() if path is None else Project.open(path)
    words = [sys.executable, "-m", "dashboard", str(project.path), "--port", str(port)]
    sys.stdout.flush()
    os.execv(sys.executable, words if browser else [*words, "--no-browser"])
