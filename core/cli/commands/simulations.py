"""Command simulate: simulated review where the true labels are known."""

import time
from dataclasses import asdict
from typing import Annotated, Any

import typer

from core.base.config import Between, TrainConfig
from core.base.errors import RunError, unknown_name
from core.base.presets import recipe
from core.base.types import LIVE_STATES
from core.cli.options import AsJson, ProjectPath, with_options_of
from core.cli.output import answer, format_range, percent
from core.jobs.job_folder import JobStatus
from core.project import Project
from core.simulation.curves import SimulationPoint
from core.simulation.simulate_config import SimulateConfig
from core.simulation.simulation_worker import run_simulation
from core.simulation.simulations import DEFAULT_ACCEPT_RULES, DEFAULT_QUEUES, Simulation, Simulations
from core.simulation.strategies import ACCEPT_RULES, REVIEW_QUEUES

_STORED_NAMES = {"high-probability": "careful", "plug-in": "plug_in"}
"""Accept rules whose name in a simulation's files is not the one to type."""
TYPED_RULES = {
    {stored: name for name, stored in _STORED_NAMES.items()}.get(name, name): t for name, t in ACCEPT_RULES.items()
}
"""By the name to type: what its number means."""
Queues = Annotated[
    list[str] | None,
    typer.Option("--queue", help=f"Where clicks go, may be given again: {', '.join(REVIEW_QUEUES)}. [default: "
                 f"{', '.join(DEFAULT_QUEUES)}]", show_default=False),
]  # fmt: skip
AcceptRules = Annotated[
    list[str] | None,
    typer.Option("--accept-rule", help=f"What is accepted in bulk, as name=number, may be given again: "
                 f"{', '.join(f'{name} ({text})' for name, text in TYPED_RULES.items())}. [default: "
                 f"{', '.join(DEFAULT_ACCEPT_RULES)}]", show_default=False),
]  # fmt: skip


class _Settings(SimulateConfig, TrainConfig):
    """Settings of a simulation and of its short trainings."""

    epochs: Annotated[int, Between(1, 1_000_000)] = 20
    """Passes over the labeled set, in every training."""


@with_options_of(_Settings)
def simulate(
    path: ProjectPath,
    settings: dict[str, Any],
    queue: Queues = None,
    accept_rule: AcceptRules = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Simulate in this process, or start a process of its own.")
    ] = True,
    stop: Annotated[str | None, typer.Option("--cancel", help="Cancel the live simulation with this number.")] = None,
    show: Annotated[
        str | None, typer.Option("--show", help="Show the progress of the simulation with this number.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate the review loop in a sandbox, and write curves of accuracy, error and clicks."""
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
        answer(_simulation_info(found), f"{head}\n{_table(found)}", as_json=as_json)
        return
    own = {name: value for name, value in settings.items() if name in SimulateConfig.model_fields}
    training = {"epochs": _Settings.model_fields["epochs"].default} | {
        name: value for name, value in settings.items() if name not in own
    }
    rules = [_stored_rule(text) for text in accept_rule] if accept_rule else DEFAULT_ACCEPT_RULES
    request = (queue or DEFAULT_QUEUES, rules, SimulateConfig.checked(own), recipe(training))
    if not wait:
        made = simulations.start(*request)
        answer(_simulation_info(made), f"Simulation {made.id} is on its way; its files: {made.path}", as_json=as_json)
        return
    made = simulations.prepare(*request)
    if not as_json:
        typer.echo(f"Simulation {made.id}: at most {made.status.total} trainings; its files: {made.path}")
    run_simulation(made, project, None if as_json else _Progress().show)
    if made.status.state not in (*LIVE_STATES, "done"):
        raise RunError(f"Simulation {made.id} is {made.status.state}. {made.status.message}")
    answer(_simulation_info(made), _table(made), as_json=as_json)


def _stored_rule(text: str) -> str:
    name, _, number = text.partition("=")
    stored = _STORED_NAMES.get(name.replace("_", "-"), name)
    if stored not in ACCEPT_RULES:
        raise unknown_name("accept rule", name, TYPED_RULES)
    return f"{stored}={number}" if "=" in text else stored


class _Progress:
    """Prints each point as it comes, with the time that is left."""

    def __init__(self) -> None:
        self._begin = time.monotonic()

    def show(self, status: JobStatus, point: SimulationPoint | None) -> None:
        """Print one line per round of each review strategy."""
        if point is None:
            return
        spent = time.monotonic() - self._begin
        left = f"{spent / status.done * (status.total - status.done):.0f} s left" if status.done else ""
        wrong = f", {percent(point.accepted_error)} of them wrong" if point.accepted else ""
        typer.echo(
            f"seed {point.seed}  {point.label}  round {point.round}: test {percent(point.test_accuracy)}, "
            f"{point.accepted:,} accepted{wrong}, {point.clicks:,} clicks  {left}"
        )


def _simulation_info(simulation: Simulation) -> dict[str, Any]:
    return {
        "simulation": simulation.id, "folder": str(simulation.path), **asdict(simulation.status),
        "settings": simulation.settings.model_dump(), "train": simulation.train.model_dump(),
        "contestants": [one.label for one in simulation.strategies], "summary": simulation.summary(),
    }  # fmt: skip


def _table(simulation: Simulation) -> str:
    def share(value: float | None) -> str:
        return "–" if value is None else percent(value)

    rows = [("", "test before", "after", "(range)", "clicks", "accepted", "wrong", "wrong in a round")]
    for row in simulation.summary():
        low, high = row["test_accuracy_low"], row["test_accuracy_high"]
        rows.append((
            row["contestant"], share(row["baseline_accuracy"]), share(row["test_accuracy"]),
            format_range(low, high) if row["seeds"] > 1 else "one seed",
            f"{row['clicks']:,.0f}", f"{row['accepted']:,.0f}",
            share(row["accepted_error"]), share(row["selected_error"]),
        ))  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, f"Curves: {simulation.path}"])
