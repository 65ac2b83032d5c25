"""Charts: Plotly figures as functions of arrays, without Streamlit or a project."""

from dashboard.charts.compare import class_mix, confusion, difference, per_class
from dashboard.charts.data import class_counts, column_counts
from dashboard.charts.scores import (
    coverage_error,
    ood_histogram,
    pool_histogram,
    reliability_diagram,
    right_wrong_histogram,
    score_range,
)
from dashboard.charts.simulate import simulation_curves
from dashboard.charts.style import COLOR_CYCLE, CONFIG
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
    "COLOR_CYCLE",
    "CONFIG",
    "accuracy_curves",
    "class_counts",
    "class_mix",
    "column_counts",
    "confusion",
    "coverage_error",
    "difference",
    "drift_curve",
    "loss_curves",
    "mix_curves",
    "ood_histogram",
    "per_class",
    "pool_curves",
    "pool_histogram",
    "reliability_diagram",
    "right_wrong_histogram",
    "schedule_curve",
    "score_range",
    "simulation_curves",
    "two_curves",
]
