"""Colors of 16 bits keep their levels, as 16-bit gray does."""

import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core import Project
from core.data.image_io import Rendering, decode, decode_values, read_header, read_image
from tests.data.decoders.deep_files import png, tiff


def some_values(channels: int, low: int = 0, high: int = 65536) -> NDArray[np.uint16]:
    return np.random.default_rng(0).integers(low, high, (13, 11, channels)).astype(np.uint16)


FILES = {
    "png": png(some_values(3)),
    "interlaced png": png(some_values(3), is_interlaced=True),
    "tiff": tiff(some_values(3)),
    "big-endian tiff": tiff(some_values(3), order=">"),
    "compressed tiff": tiff(some_values(3), is_compressed=True),
    "compressed big-endian tiff": tiff(some_values(3), order=">", is_compressed=True),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_bit_of_a_color_is_read(kind: str) -> None:
    assert read_header(FILES[kind]).is_deep
    assert not read_header(FILES[kind]).is_gray
    assert np.array_equal(decode_values(FILES[kind]), some_values(3))


def test_colors_of_12_bits_are_not_black_and_narrow_ones_keep_their_levels() -> None:
    dark, narrow = png(some_values(3, 0, 4096)), png(some_values(3, 30_000, 30_256))
    expected = np.rint(some_values(3, 0, 4096) / 4095 * 255)
    assert np.abs(decode(dark, Rendering((0, 4095))) - expected).max() <= 1
    assert np.array_equal(decode(narrow, Rendering((30_000, 30_255))), some_values(3, 30_000, 30_256) - 30_000)
    assert len(np.unique(decode(narrow))) <= 2  # by the full range


def test_without_a_range_the_full_one_counts() -> None:
    values = np.array([[[0, 257 * 50, 65535]]], dtype=np.uint16)
    assert decode(png(values)).tolist() == [[[0, 50, 255]]]
    assert read_image(png(values), (8, 8, 3)).shape == (8, 8, 3)


def test_transparency_lies_on_the_background_whatever_the_range_of_the_colors() -> None:
    values = np.array([[[1000, 2000, 3000, 0], [0, 2000, 4000, 65535]]], dtype=np.uint16)
    how = Rendering((0, 4000), background="#102030")
    assert decode(png(values), how).tolist() == [[[16, 32, 48], [0, 128, 255]]]
    keyed = np.array([[[1000, 2000, 3000], [0, 2000, 4000]]], dtype=np.uint16)
    chunk = (b"tRNS", struct.pack(">HHH", 1000, 2000, 3000))
    assert decode(png(keyed, more=(chunk,)), how).tolist() == [[[16, 32, 48], [0, 128, 255]]]


def test_gray_with_transparency_keeps_its_levels_too() -> None:
    values = np.array([[[1000, 65535], [30_255, 0], [30_100, 65535], [30_255, 65535]]], dtype=np.uint16)
    assert decode_values(png(values)).tolist() == values[..., :1].tolist()
    assert decode(png(values), Rendering((30_000, 30_255)))[0, :, 0].tolist() == [0, 255, 100, 255]


def test_a_project_estimates_one_range_for_colors(tmp_path: Path) -> None:
    for number in range(6):
        folder = tmp_path / "source" / ("a", "b")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        values = np.random.default_rng(number).integers(0, 4096, (20, 20, 3)).astype(np.uint16)
        (folder / f"{number}.png").write_bytes(png(values))
    project = Project.create(tmp_path / "project", tmp_path / "source", image_size=20)
    assert project.reading["value_range"] == [0.0, 4095.0]
    assert project.images.pixels.shape == (6, 20, 20, 3)
    first = np.random.default_rng(0).integers(0, 4096, (20, 20, 3)) / 4095 * 255
    assert np.abs(project.images.pixels[0] - first).max() <= 0.51
    assert np.array_equal(project.original(0), project.images.pixels[0])
