"""Features by filters that are learned from a project's own unlabeled images.

Small patches of the images are whitened and clustered; the clusters' centers are the filters. What each filter answers
is averaged in 4 x 4 fields, and principal components keep the numbers few (Coates, Lee & Ng 2011; the soft threshold of
Coates & Ng 2011). No label is read.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from core.base.errors import DataError, InputError
from core.base.types import Pixels
from core.features.input_spec import SMALL_SIDE, resize_planes
from core.store.files import load_arrays, save_arrays

Values = NDArray[np.float32]

LEAST_IMAGES = 300
"""Images below which no filters are learned: components of fewer would fit those images alone."""
NUM_FILTERS = 256
NUM_FEATURES = 256
PATCH = 6
"""Side of a patch, pixels."""
FIELDS = 4
"""Fields a side in which a filter's answers are averaged."""
THRESHOLD = 0.25
"""Cosine of a patch and a filter below which the filter says nothing."""
CONTRAST = 0.01
"""Added to the variance of a patch (values in [0, 1]), so that flat patches stay small."""
WHITENING = 0.1
"""Added to the variances before whitening, so that weak directions are not blown up."""
_NUM_PATCHES = 60_000
_NUM_IMAGES = 2_000
_BATCH_VALUES = 8 * 28 * 28


@dataclass(frozen=True)
class PatchFilters:
    """What turns images into features.

    Attributes:
        sides: (2,) side (pixels) that images are resized to, and pixels from one patch to the next.
        mean: (d,) mean patch, d = PATCH² · C.
        whitening: (d, d) symmetric.
        filters: (d, k) of length 1 each.
        center: (FIELDS² · k,) mean of the pooled answers.
        components: (FIELDS² · k, D) principal components of the pooled answers, turned at random: distances stay, and
            rounding one number to float16 changes them by little.
    """

    sides: NDArray[np.int64]
    mean: Values
    whitening: Values
    filters: Values
    center: Values
    components: Values

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read filters from a file; DataError where it is missing or damaged."""
        try:
            return cls(**load_arrays(file))
        except TypeError as error:
            raise DataError(f"{file} holds no filters ({error}): delete it, and they are learned again.") from error

    def write(self, file: Path) -> None:
        """Write the filters aside and move them into place."""
        save_arrays(file, {field.name: getattr(self, field.name) for field in fields(self)})


def learn_patch_filters(pixels: Pixels, seed: int = 0) -> PatchFilters:
    """Learn filters from unlabeled images.

    Args:
        pixels: Images (N, H, W, C) uint8; up to 2,000 drawn ones are read.
        seed: Draws images and patches, and begins the clusters.

    Returns:
        The filters; the same images and seed give the same ones.

    Raises:
        InputError: There are fewer than LEAST_IMAGES images, or all are empty.
    """
    if len(pixels) < LEAST_IMAGES:
        raise InputError(
            f"The features patches are learned from the images themselves, and {len(pixels):,} are too few: add "
            f"images until there are {LEAST_IMAGES}, or choose hog."
        )
    with threadpool_limits(1):  # so that the number of threads changes no bit
        return _learned(pixels, seed)


def _learned(pixels: Pixels, seed: int) -> PatchFilters:
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.decomposition import PCA

    rng = np.random.default_rng(seed)
    ids = np.sort(rng.choice(len(pixels), min(_NUM_IMAGES, len(pixels)), replace=False))
    sample, sides = np.asarray(pixels[ids]), _sides(pixels.shape[1:])
    patches = np.concatenate([
        rng.choice(part, min(len(part), 1 + _NUM_PATCHES // len(ids)), replace=False)
        for part in (_patches(image[None], sides) for image in sample)
    ])  # fmt: skip
    patches = patches[np.einsum("nd,nd->n", patches, patches) > 0.1 * patches.shape[1]]  # flat ones teach nothing
    flat = sample.min(axis=(1, 2, 3)) == sample.max(axis=(1, 2, 3))
    if flat.all() or len(patches) <= NUM_FILTERS:
        raise InputError("The images are empty or of one color each: there are no patches to learn filters from.")
    mean = patches.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(patches - mean, rowvar=False, dtype=np.float64))
    whitening = ((vectors / np.sqrt(values.clip(0) + WHITENING)) @ vectors.T).astype(np.float32)
    clusters = MiniBatchKMeans(NUM_FILTERS, random_state=seed, n_init=1, batch_size=4096, max_iter=30)
    filters = _unit(clusters.fit(_unit(_white(patches, mean, whitening))).cluster_centers_.astype(np.float32)).T
    pooled = _pooled(sample, sides, mean, whitening, filters)
    found = PCA(min(NUM_FEATURES, len(sample) - 1), svd_solver="randomized", random_state=seed).fit(pooled)
    turn, _ = np.linalg.qr(rng.standard_normal((len(found.components_), len(found.components_))))
    components = (found.components_.T @ turn).astype(np.float32)  # no number then holds much more than another
    return PatchFilters(np.array(sides), mean, whitening, filters, found.mean_.astype(np.float32), components)


def patch_features(pixels: Pixels, by: PatchFilters) -> Values:
    """Compute the features of images.

    Every image is computed by itself, so its numbers do not depend on the others of the batch.

    Args:
        pixels: Images (n, H, W, C) uint8, with the channels of those that the filters were learned from.
        by: The filters.

    Returns:
        Features (n, D).
    """
    sides = int(by.sides[0]), int(by.sides[1])
    if len(by.mean) != PATCH * PATCH * pixels.shape[3]:
        channels = len(by.mean) // PATCH**2
        raise InputError(f"The filters were learned from images of {channels} channels, not {pixels.shape[3]}.")
    found = np.empty((len(pixels), by.components.shape[1]), np.float32)
    with threadpool_limits(1):  # products this small are slower on several threads
        for row, image in enumerate(pixels):  # one by one: products of other shapes are rounded in other ways
            pooled = _pooled(image[None], sides, by.mean, by.whitening, by.filters)
            found[row] = ((pooled - by.center) @ by.components)[0]
    return found


def _sides(shape: tuple[int, ...]) -> tuple[int, int]:
    """Side of the resized images and pixels from patch to patch, for images of a shape (H, W, C)."""
    return (28, 1) if max(shape[:2]) <= SMALL_SIDE else (64, 2)


def _patches(pixels: Pixels, sides: tuple[int, int]) -> Values:
    """All patches (n · places, d) of images, each with mean 0 and its contrast evened out."""
    side, stride = sides
    planes = resize_planes(pixels, side, side) / np.float32(255)
    edges = (PATCH // 2, PATCH - PATCH // 2 - 1)  # as many places as pixels
    planes = np.pad(planes, ((0, 0), (0, 0), edges, edges))
    windows = sliding_window_view(planes, (PATCH, PATCH), axis=(2, 3))[:, :, ::stride, ::stride]
    rows = windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, planes.shape[1] * PATCH * PATCH)
    rows = rows - rows.mean(axis=1, keepdims=True)
    variance = np.einsum("nd,nd->n", rows, rows) / np.float32(rows.shape[1])
    rows /= np.sqrt(variance + np.float32(CONTRAST))[:, None]
    return np.asarray(rows, dtype=np.float32)


def _pooled(pixels: Pixels, sides: tuple[int, int], mean: Values, whitening: Values, filters: Values) -> Values:
    """Square roots of the filters' mean answers by field, (n, FIELDS² · k)."""
    side, stride = sides
    places, step = side // stride, max(1, _BATCH_VALUES // (side // stride) ** 2)
    field, found = places // FIELDS, []
    for start in range(0, len(pixels), step):
        part = pixels[start : start + step]
        answers = np.asarray(_unit(_white(_patches(part, sides), mean, whitening)) @ filters, dtype=np.float32)
        answers -= np.float32(THRESHOLD)
        np.maximum(answers, 0, out=answers)
        fields = answers.reshape(len(part), FIELDS, field, FIELDS, field, -1).mean(axis=4).mean(axis=2)
        found.append(np.sqrt(fields.reshape(len(part), -1)))
    return np.concatenate(found)


def _white(rows: Values, mean: Values, whitening: Values) -> Values:
    return np.asarray((rows - mean) @ whitening, dtype=np.float32)


def _unit(rows: Values) -> Values:
    """Rows brought to length 1."""
    return np.asarray(rows / (np.sqrt(np.einsum("nd,nd->n", rows, rows))[:, None] + np.float32(1e-6)))
