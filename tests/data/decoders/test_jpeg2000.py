"""JPEG 2000: levels and colors arrive as those of other formats do."""

import base64
import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core import Project
from core.data.decoders import jpeg2000
from core.data.decoders.jpeg2000 import nearer_to_middle
from core.data.image_io import ImageFileError, Rendering, decode, decode_values, read_header

WRITTEN_BY_OPENJPEG = {
    "gray of 12 bits":
        "/0//UQApAAAAAAAQAAAACAAAAAAAAAAAAAAAEAAAAAgAAAAAAAAAAAABCwEB/1IADAAAAAEAAAQEAAH/XAAEQGD/kAAKAAAAAAB5"
        "AAH/k9/hoBIzUtTm+cHHb5mMzI/5CaUebD82E0noGhTzW+jdcjw3q0urY3GJXQrelv37fKYRvJJ9SAONcFRysd2T4jnNa8yCkC+0"
        "yNSk6iCMqo8KWVVdMbvmcbVoAAM0CgAAAAAAAAAAAAfAF/9//9k=",
    "signed gray":
        "/0//UQApAAAAAAAQAAAACAAAAAAAAAAAAAAAEAAAAAgAAAAAAAAAAAABjwEB/1IADAAAAAEAAAQEAAH/XAAEQID/kAAKAAAAAAB6"
        "AAH/k8f+DNARUEI/5LE5A5DsxBgWj7Ec2FlbCG6QkgHo9xoq/diPDhsVFzfWO7RdgRnaMxKZ8l8eVfEtuSk562K9gxJJOc9UEgB6"
        "rnaUnOk+vCyo8KWVUFvGZVTlVAAAqAIAAAAAAAAAAAACoAf/f//Z",
    "gray of 4 bits":
        "/0//UQApAAAAAAAQAAAACAAAAAAAAAAAAAAAEAAAAAgAAAAAAAAAAAABAwEB/1IADAAAAAEAAAQEAAH/XAAEQCD/kAAKAAAAAAA2"
        "AAH/k98iUBFrDAzhwgkuzHvnMs3aI/p0iPsBOnJDoUIEcV4grbr+Np6XTX//2Q==",
    "RGB of 5 bits":
        "/0//UQAvAAAAAAAQAAAACAAAAAAAAAAAAAAAEAAAAAgAAAAAAAAAAAADBAEBBAEBBAEB/1IADAAAAAEBAAQEAAH/XAAEQCj/kAAK"
        "AAAAAADGAAH/k987gBJh35JqZXLo2dIvSlQR9QwyqXbKwOyZVlZW+kaigLUiaJUMRrhbItG9PL8/WVp75b8rzhMj4VPf3zvAZVUu"
        "LunyoCdasoqMVoB1i5Kgw1rr0RRdz7krf3uWg8rerR1Krw3mroDXOt9C9DlTpSQjVbVdVVVPYuBv3zuwPAF8FhIe+9+x85o0cSZC"
        "Lkb+TRxujTEKL8yVAsp+lzteki+ptA9XdCPH8QIrbr5vmpUAHeNGAAjyYX//2Q==",
    "RGB of 16 bits":
        "/0//UQAvAAAAAAACAAAAAgAAAAAAAAAAAAAAAgAAAAIAAAAAAAAAAAADDwEBDwEBDwEB/1IADAAAAAEBAAQEAAH/XAAEQID/kAAK"
        "AAAAAAAzAAH/k8/8MCAQAOEbV+IWG9/4kEAFS2h2fhB4SN/4kEgKb5u0ebmQxB//2Q==",
    "quantized RGB of 12 bits":
        "/0//UQAvAAAAAAAQAAAACAAAAAAAAAAAAAAAEAAAAAgAAAAAAAAAAAADCwEBCwEBCwEB/1IADAAAAAEBAAQEAAD/XAAFQmAA/5AA"
        "CgAAAAACGgAB/5PP5qcQ3D/lyN5Dlt73lMkpHSgTlGsSr2qo8W/PCh2T4DS+qNpXfJ1BnzsF1mrmMdEbO2no0QDZnI3yOd7QWFQN"
        "d/ysdCUEcwRUBZIOoYraJDy8yRTSPxyTTSfAs9HnD2Tx89oIj0tqNVAZAczR1eYkhO2AO5ybQrYqHGbiBYzzLrl+mcys9HhY+tUh"
        "a8NiBpdj2pKcRTNERFaWjNloCNXB3C1O5i8rWNXq9M/msBQARdDA96Z1oHtDaf6AyDwz56IPwixaqdXG4PkNQA5r7OvZqmuBXHjD"
        "HkDMpq5snT1OW4Nny/KIrtImWRIHzxl4+b+UxXw/cfV6q8iwLAkeISSyNa2MC95sWDOZouoyBWZ2Srtb/0IEx8tJuh15Cvv4I5Ka"
        "6CdW67wIAoRWzyfo05C4RMMUpWdx80HtTUzwiPP7CCyJHe1dFVac0AsRnZsIdh/TaZ/7cHwY6b1R8itXz+asAUWclODoIcHZivb3"
        "cjLfRKCSttKmJrQYsiIJb2aDWrw4fS2wO9oQQ7ao4J0YlYgMWbDx5wZfNdqaS5n+O2TrNNaGN86RHzni/TdPrXoV9y8bC+Ajy50J"
        "givnb38XHoSLIXTDSpMHcBXQRDbrI+O7MziklK5eazztAHbYbiSQ42kwgyo2LnlzTO2dasdgg5XlVvHBiWZXcdNGtZSVU1QuJMhq"
        "VWSPPzVPs1QqH//Z",
    "gray and alpha of 16 bits":
        "/0//UQAsAAAAAAAQAAAACAAAAAAAAAAAAAAAEAAAAAgAAAAAAAAAAAACDwEBDwEB/1IADAAAAAEAAAQEAAH/XAAEQID/kAAKAAAA"
        "AAGOAAH/k9/4lcASjrOE6z1wVzy0xLk44GyMNTixuIC/223JSV8L6k0s6waSMotPM4LJJJJGnBo7DbbbW3sUAAAAAAAKflb1G224"
        "bZwzijPQHqNtuOJUpOc5znOc5zxbmG2222tvYoAAAAAAAU/K3qNttw2zhnFGegPUbbccSpSc5znOc5zni3MNttttbexQAAAAAAAp"
        "+VvUbbbhtnHfKLwTEpOc5znOogjKqqqqqqpyqgAAAAAAAAAAAAAAAAAASkDf3/iWADsNDSnvbK5PiaAAAwj8jbToAAGEc4/x+inC"
        "PuU0R9ymiPuU0R9ymiPuU0R9ymiPuU0R9ymiPuU0R9ymiPuU0R9ymiPuU0R9ymiPuU0R9ymiPuU0R9ymiPuU0R9ymiPuU0R9ymiP"
        "uU0R9ymiPuU0R9ymiPuU0R9ymiPuU0R9ymiPuU0R9ymiPuU0R9ymiPuU0R9ymiPuU0R9ymiPuU0R9ymiPuU0R9ymiPuU0R9ymiPu"
        "U0R9ymiPuU0R9ymiPuU0R//Z",
}  # fmt: skip
"""Codestreams of depths that Pillow reads and does not write."""
RAMP = np.add.outer(16 * np.arange(8), 256 * np.arange(16))
COLORS = np.random.default_rng(0).integers(0, 256, (24, 30, 4)).astype(np.uint8)


def stored(name: str) -> bytes:
    return base64.b64decode(WRITTEN_BY_OPENJPEG[name])


def written(pixels: NDArray[Any] | Image.Image, kind: str = "JPEG2000", **options: Any) -> bytes:
    target = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(target, kind, **options)
    return target.getvalue()


def jp2(codestream: bytes, shape: tuple[int, int, int], color_space: int, more: bytes = b"", bits: int = 8) -> bytes:
    """Return a file of a codestream, with a color space: 16 sRGB, 17 gray, 18 sYCC."""
    height, width, channels = shape
    header = _box(b"ihdr", struct.pack(">IIHBBBB", height, width, channels, bits - 1, 7, 0, 0))
    header += _box(b"colr", struct.pack(">BBBI", 1, 0, 0, color_space)) + more
    start = _box(b"jP  ", b"\r\n\x87\n") + _box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    return start + _box(b"jp2h", header) + _box(b"jp2c", codestream)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def palette(colors: NDArray[np.uint8]) -> bytes:
    """Return the boxes of a palette (n, 3)."""
    found = _box(b"pclr", struct.pack(">HB", len(colors), 3) + b"\7\7\7" + colors.tobytes())
    return found + _box(b"cmap", b"".join(struct.pack(">HBB", 0, 1, channel) for channel in range(3)))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("is_bare", [False, True])
def test_eight_bits_arrive_as_those_of_png(channels: int, is_bare: bool) -> None:
    pixels = COLORS[..., 0] if channels == 1 else COLORS[..., [0, 3] if channels == 2 else range(channels)]
    how = Rendering(background="#305070")
    found = decode(written(pixels, no_jp2=is_bare), how)
    assert np.array_equal(found, decode(written(pixels, "PNG"), how))
    assert read_header(written(pixels)).is_gray == (channels < 3)


def test_with_loss_and_by_ycc_colors_differ_by_little() -> None:
    smooth = np.stack([np.add.outer(4 * np.arange(32), 3 * np.arange(32)) % 250] * 3, axis=-1).astype(np.uint8)
    smooth[..., 1] = 255 - smooth[..., 1]
    found = decode(written(smooth, irreversible=True, quality_mode="dB", quality_layers=[50]))
    assert np.abs(found.astype(int) - smooth).mean() < 1


def test_sycc_becomes_rgb() -> None:
    ycc = np.asarray(Image.fromarray(COLORS[..., :3]).convert("YCbCr"))
    codestream = written(np.array(ycc), no_jp2=True, mct=0)
    found = decode(jp2(codestream, ycc.shape, 18))
    assert np.abs(found.astype(int) - COLORS[..., :3]).max() <= 3
    assert np.array_equal(decode(jp2(codestream, ycc.shape, 16)), ycc)  # sRGB by its header: the same numbers


def test_cmyk_becomes_rgb() -> None:
    image = Image.fromarray(COLORS[..., :3]).convert("CMYK")
    assert np.array_equal(decode(written(image)), COLORS[..., :3])


def test_a_palette_gives_its_colors() -> None:
    indices = np.arange(64, dtype=np.uint8).reshape(8, 8) % 4
    colors = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 20, 30]], dtype=np.uint8)
    content = jp2(written(indices, no_jp2=True), (8, 8, 1), 16, palette(colors))
    assert np.array_equal(decode(content), colors[indices])


def test_a_palette_of_four_bits_gives_its_colors() -> None:
    colors = np.stack([10 * np.arange(16), np.arange(16), 255 - np.arange(16)], axis=-1).astype(np.uint8)
    content = jp2(stored("gray of 4 bits"), (8, 16, 1), 16, palette(colors), bits=4)
    assert np.array_equal(decode(content), colors[RAMP // 256])


@pytest.mark.parametrize("is_bare", [False, True])
@pytest.mark.parametrize(("low", "high"), [(0, 65536), (0, 4096), (30_000, 30_256)])
def test_gray_of_16_bits_keeps_every_level(low: int, high: int, is_bare: bool) -> None:
    values = np.random.default_rng(0).integers(low, high, (24, 30)).astype(np.uint16)
    content = written(values, no_jp2=is_bare)
    assert read_header(content).is_deep
    assert np.array_equal(decode_values(content), values)
    how = Rendering((low, high - 1))
    assert np.array_equal(decode(content, how), decode(written(values, "TIFF"), how))


def test_gray_of_12_bits_has_the_values_that_were_written() -> None:
    for content in (stored("gray of 12 bits"), jp2(stored("gray of 12 bits"), (8, 16, 1), 17, bits=12)):
        assert np.array_equal(decode_values(content), RAMP)
        by_range = np.rint(RAMP / 4095 * 255)
        assert np.abs(decode(content, Rendering((0, 4095)))[..., 0] - by_range).max() <= 1
        assert np.abs(decode(content)[..., 0] - by_range).max() <= 1  # without a range its own full one counts


def test_signed_values_stay_signed() -> None:
    assert np.array_equal(decode_values(stored("signed gray")), 8 * RAMP - 16_000)


def test_white_of_less_than_8_bits_is_white() -> None:
    assert np.array_equal(decode(stored("gray of 4 bits"))[..., 0], RAMP // 256 * 17)
    y, x = np.mgrid[:8, :16]
    expected = np.rint(np.stack([2 * x, 4 * y, x + y], axis=-1) * (255 / 31))
    assert np.array_equal(decode(stored("RGB of 5 bits")), expected)


def test_of_16_bits_a_color_the_upper_8_come_in_and_white_is_white() -> None:
    assert not read_header(stored("RGB of 16 bits")).is_deep
    assert decode(stored("RGB of 16 bits")).tolist() == [[[0, 50, 255], [0x12, 0xAC, 0x80]], [[255, 0, 1], [0, 0, 0]]]


def test_white_of_quantized_colors_is_white() -> None:
    y, x = np.mgrid[:8, :16]
    expected = np.stack([273 * x, 585 * y, 4095 - 273 * x], axis=-1) / 4095 * 255
    assert np.abs(decode(stored("quantized RGB of 12 bits")) - expected).max() <= 2
    in_a_file = jp2(stored("quantized RGB of 12 bits"), (8, 16, 3), 16, bits=12)
    assert np.array_equal(decode(in_a_file), decode(stored("quantized RGB of 12 bits")))


def test_what_is_opaque_in_16_bits_is_opaque() -> None:
    found = decode(stored("gray and alpha of 16 bits"), Rendering(background="#808080"))[..., 0]
    assert np.abs(found[:, :8] - np.rint(np.arange(8) * 9362 / 257)[:, None]).max() <= 1
    assert (found[:, 8:] == 128).all()


def test_deep_colors_of_an_unusual_kind_are_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray(stored("quantized RGB of 12 bits"))
    content[content.index(b"\xff\x5c") + 4] &= 31  # no guard bit, so that there is none to give
    with pytest.raises(ValueError, match="convert it to PNG or TIFF"):
        nearer_to_middle(bytes(content))
    monkeypatch.setattr(jpeg2000, "nearer_to_middle", lambda same: same)  # as a file that is not read as was thought
    with pytest.raises(ImageFileError, match="of an unusual kind: convert it to PNG or TIFF"):
        decode(stored("quantized RGB of 12 bits"))


def test_a_project_of_tiff_and_jpeg_2000_has_one_range(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / "source" / folder).mkdir(parents=True)
        for turn in range(3):
            Image.fromarray(np.roll(RAMP, turn).astype(np.uint16)).save(tmp_path / "source" / folder / f"{turn}.tif")
    (tmp_path / "source" / "b" / "0.tif").unlink()
    (tmp_path / "source" / "b" / "same.j2k").write_bytes(stored("gray of 12 bits"))
    project = Project.create(tmp_path / "project", tmp_path / "source", image_size=(8, 16))
    assert project.reading["value_range"] == [0.0, 4095.0]
    names = project.images.names.tolist()
    pixels = project.images.pixels
    assert np.array_equal(pixels[names.index("b/same.j2k")], pixels[names.index("a/0.tif")])
