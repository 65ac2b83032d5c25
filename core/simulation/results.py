"""Results of a simulation as files: curves.csv, curves.json and curves.svg."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.jobs.job_folder import plain
from core.simulation.curves import QUANTITIES, SimulationPoint, curve, labels_of
from core.simulation.simulations import Simulation
from core.store.svg_charts import Line, Panel, line_charts

CHART, DATA = "curves.svg", "curves.json"
SIMULATION_FILES = {"curves.csv": "text/csv", DATA: "application/json", CHART: "image/svg+xml"}
"""Result files of a simulation and their media types."""


def write_results(simulation: Simulation) -> None:
    """Write curves.csv, curves.json and curves.svg from the points so far."""
    points = simulation.points()
    rows = [plain(vars(point)) for point in points]
    simulation.folder.write_table(rows)
    settings = simulation.folder.settings()
    curves = {label: {name: _plain_curve(points, label, name) for name in QUANTITIES} for label in labels_of(points)}
    facts = {"settings": settings, "summary": simulation.summary(), "curves": curves, "points": rows}
    simulation.folder.write_json(DATA, facts)
    simulation.folder.write_text(CHART, _chart(simulation, points))


def _plain_curve(points: Sequence[SimulationPoint], label: str, quantity: str) -> dict[str, Any]:
    found = curve(points, label, quantity)
    means = {"mean": found.mean, "low": found.low, "high": found.high}
    numbers = {name: [None if np.isnan(v) else v for v in values.tolist()] for name, values in means.items()}
    return {"rounds": found.rounds.tolist(), **numbers}


def _chart(simulation: Simulation, points: Sequence[SimulationPoint]) -> str:
    panels = []
    for quantity, title in QUANTITIES.items():
        lines = []
        for label in labels_of(points):
            found = curve(points, label, quantity)
            lines.append(Line(label, found.rounds.astype(float), found.mean, found.low, found.high))
        panels.append(Panel(title, quantity in ("test_accuracy", "accepted_error"), lines))
    settings, train = simulation.settings, simulation.train
    seeds = f"{settings.seeds} seed" + ("s: mean, band from lowest to highest" if settings.seeds > 1 else "")
    training = f"{train.model_name}, {train.epochs:,} epochs" if train.is_network else train.model_name
    note = (
        f"Simulated reviewer: {settings.clicks:,} clicks a round, {100 * settings.error_rate:g} % of them wrong. "
        f"{training}; {seeds}."
    )
    return line_charts(f"Simulated review {simulation.id}", panels, "round", note)
