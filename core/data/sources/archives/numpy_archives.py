"""NumPy archives: images and labels in one .npz file."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.memmap import ARRAY_DAMAGE
from core.data.sources.folder_scan import natural_key
from core.data.sources.source_table import SourceTable, StoredImage, split_of
from core.data.sources.text_tables import cell

_IMAGES = ("images", "image", "x", "data", "arr_0", "imgs", "pixels")
_LABELS = ("labels", "label", "y", "targets", "target", "arr_1", "classes_of")
_NAMES = ("class_names", "classes", "label_names", "names_of_classes")


def read_numpy_archive(file: Path) -> SourceTable:
    """Read an .npz with `images` (N, H, W) or (N, H, W, C) and, if wanted, `labels` (N,) and `class_names` (K,).

    x, y and Keras' or MedMNIST's names (x_train, y_test, train_images, val_labels) are known too; train, val and test
    are then given splits.

    Args:
        file: The archive.

    Returns:
        The table; images are named by part and row.

    Raises:
        InputError: The file cannot be read, or holds no images.
    """
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except ARRAY_DAMAGE as error:
        raise InputError(f"{file} cannot be read as a NumPy archive ({error}).") from error
    parts = _parts(arrays)
    if not parts:
        listed = ", ".join(f"{name} {array.shape}" for name, array in arrays.items()) or "nothing"
        raise InputError(f"{file} holds no array called images (N, H, W) or (N, H, W, 3); it has: {listed}.")
    named = [arrays[name] for name in _NAMES if name in arrays and arrays[name].ndim == 1]
    names_of: list[Any] = named[0].tolist() if named else []
    files: list[StoredImage] = []
    names: list[str] = []
    classes: list[str | None] = []
    splits: list[str] = []
    for split, images, labels in parts:
        _check(file, images, labels)
        files += [StoredImage(partial(_row, images, row)) for row in range(len(images))]
        names += [f"{split}/{row}" if split else str(row) for row in range(len(images))]
        classes += (
            [None] * len(images) if labels is None else [_class(v, names_of) for v in labels.reshape(-1).tolist()]
        )
        splits += [split] * len(images)
    listed_names = {cell(name) for name in names_of} | {name for name in classes if name is not None}
    order = [cell(name) for name in names_of] or sorted(listed_names, key=natural_key)
    return SourceTable(
        layout=f"NumPy archive {file.name}",
        root=file,
        files=tuple(files),
        names=tuple(names),
        classes=tuple(classes),
        class_names=tuple(dict.fromkeys([*order, *sorted(listed_names, key=natural_key)])),
        splits=tuple(splits) if any(splits) else (),
        remarks=(f"{file.name}: {len(files):,} images in arrays {', '.join(sorted(arrays))}.",),
    )


def _row(images: NDArray[Any], row: int) -> NDArray[Any]:
    return np.asarray(images[row])


def _parts(arrays: dict[str, NDArray[Any]]) -> list[tuple[str, NDArray[Any], NDArray[Any] | None]]:
    """Return split, images and labels of each part."""
    found: dict[str, dict[str, NDArray[Any]]] = {}
    for name, array in arrays.items():
        words = re.split(r"[_\-. ]", name.casefold())
        split = next((split_of(word) for word in words if split_of(word)), "")
        rest = "_".join(word for word in words if not split_of(word)) or name.casefold()
        kind = "images" if rest in _IMAGES else "labels" if rest in _LABELS else ""
        is_fit = array.ndim in (3, 4) if kind == "images" else array.ndim in (1, 2)
        if kind and is_fit and array.dtype.kind in "buifUS":
            found.setdefault(split, {}).setdefault(kind, array)
    return [(split, part["images"], part.get("labels")) for split, part in found.items() if "images" in part]


def _check(file: Path, images: NDArray[Any], labels: NDArray[Any] | None) -> None:
    if images.ndim == 4 and images.shape[3] not in (1, 2, 3, 4):
        raise InputError(f"{file} holds images of shape {images.shape}: (N, H, W) or (N, H, W, channels) is needed.")
    if labels is not None and labels.size != len(images):
        raise InputError(f"{file} holds {labels.size:,} labels for {len(images):,} images: one for each is needed.")


def _class(value: Any, names: list[Any]) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value < 0 or value != value:
            return None
        if float(value).is_integer() and int(value) < len(names):
            return cell(names[int(value)])
    return cell(value) or None
