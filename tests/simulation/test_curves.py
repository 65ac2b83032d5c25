"""Curves of a simulation: mean over the seeds, error of the bulk accepts."""

from dataclasses import replace

import numpy as np
import pytest

from core.simulation.curves import SimulationPoint, bulk_accept_error, curve, labels_of

POINT = SimulationPoint(
    seed=0, queue="entropy", cut="conformal", value=0.05, label="entropy, conformal 5 %", round=0, clicks=0,
    wrong_answers=0, selected=0, selected_error=float("nan"), accepted=0, accepted_error=float("nan"),
    threshold=float("nan"), test_accuracy=0.8, num_test=100, run="001",
)  # fmt: skip


def test_a_curve_is_the_mean_over_the_seeds_between_lowest_and_highest() -> None:
    points = [
        replace(POINT, seed=seed, round=number, test_accuracy=accuracy, accepted_error=error)
        for seed, number, accuracy, error in [
            (0, 0, 0.8, np.nan), (0, 1, 0.9, 0.1), (1, 0, 0.6, np.nan), (1, 1, 0.7, np.nan), (0, 2, 0.95, 0.2),
        ]
    ]  # fmt: skip
    points.append(replace(POINT, label="another", test_accuracy=0.1))
    found = curve(points, POINT.label, "test_accuracy")
    assert found.rounds.tolist() == [0, 1, 2]
    assert found.mean == pytest.approx([0.7, 0.8, 0.95])
    assert (found.low.tolist(), found.high.tolist()) == ([0.6, 0.7, 0.95], [0.8, 0.9, 0.95])
    assert found.num_seeds.tolist() == [2, 2, 1]
    error = curve(points, POINT.label, "accepted_error")
    assert np.isnan(error.mean[0])
    assert error.mean[1:].tolist() == [0.1, 0.2]
    assert labels_of(points) == (POINT.label, "another")


def test_empty_bulk_accept_counts_as_zero_error() -> None:
    reviewed = replace(POINT, round=1)
    points = [POINT, *(replace(reviewed, selected=10, selected_error=e) for e in (0.03, 0.06)), reviewed]
    mean, spread, num = bulk_accept_error(points, POINT.label)
    assert num == 3
    assert mean == pytest.approx(0.03)
    assert spread == pytest.approx(0.03 / np.sqrt(3))
    assert np.isnan(bulk_accept_error([POINT, reviewed], POINT.label)[0])
