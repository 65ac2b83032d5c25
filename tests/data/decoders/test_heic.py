"""HEIC photos: real files, encoded here, are read as any other; without a reader the reason says what to do."""

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core import Project
from core.data.decoders import formats
from core.data.image_io import ImageFileError, Rendering, decode, decode_values, read_header

pillow_heif = pytest.importorskip("pillow_heif")


def photo(number: int = 0) -> NDArray[np.uint8]:
    """Return 48 × 64 pixels: a red ramp to the right, a green one downwards, and a blue of its own."""
    y, x = np.mgrid[:48, :64]
    return np.stack([4 * x, 5 * y, np.full_like(x, 40 * number)], axis=-1).astype(np.uint8)


def heic(pixels: NDArray[np.uint8], **options: object) -> bytes:
    """Encode pixels as HEIC (HEVC, almost without loss)."""
    target = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(target, quality=95, chroma=444, **options)
    return target.getvalue()


def test_a_real_heic_file_is_decoded() -> None:
    content = heic(photo(2))
    assert formats.content_format(content[:64]) == "HEIF"
    header = read_header(content)
    assert (header.height, header.width, header.is_gray) == (48, 64, False)
    assert np.abs(decode(content).astype(int) - photo(2)).mean() < 4


def test_the_orientation_of_a_heic_file_is_applied_once() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned to the right
    pixels = decode(heic(photo(), exif=exif.tobytes()))
    assert pixels.shape == (64, 48, 3)
    assert np.abs(pixels.astype(int) - np.rot90(photo(), -1)).mean() < 4


def test_a_folder_of_heic_photos_becomes_a_project_with_and_without_suffix(tmp_path: Path) -> None:
    for number in range(6):
        folder = tmp_path / "photos" / ("a", "b")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / (f"{number}.heic", f"IMG_{number}")[number // 2 % 2]).write_bytes(heic(photo(number)))
    project = Project.create(tmp_path / "project", tmp_path / "photos", image_size=(48, 64))
    assert len(project.images.labels) == 6
    assert not project.images.quarantined
    for image, name in enumerate(project.images.names.tolist()):
        number = int("".join(filter(str.isdigit, Path(name).stem)))
        assert np.abs(project.images.pixels[image].astype(int) - photo(number)).mean() < 4


def test_a_cut_heic_file_is_refused_in_a_sentence() -> None:
    content = heic(photo())
    with pytest.raises(ImageFileError):
        decode(content[: len(content) // 2])


def test_what_a_reader_cannot_read_is_still_called_a_heic_photo() -> None:
    with pytest.raises(ImageFileError, match="a HEIC photo that is damaged or of an unusual kind: convert it to JPEG"):
        decode(heic(photo())[:40] + bytes(200))


def test_without_a_reader_the_reason_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "can_read_heic", lambda: False)
    monkeypatch.setattr("core.data.decoders.open_image.readable_formats", lambda: formats.FORMATS)
    with pytest.raises(ImageFileError, match="convert it to JPEG or PNG, or install a reader for it"):
        decode(heic(photo()))


def deep_heic(values: NDArray[np.uint16], bits: int, monkeypatch: pytest.MonkeyPatch, **options: object) -> bytes:
    """Encode values of 10 or 12 bits (H, W), (H, W, 3) or (H, W, 4), lossless but for the change of color space."""
    monkeypatch.setattr(pillow_heif.options, "SAVE_HDR_TO_12_BIT", bits == 12)
    mode = {2: "I;16", 3: "RGB;16", 4: "RGBA;16"}[values.ndim if values.ndim == 2 else values.shape[2]]
    data = (values << (16 - bits)).astype(np.uint16).tobytes()
    photo = pillow_heif.from_bytes(mode=mode, size=(values.shape[1], values.shape[0]), data=data)
    target = io.BytesIO()
    photo.save(target, quality=-1, chroma=444, **options)
    return target.getvalue()


def ramps(bits: int) -> NDArray[np.uint16]:
    y, x = np.mgrid[:64, :96]
    return (np.stack([10 * x, 15 * y, 6 * (x + y)], axis=-1) << (bits - 10)).astype(np.uint16)


@pytest.mark.parametrize("bits", [10, 12])
def test_colors_of_10_and_12_bits_keep_their_levels(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = deep_heic(ramps(bits), bits, monkeypatch)
    header = read_header(content)
    assert (header.is_deep, header.is_gray) == (True, False)
    values = decode_values(content)
    expected = ramps(bits) * (65535 / (2**bits - 1))
    assert np.abs(values - expected).max() <= 2 * 65535 / 1023
    assert len(np.unique(values)) > 256
    plain = np.rint(expected / 257)
    assert np.abs(decode(content) - plain).max() <= 1  # without a range: as an 8-bit photo


def test_a_narrow_range_of_a_10_bit_photo_is_shown_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = (400 + ramps(10) // 16).astype(np.uint16)  # 64 levels of 1,024: 16 of 256
    content = deep_heic(narrow, 10, monkeypatch)
    low, high = 400 * 65535 / 1023, 463 * 65535 / 1023
    found = decode(content, Rendering((low, high)))
    assert np.abs(found - np.clip((narrow - 400.0) * 255 / 63, 0, 255)).max() <= 2 * 255 / 63
    assert len(np.unique(found)) > 40
    assert len(np.unique(decode(content))) < 20


def test_gray_of_10_bits_keeps_its_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    content = deep_heic(ramps(10)[..., 0], 10, monkeypatch)
    assert read_header(content).is_gray
    assert np.array_equal(decode_values(content), ramps(10)[..., 0] << 6)


def test_transparency_of_a_10_bit_photo_lies_on_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    alpha = np.where(np.arange(96) < 48, 0, 1023)[None, :, None] * np.ones((64, 1, 1))
    content = deep_heic(np.concatenate([ramps(10), alpha], axis=2).astype(np.uint16), 10, monkeypatch)
    found = decode(content, Rendering(background="#102030"))
    assert found[:, :40].reshape(-1, 3).tolist() == [[16, 32, 48]] * (64 * 40)
    assert np.abs(found[:, 56:] - np.rint(ramps(10)[:, 56:] / 1023 * 255)).max() <= 1


def test_the_orientation_of_a_10_bit_photo_is_applied_once(monkeypatch: pytest.MonkeyPatch) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = decode(deep_heic(ramps(10), 10, monkeypatch, exif=exif.tobytes()))
    assert np.abs(found - np.rot90(np.rint(ramps(10) / 1023 * 255), -1)).max() <= 1


def test_a_cut_10_bit_photo_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    content = deep_heic(ramps(10), 10, monkeypatch)
    for share in (2, 3):
        with pytest.raises(ImageFileError):
            decode(content[: len(content) * share // 4])
