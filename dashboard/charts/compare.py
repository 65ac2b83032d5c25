"""Charts of two runs: accuracy, confusion and difference; and the class mix of a selection."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core import RunComparison, Selection
from dashboard.charts.style import BLUE, RUN_A, RUN_B, figure, shortened, translucent

_DARK_SHARE = 0.5
"""Share of the true class from which on a cell is dark and its number white."""
_SHADES = ((0, 0.04), (_DARK_SHARE, 0.4), (_DARK_SHARE, 0.8), (1, 0.95))
_MAX_LABELED_CLASSES = 20
_LEAST_REACH = 0.005
"""Least half of the axis of a difference: below it the ticks, with one digit, would repeat."""


def per_class(compared: RunComparison, class_names: tuple[str, ...]) -> go.Figure:
    """Draw the accuracy of both runs for each class, with exact 95 % intervals."""
    rows, names = compared.comparison.per_class, shortened(class_names)
    chart = figure(x="", y="accuracy", height=320)
    for run, color, symbol, estimates in (
        (compared.run_a, RUN_A, "circle", [row.accuracy_a for row in rows]),
        (compared.run_b, RUN_B, "diamond", [row.accuracy_b for row in rows]),
    ):
        known = [(names[i], e) for i, e in enumerate(estimates) if e.n]
        chart.add_scatter(
            x=[name for name, _ in known],
            y=[e.value for _, e in known],
            name=run,
            mode="markers",
            marker={"color": color, "size": 10, "symbol": symbol},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [e.high - e.value for _, e in known],
                "arrayminus": [e.value - e.low for _, e in known],
                "thickness": 2,
                "width": 4,
            },
            hovertemplate="%{y:.1%}",
        )
    chart.update_layout(scattermode="group", scattergap=0.6)
    chart.update_xaxes(title=None, type="category")
    chart.update_yaxes(tickformat=".0%")
    return chart


def confusion(counts: NDArray[np.int64], class_names: tuple[str, ...]) -> go.Figure:
    """Draw a confusion matrix: true classes as rows, predicted classes as columns.

    Args:
        counts: Images, (K, K); a cell's color is its share of the row.
        class_names: Names of the K classes.
    """
    names = shortened(class_names, 12)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    chart = figure(x="predicted", y="true", height=max(320, 110 + 30 * len(names)), legend=False)
    chart.add_heatmap(
        z=shares,
        x=names,
        y=names,
        colorscale=[[share, translucent(BLUE, alpha)] for share, alpha in _SHADES],
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=1,
        ygap=1,
        hoverinfo="skip",
    )
    if len(names) <= _MAX_LABELED_CLASSES:
        for is_shown, font in ((shares < _DARK_SHARE, {}), (shares >= _DARK_SHARE, {"color": "#FFFFFF"})):
            rows, columns = np.nonzero(is_shown)
            text = {"mode": "text", "text": counts[is_shown], "textfont": font, "hoverinfo": "skip"}
            chart.add_scatter(x=[names[c] for c in columns], y=[names[r] for r in rows], **text)
    _add_markers(chart, counts, shares, names)
    chart.update_layout(hovermode="closest")
    chart.update_xaxes(type="category", showgrid=False, tickangle=-40)
    chart.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return chart


def _add_markers(chart: go.Figure, counts: NDArray[np.int64], shares: NDArray[np.float64], names: list[str]) -> None:
    """Add an invisible marker to each non-empty cell, for hover text and clicks."""
    rows, columns = np.nonzero(counts)
    chart.add_scatter(
        x=[names[c] for c in columns],
        y=[names[r] for r in rows],
        customdata=np.column_stack([rows, columns, counts[rows, columns], shares[rows, columns]]).tolist(),
        mode="markers",
        marker={"size": 26, "symbol": "square", "opacity": 0},
        hovertemplate="true %{y}, predicted %{x}: %{customdata[2]:,} images (%{customdata[3]:.0%})<extra></extra>",
    )


def difference(compared: RunComparison) -> go.Figure:
    """Draw the paired difference of accuracy, B − A, with its 95 % interval."""
    result = compared.comparison
    chart = figure(x="difference of accuracy", y="", height=120, legend=False)
    bar: dict[str, Any] = {
        "type": "data",
        "symmetric": False,
        "array": [result.high - result.difference],
        "arrayminus": [result.difference - result.low],
        "thickness": 3,
        "width": 8,
    }
    marker = {"color": BLUE, "size": 12, "symbol": "diamond"}
    chart.add_scatter(x=[result.difference], y=[""], mode="markers", error_x=bar, marker=marker, name="difference")
    chart.add_vline(x=0, line={"color": RUN_A, "dash": "dash", "width": 2})
    chart.update_layout(hovermode="closest")
    reach = 1.2 * max(abs(result.low), abs(result.high), _LEAST_REACH)
    chart.update_xaxes(tickformat="+.1%", range=[-reach, reach])
    chart.update_yaxes(showticklabels=False, showgrid=False)
    return chart


def class_mix(selection: Selection, class_names: tuple[str, ...]) -> go.Figure:
    """Draw the number of kept images for each predicted class."""
    chart = figure(x="", y="images kept", height=260, legend=False)
    chart.add_bar(x=shortened(class_names), y=selection.class_counts, marker_color=BLUE, hovertemplate="%{y:,}")
    chart.update_layout(bargap=0.25)
    chart.update_xaxes(title=None, type="category")
    return chart
