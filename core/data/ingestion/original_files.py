"""Original files of the images of a project."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from core.base.errors import InputError
from core.base.types import ImageSet
from core.data.ingestion.ingest_workers import ImageFile

_PAGE = re.compile(r"(.+)#(\d{1,6})")


def original_files(images: ImageSet, file_of: Callable[[int, str], Path], ids: Sequence[int]) -> list[ImageFile]:
    """Return the files that images were decoded from.

    Args:
        images: The images.
        file_of: Gives the file of an image by id and name; InputError where it is not there.
        ids: Which images.

    Raises:
        InputError: Files are missing; the sentence says how many.
    """
    has_pages = dict(images.facts.get("settings", {})).get("pages") == "all"
    found, missing = [], []
    for image in ids:
        name, page = str(images.names[image]), 0
        if has_pages and (match := _PAGE.fullmatch(name)):
            name, page = match[1], int(match[2]) - 1
        try:
            found.append(ImageFile(image, file_of(image, name), str(images.names[image]), page))
        except InputError as error:
            missing.append((name, error))
    if missing:
        raise InputError(
            f"The original files of {len(missing):,} of {len(ids):,} images are not there as files, such as "
            f"{missing[0][0]}, so they cannot be decoded again: find them with winnow relink, or make a new project."
        ) from missing[0][1]
    return found
