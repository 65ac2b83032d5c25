"""HEIC photos: real files, encoded here, are read as any other; without a reader the reason says what to do."""

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core import Project
from core.data.decoders import formats
from core.data.image_io import ImageFileError, decode, read_header

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
