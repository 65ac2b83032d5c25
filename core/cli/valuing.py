"""winnow control, winnow worth: a control arm beside a curated run, and what the person's decisions bought over it."""

from dataclasses import asdict
from typing import Annotated

import typer

from core.cli.options import AsJson, ProjectPath, RunId, answer
from core.cli.runs import Wait, follow
from core.experiments.control_runs import CONTROL_KINDS
from core.project import Project


def control(
    path: ProjectPath,
    run: RunId,
    arm: Annotated[str, typer.Option(help=f"What it trains on: {', '.join(CONTROL_KINDS)}.")] = CONTROL_KINDS[0],
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Train what a curated run would have been without the person: same seed, budget and parent."""
    follow(Project.open(path).start_control_run(run, arm), wait, as_json)


def worth(path: ProjectPath, run: RunId, as_json: AsJson = False) -> None:
    """Say what 100 decisions bought over each control arm of a run, and whether to go on reviewing."""
    project = Project.open(path)
    advice = project.stop_advice(run)
    found = {name: (arm, project.review_value(name, run)) for name, arm in project.control_runs(run).items()}
    facts = {
        "run": run,
        "stop": advice.is_enough,
        "reasons": advice.reasons,
        "values": {
            name: {"arm": arm, "measurable": value.is_measurable, **asdict(value)}
            for name, (arm, value) in found.items()
        },
    }
    lines = [
        f"{value.sentence} over {name} ({arm}): {value.num_decisions:,} decisions, {value.n:,} test images"
        for name, (arm, value) in found.items()
    ]
    if not found:
        lines = [f"No control arm of {run} has been trained yet: winnow control {path} {run}"]
    answer(facts, "\n".join([*lines, advice.sentence, *(f"  {reason}" for reason in advice.reasons)]), as_json=as_json)
