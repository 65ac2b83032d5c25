"""Charts as functions of arrays: each answers with a Plotly figure and knows neither Streamlit nor a project."""

from dashboard.charts.compare import class_mix, confusion, difference, per_class
from dashboard.charts.data import class_counts
from dashboard.charts.scores import (
    coverage_error,
    foreign_histogram,
    limits,
    pool_histogram,
    reliability_diagram,
    right_wrong_histogram,
)
from dashboard.charts.simulate import simulated
from dashboard.charts.style import CONFIG, CYCLE
from dashboard.charts.training import (
    accuracy_curves,
    drift_curve,
    loss_curves,
    mix_curves,
    pool_curves,
    schedule_curve,
    two_curves,
)

__all__ = [
    "CONFIG",
    "CYCLE",
    "accuracy_curves",
    "class_counts",
    "class_mix",
    "confusion",
    "coverage_error",
    "difference",
    "drift_curve",
    "foreign_histogram",
    "limits",
    "loss_curves",
    "mix_curves",
    "per_class",
    "pool_curves",
    "pool_histogram",
    "reliability_diagram",
    "right_wrong_histogram",
    "schedule_curve",
    "simulated",
    "two_curves",
]
