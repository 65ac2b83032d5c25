"""Curves of a simulated review: one line for each way to review, over the rounds."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core import Curve
from dashboard.charts.style import CYCLE, figure, translucent


def simulated(curves: Sequence[Curve], *, is_share: bool, from_zero: bool) -> go.Figure:
    """Mean over the seeds with a band from lowest to highest; from the eleventh line on the colors come again, dashed.

    Without legend and title: the page shows one legend for all its charts, and a heading over each.
    """
    chart = figure(x="round", y="", height=280, legend=False)
    for number, found in enumerate(curves):
        color = CYCLE[number % len(CYCLE)]
        rounds = found.rounds.tolist()
        if (found.low < found.high).any():
            band = {"x": rounds + rounds[::-1], "y": [*found.high, *found.low[::-1]], "fill": "toself"}
            look = {"line": {"width": 0}, "fillcolor": translucent(color, 0.12), "hoverinfo": "skip"}
            chart.add_scatter(**band, **look, mode="lines", name=found.label)
        chart.add_scatter(
            x=rounds, y=found.mean.tolist(), name=found.label, mode="lines+markers", marker={"size": 7},
            line={"color": color, "width": 2, "dash": "dash" if number >= len(CYCLE) else "solid"},
            cliponaxis=False, hovertemplate="%{y:.1%}" if is_share else "%{y:,.0f}",
        )  # fmt: skip
    last = max(int(found.rounds.max()) for found in curves)
    if not any(np.isfinite(found.mean).any() for found in curves):
        chart.update_yaxes(range=[0, 1])
    chart.update_xaxes(range=[-0.05 * last, 1.05 * last])
    chart.update_xaxes(dtick=1 if all(len(found.rounds) <= 12 for found in curves) else None)
    chart.update_yaxes(tickformat=".1%" if is_share else ",.0f", rangemode="tozero" if from_zero else "normal")
    return chart
