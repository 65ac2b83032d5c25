"""SVG charts are well-formed and draw every finite point, no unknown one."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from core.store.svg_charts import COLORS, Line, Panel, line_charts
from dashboard.charts.style import COLOR_CYCLE

SVG = "{http://www.w3.org/2000/svg}"


def line(label: str, y: list[float], spread: float = 0.0) -> Line:
    values = np.array(y)
    return Line(label, np.arange(len(y), dtype=np.float64), values, values - spread, values + spread)


def drawn(*lines: Line, is_share: bool = True) -> ET.Element:
    return ET.fromstring(line_charts("A <title> & more", [Panel("panel", is_share, lines)], "round", "a note"))


def test_names_are_escaped_and_each_line_stands_once_in_the_legend() -> None:
    root = drawn(line("a < b", [0.1, 0.2]), line("c", [0.3, 0.1]))
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert texts.count("a < b") == texts.count("c") == 1
    assert "A <title> & more" in texts
    assert "a note" in texts


def test_unknown_values_are_left_out_and_higher_values_stand_higher() -> None:
    root = drawn(line("a", [float("nan"), 0.1, 0.3]))
    (found,) = root.iter(f"{SVG}polyline")
    places = [tuple(map(float, place.split(","))) for place in found.attrib["points"].split()]
    assert len(places) == 2
    assert places[0][0] < places[1][0]
    assert places[0][1] > places[1][1]
    assert len(list(root.iter(f"{SVG}circle"))) == 2


def test_a_band_is_drawn_where_there_is_spread_only() -> None:
    assert len(list(drawn(line("a", [0.1, 0.2]), line("b", [0.1, 0.2], 0.05)).iter(f"{SVG}polygon"))) == 1


@pytest.mark.parametrize("y", [[], [float("nan")], [0.0, 0.0], [5.0], [1e-9, 2e-9], [0.0, 1e9], [-3.0, 3.0]])
def test_any_numbers_give_a_chart_whose_points_lie_inside(y: list[float]) -> None:
    root = drawn(line("a", y), is_share=False)
    for circle in root.iter(f"{SVG}circle"):
        assert 0 <= float(circle.attrib["cx"]) <= 440
        assert 34 - 0.1 <= float(circle.attrib["cy"]) <= 250
    assert "nan" not in ET.tostring(root, encoding="unicode").lower()


def test_the_file_and_the_page_use_the_same_colors() -> None:
    assert COLORS == COLOR_CYCLE
