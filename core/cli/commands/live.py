"""Command live: the model that learns while images are reviewed."""

from dataclasses import asdict
from typing import Annotated

import typer

from core.cli.options import AsJson, ProjectPath, RunId
from core.cli.output import answer, format_estimate
from core.project import Project


def live(
    path: ProjectPath,
    run: RunId,
    refresh: Annotated[bool, typer.Option("--refresh", help="Learn from all decisions so far, and wait.")] = False,
    interval: Annotated[
        int | None, typer.Option(help="Decisions after which the model learns again; 0: only when asked.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what the live model of a run knows, its learning curve, and what the last clicks bought."""
    project = Project.open(path)
    project.workspace.finished_run(run)
    if interval is not None:
        project.live.set_interval(interval)
    state = project.live.refresh(run, wait=True) if refresh else project.live.state(run)
    curve, gain = project.live.curve(run), project.live.gain(run)
    when = f"learns again after {state.interval:,} decisions" if state.interval else "learns when it is asked"
    lines = [f"{state.version}: {state.num_new:,} decisions since; {when}"]
    lines += [
        f"  {one.num_clicks:>6,} clicks, {one.num_bulk:,} in bulk: {format_estimate(one.accuracy)}  {one.version}"
        for one in curve
    ]
    lines += [] if gain is None else [gain.sentence]
    info = {
        **asdict(state),
        "curve": [asdict(point) for point in curve],
        "gain": None if gain is None else {**asdict(gain), "sentence": gain.sentence},
    }
    answer(info, "\n".join(lines), as_json=as_json)
