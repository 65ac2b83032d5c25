"""Image files of an export: the originals, or PNG made from the project's pixels."""

import errno
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from core.base.errors import DataError, InputError, unknown_name
from core.data.image_io import encode_png
from core.export.folder_names import file_names
from core.export.label_table import FILE_MODES, LabelTable, escape_surrogates
from core.store.files import cannot_write

KNOWN_SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
"""Suffixes by which torchvision's ImageFolder knows an image."""


_PAGE = re.compile(r"#\d+$")
"""End of the name of an image that is a later page of its file."""


class ImageFiles:
    """Reads and places the images of a table's rows.

    Args:
        table: The rows.
        mode: One of FILE_MODES.

    Raises:
        InputError: There is no such mode, or originals are missing.
    """

    def __init__(self, table: LabelTable, mode: str) -> None:
        if mode not in FILE_MODES:
            raise unknown_name("way to export files", mode, FILE_MODES)
        self._table = table
        self._ids = table.columns["image_id"].tolist()
        self._names: list[str] = table.columns["name"].tolist()
        has_source = table.source is not None and any(Path(root).is_dir() for root in table.source.roots)
        is_whole = has_source and not any(_PAGE.search(name) for name in self._names)
        self.mode = mode if mode != "auto" else "copy" if is_whole else "resized"
        if self.mode != "resized":
            self._check_originals()

    @property
    def has_originals(self) -> bool:
        """Whether the export holds the original files."""
        return self.mode != "resized"

    def original(self, row: int) -> Path:
        """Return the path of a row's original file."""
        assert self._table.source is not None
        roots, name = self._table.source, self._names[row]
        return Path(roots.root_of(self._ids[row])) / roots.moved.get(name, name)

    def paths(self, folders: Sequence[str], *, needs_suffix: bool = False, by_stem: bool = False) -> list[str]:
        """Return the path in the export of each row's image.

        Args:
            folders: (M,) folder that each image is put into.
            needs_suffix: Whether a reader knows images by their suffix, so that every file gets one.
            by_stem: Whether a reader tells images apart by their names without suffix.

        Returns:
            (M,) relative paths; originals keep their names unless two would be the same.
        """
        if not self.has_originals:
            names = [f"{image:08d}.png" for image in self._ids]
            return file_names(names, self._ids, folders, [""] * len(names), by_stem=by_stem)
        added = [self._added_suffix(row) if needs_suffix else "" for row in range(len(self._ids))]
        return file_names(self._names, self._ids, folders, added, by_stem=by_stem)

    def suffix(self, row: int) -> str:
        """Return the suffix of a row's image in lower case, with the dot; from its content where its name has none."""
        if not self.has_originals:
            return ".png"
        own = PurePosixPath(escape_surrogates(self._names[row])).suffix.lower()
        return own if own in KNOWN_SUFFIXES else self._added_suffix(row) or own

    def size(self, row: int) -> tuple[int, int]:
        """Return width and height of a row's image as it is exported, in pixels."""
        if not self.has_originals:
            return int(self._table.pixels.shape[2]), int(self._table.pixels.shape[1])
        try:
            with Image.open(self.original(row)) as image:
                return int(image.width), int(image.height)
        except (OSError, ValueError, SyntaxError) as error:
            raise DataError(f"{self._shown(row)} can no longer be read as an image: export resized images.") from error

    def content(self, row: int) -> bytes:
        """Return the bytes of a row's image file."""
        if not self.has_originals:
            return encode_png(np.asarray(self._table.pixels[self._ids[row]]))
        try:
            return self.original(row).read_bytes()
        except OSError as error:
            raise DataError(f"{self._shown(row)} cannot be read: {error.strerror}.") from error

    def place(self, row: int, target: Path) -> None:
        """Write, copy or link a row's image to a path.

        Raises:
            DataError: It cannot be read or written, or hard links are not possible there.
        """
        try:
            if self.mode == "hardlink":
                os.link(self.original(row), target)
            elif self.mode == "symlink":
                target.symlink_to(self.original(row).absolute())
            elif self.mode == "copy":
                shutil.copyfile(self.original(row), target)
            else:
                target.write_bytes(self.content(row))
        except OSError as error:
            if self.mode == "hardlink" and error.errno in (errno.EXDEV, errno.EPERM, errno.EMLINK):
                raise DataError(
                    f"{self._shown(row)} cannot be hard-linked there ({error.strerror}): hard links need the same "
                    "disk. Choose copy or symlink."
                ) from error
            raise cannot_write(target, error) from error

    def place_all(self, folder: Path, paths: Sequence[str]) -> None:
        """Place every row's image at its path in a folder."""
        made: set[Path] = set()
        for row, path in enumerate(paths):
            target = folder / path
            if target.parent not in made:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.add(target.parent)
            self.place(row, target)

    def check_packed(self, title: str) -> None:
        """Refuse links in a format that packs the images into files of its own; InputError."""
        if self.mode in ("hardlink", "symlink"):
            raise InputError(f"{title} packs the images into its own files, so it cannot link them: choose copy.")

    def _added_suffix(self, row: int) -> str:
        """Return the suffix that a file lacks, by its content; empty where its own will do."""
        if PurePosixPath(self._names[row]).suffix.lower() in KNOWN_SUFFIXES:
            return ""
        try:
            with Image.open(self.original(row)) as image:
                kind = str(image.format).lower()
        except (OSError, ValueError, SyntaxError):
            return ""
        return {"jpeg": ".jpg", "tiff": ".tif", "mpo": ".jpg"}.get(kind, f".{kind}")

    def _check_originals(self) -> None:
        source = self._table.source
        if source is None or any(Path(root).is_file() for root in source.roots):
            raise InputError("This project was not made from a folder, so it has no original files: choose resized.")
        missing = [
            row for row, name in enumerate(self._names) if not _is_inside(name) or not self.original(row).is_file()
        ]
        if missing:
            raise InputError(
                f"{len(missing):,} of {len(self._names):,} originals are no longer in {source.roots[0]} "
                f"(first: {escape_surrogates(self._names[missing[0]])}). Put them back, find them with "
                "winnow relink, or choose resized."
            )

    def _shown(self, row: int) -> str:
        return escape_surrogates(str(self.original(row)))


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts
