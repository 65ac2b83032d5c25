"""Formats of image files: by the end of a name, and by the first bytes of a file."""

import importlib.util
import os
from pathlib import Path

FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
"""Formats that are read, as Pillow calls them; HEIF too where pi-heif or pillow-heif is installed."""
SUFFIXES = (
    ".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpf", ".jpg", ".jpx",
    ".mpo", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp",
)  # fmt: skip
"""Ends of the names of files that are taken for images, in lower case."""

NO_HEIC = "a HEIC photo: convert it to JPEG or PNG, or install a reader for it with: pip install pi-heif"
DAMAGED_HEIC = "a HEIC photo that is damaged or of an unusual kind: convert it to JPEG or PNG"
_HEAD = 64
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
)
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document: save its pages as PNG"),
    (b"PK\x03\x04", "a ZIP archive: unpack it first"),
    (b"\x1f\x8b", "a gzip file: unpack it first"),
    (b"version https://git-lfs", "a Git LFS pointer, not the image: fetch it with: git lfs pull"),
    (b"8BPS", "a Photoshop file: save it as PNG"),
    (b"<svg", "an SVG drawing: save it as PNG"),
    (b"<?xml", "an XML text, not an image"),
    (b"<!doctype html", "a web page under the name of an image: download the image itself"),
    (b"<html", "a web page under the name of an image: download the image itself"),
    (b"\x89HDF", "an HDF5 file, not an image"),
    (b"\x93NUMPY", "a NumPy array: give an .npz with images and labels instead"),
)
_heif = {"is_registered": False}


def has_image_suffix(name: str) -> bool:
    """Return whether a file's name ends as those of images do."""
    return name.lower().endswith(SUFFIXES)


def content_format(head: bytes) -> str | None:
    """Name the image format of a file by its first bytes.

    Args:
        head: At least the first 16 bytes.

    Returns:
        One of FORMATS or "HEIF"; None where it is no image.
    """
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "AVIF" if brand in (b"avif", b"avis") else "HEIF" if brand in _HEIC_BRANDS else None
    is_netpbm = len(head) > 2 and head[:1] == b"P" and head[1:2] in b"123456" and head[2:3].isspace()
    return "PPM" if is_netpbm else None


def is_image_content(path: Path) -> bool:
    """Return whether the first bytes of a file are those of an image; False where it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            return content_format(os.read(descriptor, _HEAD)) is not None
        finally:
            os.close(descriptor)
    except OSError:
        return False


def unreadable_reason(head: bytes) -> str:
    """Say in words what a file is that cannot be read as an image.

    Args:
        head: Its first bytes.

    Returns:
        The part of the sentence after "it is".
    """
    found = content_format(head)
    if found == "HEIF":
        return DAMAGED_HEIC if can_read_heic() else NO_HEIC
    if found is not None:
        return f"a damaged {found} file"
    if not head:
        return "an empty file"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, words in _OTHERS:
        if start.startswith(magic.lower()):
            return words
    return f"none of {', '.join(FORMATS)}, or its header is damaged"


def can_read_heic() -> bool:
    """Return whether a reader of HEIC is installed; the first call makes Pillow know it."""
    if not _heif["is_registered"]:
        name = next((n for n in ("pi_heif", "pillow_heif") if importlib.util.find_spec(n) is not None), None)
        if name is None:
            return False
        importlib.import_module(name).register_heif_opener()
        _heif["is_registered"] = True
    return True


def readable_formats() -> tuple[str, ...]:
    """Return the formats that Pillow may open here."""
    return (*FORMATS, "HEIF") if can_read_heic() else FORMATS
