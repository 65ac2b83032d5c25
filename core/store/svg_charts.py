"""Line charts as self-contained SVG text."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

COLORS = ("#3D7DD8", "#D9682A", "#1F9E7A", "#B06AB3", "#B88A00", "#2C93B5", "#C4577A", "#7A8B2F", "#7C74D6", "#8B7365")
"""Can be told apart by color-blind eyes; the dashboard's charts use the same, in the same order."""
_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 440, 250, 58, 34, 24
_LEGEND_ROW = 20


@dataclass(frozen=True)
class Line:
    """One line of a chart and its band; nan is left out."""

    label: str
    x: NDArray[np.float64]  # (n,)
    y: NDArray[np.float64]  # (n,)
    low: NDArray[np.float64]  # (n,)
    high: NDArray[np.float64]  # (n,)


@dataclass(frozen=True)
class Panel:
    """One chart: title, unit (shares are shown in percent) and lines."""

    title: str
    is_share: bool
    lines: Sequence[Line]


def line_charts(title: str, panels: Sequence[Panel], x_title: str, note: str = "") -> str:
    """Draw panels in rows of two with one legend.

    Args:
        title: Title of the whole picture.
        panels: The charts.
        x_title: Title of every x axis.
        note: Small print below the charts.

    Returns:
        The text of an SVG file.
    """
    labels = list(dict.fromkeys(line.label for panel in panels for line in panel.lines))
    rows = -(-len(panels) // 2)
    width = 2 * _WIDTH + 3 * _GAP
    head = 44 + _LEGEND_ROW * -(-len(labels) // 2)
    height = head + rows * (_HEIGHT + _GAP) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="#24292F" role="img">',
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="#FFFFFF"/>',
        f'<text x="{_GAP}" y="26" font-size="16" font-weight="600">{escape(title)}</text>',
        *_legend(labels),
    ]
    for number, panel in enumerate(panels):
        x, y = _GAP + number % 2 * (_WIDTH + _GAP), head + number // 2 * (_HEIGHT + _GAP)
        parts += [f'<g transform="translate({x} {y})">', *_panel(panel, labels, x_title), "</g>"]
    parts.append(f'<text x="{_GAP}" y="{height - 10}" font-size="11" fill="#57606A">{escape(note)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend(labels: Sequence[str]) -> list[str]:
    parts = []
    for number, label in enumerate(labels):
        x, y = _GAP + number % 2 * (_WIDTH + _GAP), 50 + _LEGEND_ROW * (number // 2)
        parts.append(f'<line x1="{x}" x2="{x + 26}" y1="{y - 4}" y2="{y - 4}" {_stroke(number)}/>')
        parts.append(f'<text x="{x + 34}" y="{y}">{escape(label)}</text>')
    return parts


def _panel(panel: Panel, labels: Sequence[str], x_title: str) -> list[str]:
    values = [v for line in panel.lines for v in (line.low, line.high) if len(v)]
    known = np.concatenate(values) if values else np.empty(0)
    known = known[np.isfinite(known)]
    right = max((float(line.x.max()) for line in panel.lines if len(line.x)), default=1.0)
    ticks = _ticks(*((float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)))
    low, high = ticks[0], ticks[-1]
    plot = _WIDTH - _LEFT, _HEIGHT - _TOP - 34

    def at(x: float, y: float) -> tuple[float, float]:
        return _LEFT + plot[0] * x / max(right, 1), _TOP + plot[1] * (high - y) / (high - low)

    parts = [f'<text x="0" y="16" font-weight="600">{escape(panel.title)}</text>']
    for tick in ticks:
        x, y = at(0, tick)
        parts.append(f'<line x1="{x:.1f}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#D0D7DE"/>')
        parts.append(f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{_number(tick, panel.is_share)}</text>')
    for number in range(0, int(right) + 1, max(1, int(right) // 10)):
        x, _ = at(number, low)
        parts.append(f'<text x="{x:.1f}" y="{_TOP + plot[1] + 18}" text-anchor="middle">{number}</text>')
    parts.append(f'<text x="{_LEFT + plot[0] / 2}" y="{_HEIGHT - 2}" text-anchor="middle">{escape(x_title)}</text>')
    for line in panel.lines:
        parts += _line(line, labels.index(line.label), at)
    return parts


def _line(line: Line, number: int, at: object) -> list[str]:
    assert callable(at)
    rows = np.flatnonzero(np.isfinite(line.y))
    middle = [at(line.x[i], line.y[i]) for i in rows]
    band = [at(line.x[i], line.low[i]) for i in rows] + [at(line.x[i], line.high[i]) for i in rows[::-1]]
    parts = []
    if len(rows) and (line.low[rows] < line.high[rows]).any():
        parts.append(f'<polygon points="{_points(band)}" fill="{COLORS[number % len(COLORS)]}" fill-opacity="0.12"/>')
    parts.append(f'<polyline points="{_points(middle)}" fill="none" {_stroke(number)}/>')
    dot = f'r="3" fill="{COLORS[number % len(COLORS)]}"'
    return [*parts, *(f'<circle cx="{x:.1f}" cy="{y:.1f}" {dot}/>' for x, y in middle)]


def _stroke(number: int) -> str:
    """Return the color of a line; from the eleventh on colors repeat, dashed."""
    dash = ' stroke-dasharray="6 4"' if number >= len(COLORS) else ""
    return f'stroke="{COLORS[number % len(COLORS)]}" stroke-width="2"{dash}'


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _ticks(low: float, high: float) -> list[float]:
    """Return four to nine round numbers that span low to high."""
    span = high - low or abs(high) or 1.0
    step = 10.0 ** np.floor(np.log10(span / 4))
    step = next(step * factor for factor in (1, 2, 5, 10) if span / (step * factor) <= 6)
    first, last = int(np.floor(low / step + 1e-9)), int(np.ceil(high / step - 1e-9))
    return [float(step * number) for number in range(first, max(last, first + 1) + 1)]


def _number(value: float, is_share: bool) -> str:
    return f"{100 * value:.4g} %" if is_share else f"{value:,.0f}"
