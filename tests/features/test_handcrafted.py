"""Handcrafted features: their sizes, that each image counts alone, and what they see."""

import numpy as np
import pytest

from core.base.errors import InputError
from core.features.extractors import as_stored, handcrafted, handcrafted_compute, hog_sides, num_features
from core.features.handcrafted.gradients import THUMBNAIL, hog, hog_size
from core.features.handcrafted.plain_pixels import PIXELS_SIDE, plain_pixels


def stripes(angle: float, side: int = 28) -> np.ndarray:
    """One gray image (side, side, 1) of stripes across a direction."""
    y, x = np.mgrid[:side, :side]
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 0.9)
    return np.asarray(128 + 100 * wave, dtype=np.uint8)[..., None]


def test_gray_images_of_28_pixels_give_1492_numbers() -> None:
    found = hog(np.zeros((2, 28, 28, 1), np.uint8), 28, 4)
    assert found.shape == (2, 1492)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    "shape", [(1, 1, 1), (1, 1, 3), (5, 9, 1), (28, 28, 1), (32, 32, 3), (49, 49, 3), (200, 120, 1)]
)
@pytest.mark.parametrize("name", ["hog", "pixels"])
def test_any_size_gives_the_announced_number_of_features(name: str, shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, *shape), dtype=np.uint8)
    found = handcrafted_compute(name)(pixels)
    assert found.shape == (3, num_features(handcrafted(name), shape))
    assert np.isfinite(found).all()


@pytest.mark.parametrize("shape", [(28, 28, 1), (28, 28, 3), (70, 70, 3), (1, 1, 1)])
@pytest.mark.parametrize("name", ["hog", "pixels"])
def test_an_image_has_the_same_bits_alone_and_among_others(name: str, shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (67, *shape), dtype=np.uint8)
    compute = handcrafted_compute(name)
    together = compute(pixels)
    assert all(np.array_equal(compute(pixels[i : i + 1])[0], together[i]) for i in (0, 1, 33, 66))
    assert np.array_equal(np.concatenate([compute(pixels[:13]), compute(pixels[13:])]), together)


def test_a_gray_image_and_its_copy_in_color_have_the_same_gradients() -> None:
    gray = np.random.default_rng(2).integers(0, 256, (4, 28, 28, 1), dtype=np.uint8)
    num_blocks = hog_size(28, 4, 1) - THUMBNAIL**2
    plain, colored = hog(gray, 28, 4), hog(np.repeat(gray, 3, axis=-1), 28, 4)
    assert np.array_equal(plain[:, :num_blocks], colored[:, :num_blocks])
    assert colored.shape[1] - plain.shape[1] == 2 * THUMBNAIL**2


def test_colors_that_are_equally_bright_differ() -> None:
    red, green = np.zeros((1, 28, 28, 3), np.uint8), np.zeros((1, 28, 28, 3), np.uint8)
    red[..., 0], green[..., 1] = 200, 200
    assert np.abs(hog(red, 28, 4) - hog(green, 28, 4)).max() > 0.3


def test_the_strongest_channel_of_a_pixel_counts() -> None:
    edge = np.zeros((1, 28, 28, 3), np.uint8)
    edge[:, :, 14:, 2] = 255  # in blue alone
    gray = edge[..., 2:]
    num_blocks = hog_size(28, 4, 1) - THUMBNAIL**2
    assert np.array_equal(hog(edge, 28, 4)[:, :num_blocks], hog(gray, 28, 4)[:, :num_blocks])


def test_the_direction_of_stripes_is_seen_and_opposite_directions_are_one() -> None:
    images = np.stack([stripes(angle) for angle in (0.0, np.pi, np.pi / 2)])
    found = hog(images, 28, 4)[:, : hog_size(28, 4, 1) - THUMBNAIL**2].reshape(3, -1, 9).mean(1)
    assert found[0].argmax() in (0, 8)  # a gradient along x lies between the first and the last bin
    assert found[2].argmax() == 4
    assert np.abs(found[0] - found[1]).max() < 0.15


def test_blocks_are_of_length_one_where_there_is_a_gradient() -> None:
    images = np.random.default_rng(3).integers(0, 256, (2, 28, 28, 1), dtype=np.uint8)
    blocks = hog(images, 28, 4)[:, : hog_size(28, 4, 1) - THUMBNAIL**2].reshape(-1, 36)
    assert np.allclose(np.linalg.norm(blocks, axis=1), 1, atol=0.02)


def test_larger_images_keep_finer_detail() -> None:
    assert hog_sides((28, 28, 1)) == (28, 4)
    assert hog_sides((300, 300, 1)) == (64, 8)


def test_plain_pixels_are_the_pixels_and_large_ones_are_averaged() -> None:
    small = np.random.default_rng(4).integers(0, 256, (3, 20, 20, 1), dtype=np.uint8)
    assert np.array_equal(plain_pixels(small), small.reshape(3, -1) / np.float32(255))
    large = plain_pixels(np.full((1, 90, 90, 3), 51, np.uint8))
    assert large.shape == (1, PIXELS_SIDE * PIXELS_SIDE * 3)
    assert np.allclose(large, 0.2, atol=1e-6)


def test_float16_keeps_hog_to_half_a_thousandth() -> None:
    found = hog(np.random.default_rng(5).integers(0, 256, (8, 28, 28, 1), dtype=np.uint8), 28, 4)
    stored = as_stored(found, "hog")
    assert stored.dtype == np.float16
    assert np.abs(stored.astype(np.float32) - found).max() <= 2**-12


def test_numbers_beyond_float16_are_clipped_and_nan_is_refused() -> None:
    assert as_stored(np.array([[1e9, -1e9]], np.float32), "x").tolist() == [[65504, -65504]]
    for damaged in (np.nan, np.inf):
        with pytest.raises(InputError, match="x gives features that are not numbers"):
            as_stored(np.array([[damaged]], np.float32), "x")
