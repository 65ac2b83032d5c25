"""Colors of verdicts: text contrast, and distinct with color blindness."""

import re
from itertools import combinations

import numpy as np
import pytest

from dashboard import components

VERDICTS = ("accept", "bulk_accept", "relabel", "reject", "none", "skip", "unsure", "undecided")
GROUND = {"light": "#ffffff", "dark": "#12161c"}
CONTRAST = 4.5
"""WCAG 2 AA for small text."""
DISTANCE = 15.0
"""ΔE of CIE 1976; about 2.3 can just be told apart side by side."""
SIGHT = {
    "normal": np.eye(3),
    "deuteranope": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanope": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}
"""Machado, Oliveira and Fernandes 2009, severity 1; applied to linear RGB."""
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def colors(scheme: str) -> dict[str, str]:
    """Read the colors of a theme from the style sheet."""
    sheet = components.assets()["review/style.css"].decode()
    (light,) = re.findall(r"\n\.review-app \{(.*?)\n\}", sheet, re.S)
    (dark,) = re.findall(r'\n\.review-app\[data-scheme="dark"\] \{(.*?)\n\}', sheet, re.S)
    found = dict(re.findall(r"--(v-\w+|on-verdict): (#[0-9a-f]{6});", light))
    return found | (dict(re.findall(r"--(v-\w+|on-verdict): (#[0-9a-f]{6});", dark)) if scheme == "dark" else {})


def linear(color: str) -> np.ndarray:
    value = np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.asarray(np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4))


def contrast(one: str, other: str) -> float:
    low, high = sorted(float((_TO_XYZ @ linear(color))[1]) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(color: str, sight: str) -> np.ndarray:
    xyz = _TO_XYZ @ np.clip(SIGHT[sight] @ linear(color), 0, 1) / _WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_the_arithmetic_agrees_with_known_values() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert lab("#ff0000", "normal") == pytest.approx([53.24, 80.09, 67.20], abs=0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_on_each_verdict_can_be_read_and_each_stands_out_of_the_page(scheme: str) -> None:
    found = colors(scheme)
    for name in VERDICTS[:-1]:
        assert contrast(found[f"v-{name}"], found["on-verdict"]) >= CONTRAST, name
        assert contrast(found[f"v-{name}"], GROUND[scheme]) >= 3, name


@pytest.mark.parametrize("sight", list(SIGHT))
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_any_two_verdicts_can_be_told_apart(scheme: str, sight: str) -> None:
    found = colors(scheme)
    near = {
        (one, other): distance
        for one, other in combinations(VERDICTS, 2)
        if (distance := float(np.linalg.norm(lab(found[f"v-{one}"], sight) - lab(found[f"v-{other}"], sight))))
        < DISTANCE
    }
    assert near == {}
