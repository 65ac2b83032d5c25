"""One look for every chart: colors that can be told apart by color-blind eyes and read on white and on black.

All of them have a contrast of 3 : 1 or more against both backgrounds, so that a chart need not know the theme; text,
grid and background are left to Streamlit, which takes them from the theme of the moment.
"""

import plotly.graph_objects as go

BLUE, ORANGE, GREEN, PURPLE, GOLD = "#3D7DD8", "#D9682A", "#1F9E7A", "#B06AB3", "#B88A00"
GREY = "#7F8896"
CYCLE = (BLUE, ORANGE, GREEN, PURPLE, GOLD, "#2C93B5", "#C4577A", "#7A8B2F", "#7C74D6", "#8B7365")
RIGHT, WRONG = GREEN, ORANGE
RUN_A, RUN_B = GREY, BLUE
SPLIT_COLORS = {"labeled": BLUE, "val": GOLD, "test": GREY}
CONFIG = {"displaylogo": False, "displayModeBar": False}
"""What every chart is drawn with: no logo, no buttons."""


def figure(*, x: str, y: str, height: int = 300, legend: bool = True) -> go.Figure:
    """An empty chart with titled axes and a legend above the plot; height in pixels."""
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
    """A hex color as rgba with the given opacity in [0, 1]."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def shortened(names: tuple[str, ...], length: int = 18) -> list[str]:
    """Class names that fit on an axis: long ones end in an ellipsis; doubles stay apart by their number."""
    cut = [name if len(name) <= length else name[: length - 1] + "…" for name in names]
    return [name if cut.count(name) == 1 else f"{name} ({number})" for number, name in enumerate(cut)]
