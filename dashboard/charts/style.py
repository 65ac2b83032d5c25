"""Colors and layout of all charts, safe for color-blind readers.

Each color has a contrast of at least 3 : 1 to white and to black, so a chart does not depend on the theme. Streamlit
sets text, grid and background from the theme.
"""

from html import escape

import plotly.graph_objects as go

BLUE, ORANGE, GREEN, PURPLE, GOLD = "#3D7DD8", "#D9682A", "#1F9E7A", "#B06AB3", "#B88A00"
GREY = "#7F8896"
COLOR_CYCLE = (BLUE, ORANGE, GREEN, PURPLE, GOLD, "#2C93B5", "#C4577A", "#7A8B2F", "#7C74D6", "#8B7365")
RIGHT, WRONG = GREEN, ORANGE
RUN_A, RUN_B = GREY, BLUE
SPLIT_COLORS = {"labeled": BLUE, "val": GOLD, "test": GREY}
CONFIG = {"displaylogo": False, "displayModeBar": False}
"""Plotly options of every chart: no logo, no buttons."""


def figure(*, x: str, y: str, height: int = 300, legend: bool = True) -> go.Figure:
    """Return an empty chart.

    Args:
        x: Title of the horizontal axis.
        y: Title of the vertical axis.
        height: Height in pixels.
        legend: Whether a legend is above the plot.
    """
    chart = go.Figure()
    chart.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 34 if legend else 12, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 13},
        showlegend=legend,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "xanchor": "left", "title": {"text": ""}},
        hovermode="x unified",
        dragmode=False,
        bargap=0.06,
    )
    axis = {"automargin": True, "fixedrange": True, "zeroline": False}
    chart.update_xaxes(title={"text": x}, **axis)
    chart.update_yaxes(title={"text": y}, **axis)
    return chart


def translucent(color: str, alpha: float) -> str:
    """Convert a hex color to rgba with an opacity in [0, 1]."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def shortened(names: tuple[str, ...], length: int = 18) -> list[str]:
    """Truncate class names to a length; names that become equal get their number.

    Plotly reads `<b>` and the like as markup, so these characters are escaped.
    """
    short = [name if len(name) <= length else name[: length - 1] + "…" for name in names]
    apart = [name if short.count(name) == 1 else f"{name} ({number})" for number, name in enumerate(short)]
    return [escape(name, quote=False) for name in apart]
