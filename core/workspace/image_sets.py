"""Image sets: selections of images under a short name, one file each in the project's folder `sets`."""

import hashlib
import re
from pathlib import Path

import numpy as np

from core.base.errors import InputError
from core.base.types import Ids
from core.store.files import cannot_write, load_array, save_array

FOLDER = "sets"
_NAME = re.compile(r"[0-9a-f]{6,64}")
_SHORTEST = 6


def save_image_set(project: Path, ids: Ids) -> str:
    """Store a selection of images; the same images get the same name.

    Args:
        project: The project folder.
        ids: Image ids in any order; each counts once.

    Returns:
        The name, 6 hexadecimal digits of the images' hash; more where another set has these.

    Raises:
        InputError: There is no image in it.
        DataError: The folder cannot be written.
    """
    wanted = np.unique(np.asarray(ids, dtype=np.int64))
    if not len(wanted):
        raise InputError("A set needs at least one image: select some first.")
    digest, folder = hashlib.sha256(wanted.tobytes()).hexdigest(), project / FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    for length in range(_SHORTEST, len(digest) + 1):
        file = folder / f"{digest[:length]}.npy"
        if not file.exists():
            save_array(file, wanted)
            return digest[:length]
        if np.array_equal(load_array(file), wanted):
            return digest[:length]
    raise AssertionError("two sets with one hash")


def load_image_set(project: Path, name: str) -> Ids:
    """Load the images of a set.

    Args:
        project: The project folder.
        name: As `save_image_set` returned it.

    Returns:
        Sorted image ids.

    Raises:
        InputError: This project has no such set.
        DataError: Its file is damaged.
    """
    file = project / FOLDER / f"{name}.npy"
    if not _NAME.fullmatch(name) or not file.exists():
        raise InputError(f"This project has no image set {name!r}: select the images again on the Map page.")
    return np.asarray(load_array(file), dtype=np.int64)
