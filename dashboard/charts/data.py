"""Charts of the Data page."""

from collections.abc import Mapping

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
