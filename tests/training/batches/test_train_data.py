"""Training data holds the labels that a training may use, and no test image."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.base.errors import TrainingError
from core.base.types import LabelSource
from core.training.batches.train_data import train_data
from tests.training.separable import CPU, make_curated, make_data, make_images, make_splits


def test_human_labels_train_as_labeled_and_bulk_ones_as_pseudo_labels() -> None:
    images, splits = make_images(), make_splits()
    curated = make_curated(images, splits)
    data = train_data(images, splits, curated, CPU)
    assert data.pseudo is not None
    assert data.rejected is not None
    is_bulk = curated.sources == LabelSource.BULK
    assert len(data.labeled) == (~is_bulk).sum() == 33
    assert data.pseudo.labels.tolist() == curated.labels[is_bulk].tolist()
    assert data.pseudo.weights.tolist() == [0.5] * int(is_bulk.sum())
    assert data.rejected.labels.tolist() == curated.reject_labels.tolist()
    expected = images.pixels[curated.ids[is_bulk]].transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(data.pseudo.take(torch.arange(len(expected))).numpy(), expected)


def test_without_a_curated_set_the_given_labels_train_alone() -> None:
    data = make_data(is_curated=False)
    assert data.labeled.labels.tolist() == make_images().labels[:30].tolist()
    assert data.pseudo is None
    assert data.rejected is None


def test_images_stay_small_integers_on_the_device() -> None:
    assert make_data().labeled.take(torch.arange(1)).dtype == torch.uint8


def test_mean_and_deviation_are_those_of_the_images_in_zero_to_one() -> None:
    images, splits = make_images(channels=3), make_splits()
    data = train_data(images, splits, None, CPU)
    seen = images.pixels[np.concatenate([splits.labeled, splits.val, splits.pool])] / 255
    np.testing.assert_allclose(data.mean.flatten(), seen.mean(axis=(0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(data.std.flatten(), seen.std(axis=(0, 1, 2)) + 1e-3, rtol=1e-5)


def test_no_test_image_reaches_a_training() -> None:
    images, splits = make_images(), make_splits()
    blacked_out = images.pixels.copy()
    blacked_out[splits.test] = 0
    hidden = replace(images, pixels=blacked_out)
    first = train_data(images, splits, None, CPU)
    second = train_data(hidden, splits, None, CPU)
    assert torch.equal(first.mean, second.mean)
    assert torch.equal(first.std, second.std)
    for name in ("labeled", "val", "calibration"):
        assert torch.equal(getattr(first, name).images, getattr(second, name).images)


def test_a_training_without_a_label_says_what_to_do() -> None:
    splits = replace(make_splits(), labeled=np.empty(0, np.int64))
    with pytest.raises(TrainingError, match="accept some"):
        train_data(make_images(), splits, None, CPU)
