"""Results of a simulation as files: curves.csv, curves.json and curves.svg."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.jobs.job_folder import plain
from core.simulation.simulations import Simulation
from core.simulation.strategies import QUANTITIES, Point, curve, labels_of
from core.store.svg_charts import Line, Panel, line_charts

CHART, DATA = "curves.svg", "curves.json"
SIMULATION_FILES = {"curves.csv": "text/csv", DATA: "application/json", CHART: "image/svg+xml"}
"""What a simulation writes, with its media type."""


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


def _plain_curve(points: Sequence[Point], label: str, quantity: str) -> dict[str, Any]:
    found = curve(points, label, quantity)
    means = {"mean": found.mean, "low": found.low, "high": found.high}
    numbers = {name: [None if np.isnan(v) else v for v in values.tolist()] for name, values in means.items()}
    return {"rounds": found.rounds.tolist(), **numbers}


def _chart(simulation: Simulation, points: Sequence[Point]) -> str:
    panels = []
    for quantity, title in QUANTITIES.items():
        lines = []
        for label in labels_of(points):
            found = curve(points, label, quantity)
            lines.append(Line(label, found.rounds.astype(float), found.mean, found.low, found.high))
        panels.append(Panel(title, quantity in ("test_accuracy", "accepted_error"), lines))
    asked, train = simulation.settings, simulation.train
    seeds = f"{asked.seeds} seed" + ("s: mean, band from lowest to highest" if asked.seeds > 1 else "")
    note = (
        f"Simulated reviewer: {asked.clicks:,} clicks a round, {100 * asked.error_rate:g} % of them wrong. "
        f"{train.model}, {train.epochs:,} epochs; {seeds}."
    )
    return line_charts(f"Simulated review {simulation.id}", panels, "round", note)
