"""Where an image came from: the file in the folder that a project was made of, if it is still there."""

from pathlib import Path

from core.base.errors import InputError


def original_file(source: str, name: str) -> Path:
    """The file behind an image's name; InputError where the source is no folder or the file has gone."""
    root = Path(source)
    if not root.is_absolute() or not root.is_dir():
        raise InputError(
            "This project was not made from a folder that is still there, so there are no larger originals."
        )
    file = (root / name).resolve()
    if not file.is_relative_to(root.resolve()) or not file.is_file():
        raise InputError(f"{name} is no longer in the folder that this project was made from.")
    return file
