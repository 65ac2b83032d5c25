"""Charts of a simulation: one curve for each review strategy, over the rounds."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core import SimulationCurve
from dashboard.charts.style import COLOR_CYCLE, figure, translucent


def simulation_curves(curves: Sequence[SimulationCurve], *, is_share: bool, from_zero: bool) -> go.Figure:
    """Draw the mean over the seeds, with a band from the lowest to the highest seed.

    The chart has no legend and no title: the page draws one legend for all charts and a heading above each.

    Args:
        curves: One curve for each review strategy; from the eleventh on, they are dashed.
        is_share: Whether the values are proportions in [0, 1], shown as percent.
        from_zero: Whether the axis starts at 0.
    """
    chart = figure(x="round", y="", height=280, legend=False)
    for number, item in enumerate(curves):
        color = COLOR_CYCLE[number % len(COLOR_CYCLE)]
        rounds = item.rounds.tolist()
        if (item.low < item.high).any():
            band = {"x": rounds + rounds[::-1], "y": [*item.high, *item.low[::-1]], "fill": "toself"}
            look = {"line": {"width": 0}, "fillcolor": translucent(color, 0.12), "hoverinfo": "skip"}
            chart.add_scatter(**band, **look, mode="lines", name=item.label)
        chart.add_scatter(
            x=rounds, y=item.mean.tolist(), name=item.label, mode="lines+markers", marker={"size": 7},
            line={"color": color, "width": 2, "dash": "dash" if number >= len(COLOR_CYCLE) else "solid"},
            cliponaxis=False, hovertemplate="%{y:.1%}" if is_share else "%{y:,.0f}",
        )  # fmt: skip
    last_round = max(int(item.rounds.max()) for item in curves)
    if not any(np.isfinite(item.mean).any() for item in curves):
        chart.update_yaxes(range=[0, 1])
    chart.update_xaxes(range=[-0.05 * last_round, 1.05 * last_round])
    chart.update_xaxes(dtick=1 if all(len(item.rounds) <= 12 for item in curves) else None)
    chart.update_yaxes(tickformat=".1%" if is_share else ",.0f", rangemode="tozero" if from_zero else "normal")
    return chart
