"""The decoder clips nothing, never blocks and refuses huge images."""

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core.data.image_io import MAX_PIXELS, ImageFileError, decode, encode_jpeg, encode_png, resize, sprite


def save(folder: Path, name: str, array: NDArray[np.generic]) -> Path:
    path = folder / name
    Image.fromarray(array).save(path)
    return path


def gif(width: int, height: int) -> bytes:
    """Return a GIF of 35 bytes that claims the given size."""
    size = struct.pack("<HH", width, height)
    head = b"GIF89a" + size + b"\x80\x00\x00" + b"\x00\x00\x00\xff\xff\xff"
    return head + b"\x2c\x00\x00\x00\x00" + size + b"\x00" + b"\x02\x02\x44\x01\x00\x3b"


def test_sixteen_bit_gray_is_scaled_not_clipped(tmp_path: Path) -> None:
    path = save(tmp_path, "deep.png", np.array([[0, 257 * 50, 257 * 128, 65535]], dtype=np.uint16))
    assert decode(path)[0, :, 0].tolist() == [0, 50, 128, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0.0, 0.5, 1.0], [0, 128, 255]), ([0.0, 100.0, 255.0], [0, 100, 255]), ([-10.0, 0.0, 10.0], [0, 128, 255])],
)
def test_float_images_are_scaled_into_the_full_range(tmp_path: Path, values: list[float], expected: list[int]) -> None:
    path = save(tmp_path, "float.tiff", np.array([values], dtype=np.float32))
    assert decode(path)[0, :, 0].tolist() == expected


def test_a_float_image_with_a_value_that_is_no_number_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, "nan.tiff", np.array([[np.nan, 1.0]], dtype=np.float32))
    with pytest.raises(ImageFileError, match="not numbers"):
        decode(path)


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    array = np.zeros((8, 16), dtype=np.uint8)
    array[:, :8] = 255
    Image.fromarray(array).save(tmp_path / "turned.png", exif=exif)
    pixels = decode(tmp_path / "turned.png")
    assert pixels.shape == (16, 8, 1)
    assert (pixels[:8] == 255).all()
    assert (pixels[8:] == 0).all()


def test_transparency_lies_on_white(tmp_path: Path) -> None:
    rgba = np.zeros((1, 2, 4), dtype=np.uint8)
    rgba[0, 1] = (200, 0, 0, 255)
    assert decode(save(tmp_path, "clear.png", rgba)).tolist() == [[[255, 255, 255], [200, 0, 0]]]
    Image.fromarray(rgba).convert("LA").save(tmp_path / "gray.png")
    assert decode(tmp_path / "gray.png")[0, 0].tolist() == [255]


def test_an_animation_gives_its_first_frame(tmp_path: Path) -> None:
    first, second = (Image.fromarray(np.full((4, 4), value, dtype=np.uint8)) for value in (10, 200))
    first.save(tmp_path / "two.gif", save_all=True, append_images=[second])
    assert (decode(tmp_path / "two.gif") == 10).all()


def test_a_tiny_file_that_claims_a_giant_image_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "bomb.gif").write_bytes(gif(65535, 65535))
    assert (tmp_path / "bomb.gif").stat().st_size == 35
    with pytest.raises(ImageFileError, match="pixels"):
        decode(tmp_path / "bomb.gif")


@pytest.mark.parametrize("width", [8000, 10_000])
def test_the_limit_is_ours_and_lies_below_that_of_the_library(tmp_path: Path, width: int) -> None:
    (tmp_path / "large.gif").write_bytes(gif(width, MAX_PIXELS // width + 1))
    with pytest.raises(ImageFileError, match="200,000,000"):
        decode(tmp_path / "large.gif")


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data", "ignore:Truncated File Read")
def test_a_file_cut_anywhere_is_refused_with_a_sentence(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (24, 24, 3), dtype=np.uint8))
    for name in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"):
        buffer = io.BytesIO()
        noise.save(buffer, name)
        content = buffer.getvalue()
        path = tmp_path / f"cut.{name}"
        for length in (0, 3, 11, 40, len(content) // 2, len(content) * 3 // 4):
            path.write_bytes(content[:length])
            with pytest.raises(ImageFileError, match=f"cut.{name} cannot be read as an image: .+"):
                decode(path)


def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ImageFileError, match="not a regular file"):
        decode(tmp_path / "pipe.png")


def test_formats_off_the_list_are_refused_whatever_their_name(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "icon.ico")
    (tmp_path / "icon.ico").rename(tmp_path / "icon.png")
    with pytest.raises(ImageFileError, match="none of"):
        decode(tmp_path / "icon.png")


def test_resizing_keeps_the_whole_image_undistorted() -> None:
    wide = np.zeros((10, 40, 3), dtype=np.uint8)
    wide[:, :20] = 200
    small = resize(wide, 20, 20, 3)
    assert small.shape == (20, 20, 3)
    assert (small[8:12, :8] > 190).all()
    assert (small[8:12, 12:] < 10).all()
    assert (small[0] == 100).all(), "the bars have the mean color"


def test_resizing_to_the_same_size_changes_nothing() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    assert np.array_equal(resize(pixels, 9, 9, 3), pixels)
    assert np.array_equal(resize(pixels[..., :1], 9, 9, 3), np.repeat(pixels[..., :1], 3, axis=2))


def test_extreme_shapes_keep_at_least_one_pixel() -> None:
    assert resize(np.zeros((1, 1000, 1), dtype=np.uint8), 16, 16, 1).shape == (16, 16, 1)


@pytest.mark.parametrize("channels", [1, 3])
def test_png_gives_back_the_very_pixels(channels: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    back = np.asarray(Image.open(io.BytesIO(encode_png(pixels)))).reshape(pixels.shape)
    assert np.array_equal(back, pixels)


def test_jpeg_is_jpeg() -> None:
    image = Image.open(io.BytesIO(encode_jpeg(np.full((16, 16, 3), 90, dtype=np.uint8))))
    assert image.format == "JPEG"
    assert abs(int(np.asarray(image).mean()) - 90) <= 2


def test_a_sheet_holds_each_image_in_its_cell() -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (5, 8, 6, 1), dtype=np.uint8)
    sheet = np.asarray(Image.open(io.BytesIO(sprite(pixels, tile=56, columns=3))))
    assert sheet.shape == (16, 18)
    for position in range(5):
        top, left = position // 3 * 8, position % 3 * 6
        assert np.array_equal(sheet[top : top + 8, left : left + 6], pixels[position, ..., 0])
    assert (sheet[8:, 12:] == 255).all()


def test_large_images_are_scaled_down_and_sent_as_jpeg() -> None:
    pixels = np.zeros((2, 200, 200, 3), dtype=np.uint8)
    sheet = Image.open(io.BytesIO(sprite(pixels, tile=100, columns=2)))
    assert (sheet.format, sheet.size) == ("JPEG", (200, 100))
