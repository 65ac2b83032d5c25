"""Nearest images: order of the pool by feature distance to one image."""

import os
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import InputError
from core.scoring.neighbors import unit_vectors
from core.similarity.nearest_images import NearestImages
from core.similarity.reduced_features import reduce_features, reduced_features
from core.similarity.similar_queue import SimilarQueue
from core.store.files import save_array


def stored(folder: Path, num: int, dims: int, seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(num, 8)) @ rng.normal(size=(8, dims)) + 0.1 * rng.normal(size=(num, dims))
    save_array(folder / "features.npy", values.astype(np.float16))
    return folder / "features.npy"


def test_the_image_itself_comes_first_and_every_row_once(tmp_path: Path) -> None:
    pool = np.arange(3, 400, 2)
    order = NearestImages(stored(tmp_path, 400, 100), pool).order(7)
    assert pool[order[0]] == 7
    assert np.array_equal(np.sort(order), np.arange(len(pool)))


def test_the_first_images_are_those_of_the_highest_cosine(tmp_path: Path) -> None:
    file, pool = stored(tmp_path, 3_000, 200), np.arange(3_000)
    units = unit_vectors(np.load(file))
    nearest = NearestImages(file, pool)
    for image in (0, 1_234, 2_999):
        expected = np.argsort(-(units @ units[image]), kind="stable")[1:31]
        assert len(np.intersect1d(nearest.order(image)[1:31], expected)) >= 29


def test_an_image_outside_the_pool_ranks_the_pool_as_well(tmp_path: Path) -> None:
    pool = np.arange(10, 50)
    order = NearestImages(stored(tmp_path, 50, 20), pool).order(2)
    assert np.array_equal(np.sort(order), np.arange(40))


@pytest.mark.parametrize("image", [None, -1, 50])
def test_an_unknown_image_is_refused_with_the_range(image: int | None) -> None:
    with pytest.raises(InputError, match="number of an image from 0 to 49"):
        SimilarQueue.checked(image, "", 50)


@pytest.mark.parametrize("shape", [(0, 5), (1, 5), (3, 100), (200, 5)])
def test_reduced_distances_are_at_most_the_whole_ones(shape: tuple[int, int]) -> None:
    features = np.random.default_rng(1).normal(size=shape).astype(np.float16)
    reduced, units = reduce_features(features), unit_vectors(features)
    assert reduced.shape == (shape[0], min(shape[1], 64))
    for row in range(min(3, len(units))):
        whole = np.linalg.norm(units - units[row], axis=1)
        assert (np.linalg.norm(reduced - reduced[row], axis=1) <= whole + 1e-5).all()


def test_reduced_features_are_kept_and_follow_new_features(tmp_path: Path) -> None:
    file = stored(tmp_path, 30, 10)
    first = np.array(reduced_features(file))
    made = (tmp_path / "reduced.npy").stat().st_mtime_ns
    assert np.array_equal(first, reduced_features(file))
    assert (tmp_path / "reduced.npy").stat().st_mtime_ns == made
    stored(tmp_path, 30, 10, seed=1)
    os.utime(file, ns=(made + 10**9, made + 10**9))
    assert not np.array_equal(first, reduced_features(file))
