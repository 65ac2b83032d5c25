"""Charts of the Data page."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dashboard.charts.style import SPLIT_COLORS, figure, shortened


def class_counts(class_names: tuple[str, ...], counts: Mapping[str, NDArray[np.int64]]) -> go.Figure:
    """Draw the images of each class and split.

    Args:
        class_names: Names of the K classes.
        counts: Images of each class, (K,), by split; only splits with visible labels.
    """
    chart = figure(x="class", y="images")
    names = shortened(class_names)
    for split, values in counts.items():
        chart.add_bar(x=names, y=values, name=split, marker_color=SPLIT_COLORS[split])
    chart.update_layout(barmode="group", bargap=0.25)
    chart.update_xaxes(title=None, type="category")
    return chart


def column_counts(names: Sequence[str], counts: NDArray[np.int64], column: str) -> go.Figure:
    """Draw the images with each value of a metadata column.

    Args:
        names: Texts of the values or ranges, (G,), in order.
        counts: Images of each, (G,).
        column: Name of the column.
    """
    chart = figure(x=column, y="images")
    chart.add_bar(x=shortened(tuple(names)), y=counts, name="images", marker_color=SPLIT_COLORS["labeled"])
    chart.update_layout(bargap=0.25, showlegend=False)
    chart.update_xaxes(type="category")
    return chart
