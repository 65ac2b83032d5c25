"""Sentences about what the sizes of the parts can show."""

import pytest

from core.risk.error_estimates import proportion
from core.risk.size_notes import size_notes, smallest_error


@pytest.mark.parametrize("num", [1, 10, 60, 500])
def test_the_smallest_error_is_the_exact_bound_without_a_wrong_answer(num: int) -> None:
    two_sided = proportion(0, num, level=0.9)  # its upper end leaves out 5 %
    assert smallest_error(num) == pytest.approx(two_sided.high, abs=1e-9)
    assert smallest_error(0) == 1.0


def test_calibration_says_which_errors_it_cannot_guarantee() -> None:
    notes = size_notes({"labeled": 100, "val": 60, "calibration": 60, "test": 0, "unlabeled": 50})
    assert any("60 calibration images: target errors below 4.9 % cannot be guaranteed" in note for note in notes)
    assert any("two runs cannot be compared" in note for note in notes)


def test_hidden_labels_and_fully_labeled_folders_are_told() -> None:
    assert "302 images of the pool have a label that is hidden" in size_notes({"labeled": 9, "unlabeled": 302}, 302)[0]
    assert "none is hidden" in size_notes({"labeled": 9, "val": 5, "test": 10})[0]
    assert size_notes({"labeled": 0, "unlabeled": 9}) == ()
