"""Charts show the numbers they are given."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core import CalibrationReport, CoverageErrorCurve, Estimate, KnownScores, PoolScores, RunComparison
from core.risk.comparison import compare
from core.scoring.calibration import reliability
from core.scoring.scores import score
from dashboard import charts
from dashboard.charts.style import COLOR_CYCLE, GREY, RUN_A, RUN_B, SPLIT_COLORS, figure, shortened

LOGITS = np.array([[4, 0, 0], [0, 3, 0], [0, 2, 0], [1, 0, 0.5]], dtype=np.float32)
LABELS = np.array([0, 1, 2, 2])
METRICS: list[dict[str, Any]] = [
    {
        "epoch": 1,
        "labeled_loss": 1.5,
        "unlabeled_loss": 0.0,
        "val_loss": 1.2,
        "val_accuracy": 0.5,
        "learning_rate": 0.1,
    },
    {
        "epoch": 2,
        "labeled_loss": 0.7,
        "unlabeled_loss": 0.0,
        "val_loss": 1.0,
        "val_accuracy": None,
        "learning_rate": 0.2,
    },
]


def pool() -> PoolScores:
    return PoolScores(np.arange(4), score(LOGITS), 1.0)


def comparison() -> RunComparison:
    flipped = LOGITS.copy()
    flipped[2] = [0, 0, 9]
    return RunComparison("001", "002", np.arange(10, 14), compare(LOGITS, flipped, LABELS))


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("color", sorted({*COLOR_CYCLE, GREY, RUN_A, RUN_B, *SPLIT_COLORS.values()}))
def test_every_color_can_be_read_on_white_and_on_the_dark_background(color: str) -> None:
    on_white = 1.05 / (luminance(color) + 0.05)
    on_dark = (luminance(color) + 0.05) / (luminance("#12161C") + 0.05)
    assert min(on_white, on_dark) >= 3


def test_a_chart_leaves_background_and_text_to_the_theme() -> None:
    layout = figure(x="a", y="b").layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert layout.font.color is None


def test_class_names_are_shown_as_they_are_never_as_markup() -> None:
    assert shortened(("<b>bold</b>", "black & white")) == ["&lt;b&gt;bold&lt;/b&gt;", "black &amp; white"]


def test_long_names_are_cut_and_stay_apart() -> None:
    names = shortened(("short", "a very long class name one", "a very long class name two"))
    assert names[0] == "short"
    assert len(set(names)) == 3


def test_class_counts_have_one_bar_per_split_and_class() -> None:
    chart = charts.class_counts(("a", "b"), {"labeled": np.array([3, 4]), "test": np.array([1, 0])})
    assert [(bar.name, list(bar.y)) for bar in chart.data] == [("labeled", [3, 4]), ("test", [1, 0])]


def test_loss_curves_leave_out_a_part_that_is_zero_throughout() -> None:
    chart = charts.loss_curves(METRICS)
    assert {line.name: list(line.y) for line in chart.data} == {"labeled": [1.5, 0.7], "val": [1.2, 1.0]}


def test_an_epoch_without_a_value_is_skipped_not_drawn_as_zero() -> None:
    (line,) = charts.accuracy_curves(METRICS).data
    assert (list(line.x), list(line.y)) == ([1], [0.5])


def test_a_schedule_is_drawn_even_at_zero() -> None:
    lines = [{"epoch": 1, "unlabeled_weight": 0.0}, {"epoch": 2, "unlabeled_weight": 0.0}]
    assert list(charts.schedule_curve(lines, "unlabeled_weight", "weight").data[0].y) == [0.0, 0.0]


def test_two_curves_name_their_runs() -> None:
    chart = charts.two_curves(METRICS, METRICS[:1], "001", "002", "learning_rate", "rate")
    assert [(line.name, list(line.y)) for line in chart.data] == [("001", [0.1, 0.2]), ("002", [0.1])]


@pytest.mark.parametrize("name", ["confidence", "entropy", "margin"])
def test_the_pool_histogram_counts_every_image_once(name: str) -> None:
    assert sum(charts.pool_histogram(pool(), name).data[0].y) == 4
    assert sum(charts.pool_histogram(pool(), name, predicted=1).data[0].y) == 2


def test_right_and_wrong_add_up_to_the_known_images() -> None:
    scores = score(LOGITS)
    known = KnownScores(np.arange(4), scores, LABELS, scores.pseudo_labels == LABELS)
    right, wrong = charts.right_wrong_histogram(known, "confidence").data
    assert (right.name, sum(right.y), wrong.name, sum(wrong.y)) == ("right", 2, "wrong", 2)
    right, wrong = charts.right_wrong_histogram(known, "confidence", predicted=0).data
    assert (sum(right.y), sum(wrong.y)) == (1, 1)


def test_the_reliability_diagram_shows_only_bins_that_hold_images() -> None:
    probs = np.array([[0.9, 0.1], [0.6, 0.4]], dtype=np.float32)
    found = reliability(probs, np.array([0, 1]))
    _, before, after = charts.reliability_diagram(CalibrationReport(1.5, found, found, 0.2, 0.1, 2)).data
    assert list(before.y) == list(after.y) == [0, 1]
    assert before.x == pytest.approx([0.6, 0.9])
    assert "0.200" in before.name
    assert "0.100" in after.name


def test_the_coverage_band_encloses_the_error_and_skips_thresholds_without_items() -> None:
    curve = CoverageErrorCurve(
        threshold=np.array([0.2, 0.5, 0.9]),
        coverage=np.array([1.0, 0.5, 0.1]),
        error=np.array([0.3, 0.1, np.nan]),
        low=np.array([0.1, 0.0, 0.0]),
        high=np.array([0.5, 0.4, 1.0]),
        n=np.array([20, 10, 0]),
    )
    high, low, error = charts.coverage_error(curve).data
    assert list(high.y) == [0.5, 0.4]
    assert list(low.y) == [0.1, 0.0]
    assert list(error.y) == [0.3, 0.1]
    assert low.fill == "tonexty"


def test_the_difference_carries_its_interval() -> None:
    found = comparison()
    (dot,) = charts.difference(found).data
    assert dot.x[0] == pytest.approx(0.25)
    assert dot.x[0] - dot.error_x.arrayminus[0] == pytest.approx(found.comparison.low)
    assert dot.x[0] + dot.error_x.array[0] == pytest.approx(found.comparison.high)


def test_the_axis_of_no_difference_is_wide_enough_for_ticks_of_one_digit() -> None:
    found = comparison()
    same = replace(found, comparison=replace(found.comparison, difference=0.0, low=-1e-4, high=1e-4))
    low, high = charts.difference(same).layout.xaxis.range
    assert high - low >= 0.01


def test_per_class_accuracy_carries_exact_intervals() -> None:
    found = comparison()
    first, second = charts.per_class(found, ("a", "b", "c")).data
    assert (list(first.y), list(second.y)) == ([1, 1, 0], [1, 1, 0.5])
    rows: list[Estimate] = [row.accuracy_b for row in found.comparison.per_class]
    assert np.add(second.y, second.error_y.array) == pytest.approx([row.high for row in rows])


def test_confusion_colors_by_the_share_of_the_true_class() -> None:
    heat, light, dark, _ = charts.confusion(np.array([[3, 1], [0, 0]]), ("a", "b")).data
    assert np.asarray(heat.z).tolist() == [[0.75, 0.25], [0, 0]]
    assert (list(dark.x), list(dark.y), list(dark.text)) == (["a"], ["a"], [3])
    assert list(zip(light.y, light.x, light.text, strict=True)) == [("a", "b", 1), ("b", "a", 0), ("b", "b", 0)]
    assert light.textfont.color is None


def test_each_cell_that_holds_an_image_can_be_clicked_and_says_what_it_is() -> None:
    cells = charts.confusion(np.array([[3, 1], [0, 2]]), ("a", "b")).data[-1]
    assert [tuple(row[:3]) for row in cells.customdata] == [(0, 0, 3), (0, 1, 1), (1, 1, 2)]
    assert list(zip(cells.y, cells.x, strict=True)) == [("a", "a"), ("a", "b"), ("b", "b")]


@pytest.mark.parametrize("x", ["epoch", "step"])
def test_pool_charts_stand_over_epochs_or_steps_and_leave_out_what_is_unknown(x: str) -> None:
    lines: list[dict[str, Any]] = [
        {x: 3, "mask_rate": 0.1, "pool_accuracy": None, "class_mix": None, "kl_to_prior": None},
        {x: 6, "mask_rate": 0.4, "pool_accuracy": 0.8, "class_mix": [0.25, 0.75], "kl_to_prior": 0.2},
    ]
    kept, right = charts.pool_curves(lines, x).data
    assert (list(kept.x), list(kept.y), list(right.x), list(right.y)) == ([3, 6], [0.1, 0.4], [6], [0.8])
    assert [(list(area.x), list(area.y)) for area in charts.mix_curves(lines, ("a", "b"), x).data] == [
        ([6], [0.25]), ([6], [0.75]),
    ]  # fmt: skip
    chart = charts.drift_curve(lines, x)
    assert [(list(line.x), list(line.y)) for line in chart.data] == [([6], [0.2])]
    assert (chart.layout.xaxis.title.text, chart.layout.yaxis.title.text) == (x, "KL (bits)")
