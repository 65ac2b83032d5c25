"""Histograms of oriented gradients with a thumbnail."""

import math

import numpy as np
from numpy.typing import NDArray

from core.base.types import Pixels
from core.features.handcrafted.plain_pixels import parts_of
from core.features.input_spec import resize_matrix, resize_planes

Values = NDArray[np.float32]

ORIENTATIONS = 9
"""Bins of the unsigned gradient direction, 20 degrees each."""
CLIP = 0.2
"""Largest entry of a block's unit vector before it is normalised again (L2-hys, Dalal & Triggs 2005)."""
THUMBNAIL = 14
"""Side of the thumbnail, pixels."""
THUMBNAIL_WEIGHT = 0.7
"""Factor of the thumbnail's values beside the blocks: measured, 0.5 to 1 are within half a point of each other."""
_EPSILON = 0.03


def hog(pixels: Pixels, side: int, cell: int) -> Values:
    """Compute histograms of oriented gradients, normalised in blocks of 2 x 2 cells, and a thumbnail.

    Every image is computed by itself, so its numbers do not depend on the others of the batch.

    Args:
        pixels: Images (n, H, W, C) uint8, C 1 or 3.
        side: Side (pixels) that images are resized to first.
        cell: Side (pixels) of a cell; it divides `side`.

    Returns:
        Features (n, D): 36 numbers in [0, 1] for each block, then the thumbnail in [0, 1]; D = 1,492 for gray images
        of 28 pixels in cells of 4.
    """
    parts = [_hog_part(part, side, cell) for part in parts_of(pixels, max(pixels[0].size, side * side * 3))]
    return np.concatenate(parts)


def hog_size(side: int, cell: int, channels: int) -> int:
    """The number D of features that `hog` gives an image of `channels` channels."""
    return (side // cell - 1) ** 2 * 4 * ORIENTATIONS + THUMBNAIL**2 * channels


def _hog_part(pixels: Pixels, side: int, cell: int) -> Values:
    planes = resize_planes(pixels, side, side)
    blocks = _blocks(_histograms(planes, cell))
    thumbnail = _thumbnail(planes)
    return np.concatenate([blocks, thumbnail], axis=1)


def _thumbnail(planes: Values) -> Values:
    side = planes.shape[-1]
    matrix = resize_matrix(side, THUMBNAIL)
    if side == 2 * THUMBNAIL:  # means of 2 x 2 pixels
        small = planes.reshape(*planes.shape[:2], THUMBNAIL, 2, THUMBNAIL, 2).mean(axis=(3, 5))
    else:
        small = np.matmul(np.matmul(matrix, planes), matrix.T)
    return np.asarray(small.reshape(len(planes), -1) * np.float32(THUMBNAIL_WEIGHT / 255), dtype=np.float32)


def _histograms(planes: Values, cell: int) -> Values:
    """Gradient strength by cell and direction, (n, cells, cells, ORIENTATIONS), of planes (n, C, side, side)."""
    vertical, horizontal = np.zeros_like(planes), np.zeros_like(planes)
    np.subtract(planes[:, :, 2:], planes[:, :, :-2], out=vertical[:, :, 1:-1])
    np.subtract(planes[:, :, :, 2:], planes[:, :, :, :-2], out=horizontal[:, :, :, 1:-1])
    squared = horizontal * horizontal + vertical * vertical
    if planes.shape[1] > 1:  # each pixel counts by its strongest channel
        strongest = squared.argmax(axis=1)[:, None]
        vertical, horizontal, squared = (
            np.take_along_axis(values, strongest, axis=1) for values in (vertical, horizontal, squared)
        )
    num, _, side, _ = vertical.shape
    cells = side // cell
    row = np.arange(side) // cell
    place = (row[:, None] * cells + row[None, :]) * ORIENTATIONS
    place = place + (np.arange(num) * (cells * cells * ORIENTATIONS))[:, None, None]
    strength = np.sqrt(squared[:, 0]) / np.float32(255 * cell * cell)
    length = num * cells * cells * ORIENTATIONS
    sums = np.zeros(length)
    for bins, share in _votes(vertical[:, 0], horizontal[:, 0]):
        sums += np.bincount((place + bins).ravel(), weights=(strength * share).ravel(), minlength=length)
    return sums.astype(np.float32).reshape(num, cells, cells, ORIENTATIONS)


def _votes(vertical: Values, horizontal: Values) -> list[tuple[NDArray[np.intp], Values]]:
    """The two bins nearest to each gradient's direction and their shares of it.

    Opposite directions are one.
    """
    position = np.arctan2(vertical, horizontal) * np.float32(ORIENTATIONS / math.pi) - np.float32(0.5)
    lower = np.floor(position)
    share = position - lower
    first = np.mod(lower.astype(np.intp), ORIENTATIONS)
    return [(first, 1 - share), (np.mod(first + 1, ORIENTATIONS), share)]


def _blocks(cells: Values) -> Values:
    """Blocks of 2 x 2 cells, each a vector of length 1, clipped and of length 1 again (n, D)."""
    corners = [cells[:, :-1, :-1], cells[:, :-1, 1:], cells[:, 1:, :-1], cells[:, 1:, 1:]]
    blocks = np.concatenate(corners, axis=-1)
    blocks /= _length(blocks)
    np.minimum(blocks, np.float32(CLIP), out=blocks)
    blocks /= _length(blocks)
    return blocks.reshape(len(blocks), -1)


def _length(blocks: Values) -> Values:
    return np.asarray(np.sqrt(np.einsum("...i,...i->...", blocks, blocks) + np.float32(_EPSILON**2))[..., None])
