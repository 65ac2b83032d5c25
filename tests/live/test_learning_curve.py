"""What clicks bought is measured on the same images, with an interval, and said only where it can be told."""

import numpy as np

from core.live.learning_curve import VersionResult, gain_between, latest_gain, learning_points

LABELS = np.zeros(400, dtype=np.int64)


def result(name: str, clicks: int, num_right: int, bulk: int = 0) -> VersionResult:
    return VersionResult(name, clicks, bulk, (np.arange(400) >= num_right).astype(np.int64))


def test_a_point_has_the_share_of_right_predictions_with_its_interval() -> None:
    (point,) = learning_points([result("a", 0, 300)], LABELS)
    assert point.accuracy.value == 0.75
    assert point.accuracy.low < 0.75 < point.accuracy.high


def test_the_gain_looks_back_a_hundred_clicks() -> None:
    results = [result("a", 0, 300), result("b", 100, 330), result("c", 150, 340), result("d", 200, 370)]
    gain = latest_gain(results, LABELS)
    assert gain is not None
    assert (gain.num_clicks, gain.difference) == (100, 0.1)
    assert gain.low > 0
    assert gain.sentence.startswith("The last 100 clicks bought +10.0 points [")


def test_a_gain_that_the_images_cannot_tell_is_called_so() -> None:
    gain = gain_between(result("a", 0, 300), result("b", 40, 301), LABELS)
    assert gain.low < 0 < gain.high
    assert gain.sentence.startswith("The last 40 clicks: no gain that 400 val images can tell (+0.2 points [-")


def test_a_loss_is_called_a_loss() -> None:
    assert "cost -10.0 points" in gain_between(result("a", 0, 340), result("b", 100, 300), LABELS).sentence


def test_a_bulk_accept_is_no_click() -> None:
    assert (
        "The last 500 labels accepted in bulk"
        in gain_between(result("a", 9, 9), result("b", 9, 9, 500), LABELS).sentence
    )


def test_one_version_alone_or_no_val_image_has_no_gain() -> None:
    assert latest_gain([result("a", 0, 1)], LABELS) is None
    assert latest_gain([result("a", 0, 0), result("b", 9, 0)], LABELS[:0]) is None
