"""Charts of scores: histograms, reliability diagram, coverage against error."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core import CalibrationReport, CoverageErrorCurve, KnownScores, OodReport, PoolScores, Selection
from dashboard.charts.style import BLUE, GREY, ORANGE, RIGHT, WRONG, figure, translucent

BINS = 50
_MIN_ITEMS = 30
OOD_TITLES = {
    "entropy": "entropy (bits)",
    "energy": "energy (nats)",
    "neighbor distance": "distance to the nearest labels",
}
TITLES = {"confidence": "confidence", "entropy": "entropy (bits)", "margin": "margin"}


def score_range(score: str, num_classes: int) -> tuple[float, float]:
    """Return the range of a score: entropy [0, log2 K], others [0, 1]."""
    return (0.0, float(np.log2(num_classes))) if score == "entropy" else (0.0, 1.0)


def pool_histogram(pool: PoolScores, score: str, predicted: int | None = None) -> go.Figure:
    """Draw the number of pool images in each bin of a score.

    Args:
        pool: Scores of the pool.
        score: "confidence", "entropy" or "margin".
        predicted: Only images of this predicted class; None for all.
    """
    values = getattr(pool.scores, score)
    chart = figure(x=TITLES[score], y="images", height=260, legend=False)
    shown = values if predicted is None else values[pool.scores.pseudo_labels == predicted]
    _bars(chart, shown, score_range(score, pool.scores.num_classes), "images", BLUE)
    return chart


def right_wrong_histogram(known: KnownScores, score: str, predicted: int | None = None) -> go.Figure:
    """Draw the numbers of right and wrong images in each bin of a score.

    Args:
        known: Scores of images with a known label: the val and calibration splits.
        score: "confidence", "entropy" or "margin".
        predicted: Only images of this predicted class; None for all.
    """
    is_shown = np.ones(len(known.ids), dtype=np.bool_) if predicted is None else known.scores.pseudo_labels == predicted
    values = getattr(known.scores, score)
    chart = figure(x=TITLES[score], y="images", height=260)
    ends = score_range(score, known.scores.num_classes)
    _bars(chart, values[known.is_right & is_shown], ends, "right", RIGHT)
    _bars(chart, values[~known.is_right & is_shown], ends, "wrong", WRONG, pattern="/")
    chart.update_layout(barmode="stack")
    return chart


def ood_histogram(report: OodReport, score: str) -> go.Figure:
    """Draw one OOD score of held-out images, noise and another data set, as shares of each group."""
    chart = figure(x=OOD_TITLES[score], y="share of the group", height=260)
    groups = report.scores[score]
    all_values = np.concatenate(list(groups.values()))
    ends = (float(all_values.min()), float(all_values.max()) + 1e-6)
    for (name, values), color in zip(groups.items(), (BLUE, GREY, ORANGE), strict=False):
        counts, edges = np.histogram(values, bins=BINS, range=ends)
        middle = (edges[:-1] + edges[1:]) / 2
        share = counts / max(1, len(values))
        line = {"color": color, "width": 2, "shape": "hvh"}
        fill = {"fill": "tozeroy", "fillcolor": translucent(color, 0.18)}
        chart.add_scatter(x=middle, y=share, name=name, mode="lines", line=line, hovertemplate="%{y:.1%}", **fill)
    chart.update_yaxes(tickformat=".0%", rangemode="tozero")
    return chart


def reliability_diagram(report: CalibrationReport) -> go.Figure:
    """Draw accuracy against confidence on val, before and after temperature scaling."""
    chart = figure(x="confidence", y="accuracy", height=340)
    chart.add_scatter(
        x=[0, 1], y=[0, 1], name="perfect", mode="lines", line={"color": GREY, "dash": "dot"}, hoverinfo="skip"
    )
    for name, bins, color, symbol in (
        (f"before (ECE {report.ece_before:.3f})", report.before, ORANGE, "x"),
        (f"after T = {report.temperature:.2f} (ECE {report.ece_after:.3f})", report.after, BLUE, "circle"),
    ):
        is_filled = bins.bin_count > 0
        chart.add_scatter(
            x=bins.bin_confidence[is_filled],
            y=bins.bin_accuracy[is_filled],
            customdata=bins.bin_count[is_filled],
            name=name,
            mode="lines+markers",
            line={"color": color, "width": 2},
            marker={"symbol": symbol, "size": 8},
            hovertemplate="%{x:.2f} → %{y:.2f}, %{customdata} images",
        )
    chart.update_layout(hovermode="closest")
    chart.update_xaxes(range=[0, 1.02], tickformat=".0%")
    chart.update_yaxes(range=[0, 1.02], tickformat=".0%")
    return chart


def coverage_error(curve: CoverageErrorCurve, chosen: Selection | None = None) -> go.Figure:
    """Draw estimated error against coverage with its 95 % band.

    Args:
        curve: Error and coverage at each threshold.
        chosen: A selection to mark on the curve.
    """
    chart = figure(x="coverage of the pool", y="estimated error", height=340)
    is_known = curve.n > 0
    band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    fill: dict[str, Any] = {"fill": "tonexty", "fillcolor": translucent(BLUE, 0.22)}
    x = curve.coverage[is_known]
    chart.add_scatter(x=x, y=curve.high[is_known], showlegend=False, **band)
    chart.add_scatter(x=x, y=curve.low[is_known], name="95 % interval", **band, **fill)
    chart.add_scatter(
        x=x,
        y=curve.error[is_known],
        customdata=np.column_stack([curve.threshold, curve.n, curve.low, curve.high])[is_known],
        name="error",
        mode="lines",
        line={"color": BLUE, "width": 2},
        hovertemplate="%{y:.1%} [%{customdata[2]:.1%}, %{customdata[3]:.1%}], n = %{customdata[1]:.0f}, "
        "threshold %{customdata[0]:.3f}<extra></extra>",
    )
    if chosen is not None and chosen.error.n:
        marker = {"color": ORANGE, "size": 11, "symbol": "diamond"}
        chart.add_scatter(x=[chosen.coverage], y=[chosen.error.value], name="this rule", mode="markers", marker=marker)
    chart.update_xaxes(range=[0, 1.01], tickformat=".0%")
    chart.update_yaxes(range=[0, _top(curve)], tickformat=".0%")
    return chart


def _top(curve: CoverageErrorCurve) -> float:
    """Return the end of the error axis; it ignores thresholds that keep few items."""
    enough = curve.high[curve.n >= min(_MIN_ITEMS, int(curve.n.max(initial=0)))]
    return float(min(1.0, 1.1 * enough.max(initial=0.01)))


def _bars(
    chart: go.Figure, values: NDArray[Any], ends: tuple[float, float], name: str, color: str, pattern: str = ""
) -> None:
    counts, edges = np.histogram(values, bins=BINS, range=ends)
    centers = (edges[:-1] + edges[1:]) / 2
    marker = {
        "color": color,
        "pattern": {"shape": pattern, "size": 5, "fillmode": "overlay", "fgcolor": "rgba(255,255,255,0.6)"},
        "line": {"width": 0},
    }
    hover = "%{y:,} " + name + " at %{x:.3f}<extra></extra>"
    chart.add_bar(x=centers, y=counts, name=name, marker=marker, hovertemplate=hover)
    chart.update_layout(bargap=0.04, hovermode="closest")
