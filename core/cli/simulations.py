"""winnow simulate: what would the loop be worth here? A simulated reviewer plays it where the true labels are known."""

import time
from dataclasses import asdict
from typing import Annotated, Any

import typer

from core.base.config import Between, SimulateConfig, TrainConfig
from core.base.errors import RunError
from core.base.presets import recipe
from core.base.types import LIVE_STATES
from core.cli.options import AsJson, ProjectPath, answer, percent, with_options_of
from core.jobs.job_folder import JobStatus
from core.project import Project
from core.simulation.simulations import DEFAULT_CUTS, DEFAULT_QUEUES, Simulation, Simulations
from core.simulation.strategies import CUTS, REVIEW_QUEUES, Point
from core.simulation.worker import run_simulation

Queues = Annotated[
    list[str] | None,
    typer.Option("--queue", help=f"Where clicks go, may be given again: {', '.join(REVIEW_QUEUES)}. [default: "
                 f"{', '.join(DEFAULT_QUEUES)}]", show_default=False),
]  # fmt: skip
Cuts = Annotated[
    list[str] | None,
    typer.Option("--cut", help=f"What is accepted without a look, as name=number, may be given again: "
                 f"{', '.join(f'{name} ({text})' for name, text in CUTS.items())}. [default: "
                 f"{', '.join(DEFAULT_CUTS)}]", show_default=False),
]  # fmt: skip


class _Options(SimulateConfig, TrainConfig):
    """Both families of settings, with a small budget of training."""

    epochs: Annotated[int, Between(1, 1_000_000)] = 20
    """Passes over the labeled set, in every training."""


@with_options_of(_Options)
def simulate(
    path: ProjectPath,
    settings: dict[str, Any],
    queue: Queues = None,
    cut: Cuts = None,
    wait: Annotated[
        bool,
        typer.Option("--wait/--no-wait", help="Play it here, or in a process of its own."),
    ] = True,
    stop: Annotated[str | None, typer.Option("--cancel", help="Stop the live simulation of this number.")] = None,
    show: Annotated[str | None, typer.Option("--show", help="Say how far the simulation of this number is.")] = None,
    as_json: AsJson = False,
) -> None:
    """Let a simulated reviewer play the whole loop in a sandbox, and write curves of accuracy, error and clicks."""
    project = Project.open(path)
    simulations = Simulations(project.workspace)
    if stop is not None:
        simulations.cancel(stop)
        answer({"simulation": stop, "cancelled": True}, f"Simulation {stop} was asked to stop.", as_json=as_json)
        return
    if show is not None:
        found = simulations.find(show)
        now = found.status
        head = f"Simulation {show}: {now.state}, {now.done} of {now.total} trainings. {now.message}".rstrip()
        answer(_facts(found), f"{head}\n{_table(found)}", as_json=as_json)
        return
    mine = {name: value for name, value in settings.items() if name in SimulateConfig.model_fields}
    training = {"epochs": _Options.model_fields["epochs"].default} | {
        name: value for name, value in settings.items() if name not in mine
    }
    asked = (queue or DEFAULT_QUEUES, cut or DEFAULT_CUTS, SimulateConfig.checked(mine), recipe(training))
    if not wait:
        made = simulations.start(*asked)
        answer(_facts(made), f"Simulation {made.id} is on its way; its files: {made.path}", as_json=as_json)
        return
    made = simulations.prepare(*asked)
    if not as_json:
        typer.echo(f"Simulation {made.id}: at most {made.status.total} trainings; its files: {made.path}")
    run_simulation(made, project, None if as_json else _Teller().tell)
    if made.status.state not in (*LIVE_STATES, "done"):
        raise RunError(f"Simulation {made.id} is {made.status.state}. {made.status.message}")
    answer(_facts(made), _table(made), as_json=as_json)


class _Teller:
    """Prints each point as it comes, with the time that is left."""

    def __init__(self) -> None:
        self._begin = time.monotonic()

    def tell(self, status: JobStatus, point: Point | None) -> None:
        """One line for each round of each contestant."""
        if point is None:
            return
        spent = time.monotonic() - self._begin
        left = f"{spent / status.done * (status.total - status.done):.0f} s left" if status.done else ""
        wrong = f", {percent(point.accepted_error)} of them wrong" if point.accepted else ""
        typer.echo(
            f"seed {point.seed}  {point.label}  round {point.round}: test {percent(point.test_accuracy)}, "
            f"{point.accepted:,} accepted{wrong}, {point.clicks:,} clicks  {left}"
        )


def _facts(simulation: Simulation) -> dict[str, Any]:
    return {
        "simulation": simulation.id, "folder": str(simulation.path), **asdict(simulation.status),
        "settings": simulation.settings.model_dump(), "train": simulation.train.model_dump(),
        "contestants": [one.label for one in simulation.contestants], "summary": simulation.summary(),
    }  # fmt: skip


def _table(simulation: Simulation) -> str:
    def share(value: float | None) -> str:
        return "–" if value is None else percent(value)

    rows = [("", "test before", "after", "(range)", "clicks", "accepted", "wrong", "wrong in a round")]
    for row in simulation.summary():
        low, high = row["test_accuracy_low"], row["test_accuracy_high"]
        rows.append((
            row["contestant"], share(row["baseline_accuracy"]), share(row["test_accuracy"]),
            f"{percent(low)} to {percent(high)}" if row["seeds"] > 1 else "one seed",
            f"{row['clicks']:,.0f}", f"{row['accepted']:,.0f}",
            share(row["accepted_error"]), share(row["selected_error"]),
        ))  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, f"Curves: {simulation.path}"])
