"""Charts of training: curves of one run or two, one point for each epoch or logged step."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core import Estimate
from dashboard.charts.style import (
    BLUE,
    COLOR_CYCLE,
    GOLD,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RUN_A,
    RUN_B,
    figure,
    shortened,
)

Metrics = Sequence[Mapping[str, Any]]

_LOSSES = {"labeled_loss": BLUE, "unlabeled_loss": ORANGE, "reject_loss": PURPLE, "val_loss": GREY}
_ACCURACIES = {"train_accuracy": GREY, "val_accuracy": BLUE, "calibration_accuracy": GREEN}
_POOL = {
    "mask_rate": BLUE,
    "pool_accuracy": GREY,
    "pool_kept_accuracy": GREEN,
    "calibration_kept_accuracy": GOLD,
    "flip_rate": ORANGE,
}
_NAMES = {
    "mask_rate": "kept",
    "pool_accuracy": "right, all (true labels known)",
    "pool_kept_accuracy": "right, kept (true labels known)",
    "calibration_kept_accuracy": "right, kept (hidden calibration items)",
    "flip_rate": "changed since last seen",
    "labeled_loss": "labeled",
    "unlabeled_loss": "unlabeled",
    "reject_loss": "rejected",
    "val_loss": "val",
    "train_accuracy": "train",
    "val_accuracy": "val",
    "calibration_accuracy": "pseudo-labels (hidden calibration items)",
}


def learning_curve(clicks: Sequence[int], accuracy: Sequence[Estimate]) -> go.Figure:
    """Draw val accuracy over clicks, with the 95 % interval of each model version.

    Args:
        clicks: Images decided one by one, by version.
        accuracy: Of each version on the val images.
    """
    chart = figure(x="clicks", y="val accuracy", height=260)
    values = [point.value for point in accuracy]
    up, down = [p.high - p.value for p in accuracy], [p.value - p.low for p in accuracy]
    chart.add_scatter(
        x=list(clicks), y=values, mode="lines+markers", line={"color": BLUE}, hovertemplate="%{y:.1%}",
        error_y={"type": "data", "symmetric": False, "array": up, "arrayminus": down, "color": GREY, "thickness": 1},
    )  # fmt: skip
    chart.update_layout(showlegend=False, margin_t=12)
    chart.update_yaxes(tickformat=".0%")
    return chart


def loss_curves(metrics: Metrics) -> go.Figure:
    """Draw each part of the training loss, and the loss on the val split."""
    return _curves(metrics, _LOSSES, "loss")


def accuracy_curves(metrics: Metrics) -> go.Figure:
    """Draw accuracy on train and val, and that of pseudo-labels on calibration items."""
    chart = _curves(metrics, _ACCURACIES, "accuracy")
    chart.update_yaxes(tickformat=".0%")
    return chart


def pool_curves(metrics: Metrics, x: str = "epoch") -> go.Figure:
    """Draw kept share, accuracy and change rate of the pseudo-labels of the pool.

    Args:
        metrics: Metrics by epoch or by step.
        x: "epoch" or "step".
    """
    chart = _curves(metrics, _POOL, "share", x=x)
    chart.update_yaxes(tickformat=".0%", range=[0, 1.02])
    return chart


def drift_curve(metrics: Metrics, x: str = "epoch") -> go.Figure:
    """Draw KL(kept class mix ‖ labeled class mix) of the pseudo-labels, in bits, ≥ 0.

    Args:
        metrics: Metrics by epoch or by step.
        x: "epoch" or "step".
    """
    chart = _curves(metrics, {"kl_to_prior": PURPLE}, "KL (bits)", height=220, x=x)
    chart.update_layout(showlegend=False, margin_t=12)
    chart.update_yaxes(rangemode="tozero")
    return chart


def mix_curves(metrics: Metrics, class_names: tuple[str, ...], x: str = "epoch") -> go.Figure:
    """Draw the share of each class among the kept pseudo-labels, stacked.

    Args:
        metrics: Metrics by epoch or by step.
        class_names: Names of the classes; beyond ten, the rest is "others".
        x: "epoch" or "step".
    """
    known = [row for row in metrics if row.get("class_mix")]
    chart = figure(x=x, y="share of the kept", height=300)
    names = shortened(class_names)
    shown = min(len(names), len(COLOR_CYCLE)) if len(names) <= len(COLOR_CYCLE) else len(COLOR_CYCLE) - 1
    rows = [(names[n], [row["class_mix"][n] for row in known], COLOR_CYCLE[n]) for n in range(shown)]
    if shown < len(names):
        rows.append(("others", [sum(row["class_mix"][shown:]) for row in known], GREY))
    for name, shares, color in rows:
        chart.add_scatter(
            x=[row[x] for row in known], y=shares, name=name, stackgroup="mix", mode="lines",
            line={"width": 0.5, "color": color}, hovertemplate="%{y:.0%}",
        )  # fmt: skip
    chart.update_yaxes(tickformat=".0%", range=[0, 1])
    return chart


def schedule_curve(metrics: Metrics, name: str, label: str) -> go.Figure:
    """Draw one schedule over the epochs.

    Args:
        metrics: Metrics by epoch.
        name: "learning_rate" or "unlabeled_weight".
        label: Title of the axis.
    """
    chart = _curves(metrics, {name: BLUE}, label, height=220)
    chart.update_layout(showlegend=False, margin_t=12)
    chart.update_yaxes(rangemode="tozero")
    return chart


def two_curves(metrics_a: Metrics, metrics_b: Metrics, run_a: str, run_b: str, name: str, label: str) -> go.Figure:
    """Draw one metric of two runs over the epochs.

    Args:
        metrics_a: Metrics of run A by epoch.
        metrics_b: Metrics of run B by epoch.
        run_a: Id of run A.
        run_b: Id of run B.
        name: Name of the metric.
        label: Title of the axis.
    """
    chart = figure(x="epoch", y=label)
    for metrics, run, color in ((metrics_a, run_a, RUN_A), (metrics_b, run_b, RUN_B)):
        chart.add_scatter(**_points(metrics, name), name=run, mode="lines", line={"color": color, "width": 2})
    return chart


def _curves(metrics: Metrics, colors: Mapping[str, str], label: str, height: int = 300, x: str = "epoch") -> go.Figure:
    chart = figure(x=x, y=label, height=height)
    for name, color in colors.items():
        points = _points(metrics, name, x)
        if any(points["y"]) or len(colors) == 1:
            mode = "lines" if len(points["y"]) > 1 else "markers"
            chart.add_scatter(**points, name=_NAMES.get(name, label), mode=mode, line={"color": color, "width": 2})
    return chart


def _points(metrics: Metrics, name: str, x: str = "epoch") -> dict[str, list[float]]:
    known = [row for row in metrics if row.get(name) is not None]
    return {"x": [row[x] for row in known], "y": [row[name] for row in known]}
