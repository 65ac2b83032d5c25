"""Data sets of torchvision, from a local folder or downloaded: python -m core.training.torchvision_datasets."""

import argparse
import socket
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
from torchvision import datasets

from core.base.errors import InputError, WinnowError, unknown_name
from core.base.types import UNKNOWN, ImageSet
from core.data.image_store import write_images

_DIGITS = tuple("0123456789")
_FILES = {
    "mnist": "MNIST/raw with the four idx files, such as train-images-idx3-ubyte.gz",
    "fashion_mnist": "FashionMNIST/raw with the four idx files, such as train-images-idx3-ubyte.gz",
    "cifar10": "cifar-10-batches-py, unpacked from cifar-10-python.tar.gz",
    "svhn": "train_32x32.mat and test_32x32.mat",
    "stl10": "stl10_binary, unpacked from stl10_binary.tar.gz",
}

DOWNLOAD_TIMEOUT = 30.0
"""Seconds of silence after which a download counts as failed."""
_DAMAGE = (RuntimeError, OSError, EOFError, ValueError, KeyError, AssertionError, UnpicklingError, zlib.error)
"""Errors that torchvision raises for files that are missing, damaged or not to be downloaded."""


def load(name: str, root: Path) -> ImageSet:
    """Load all parts of a data set.

    Args:
        name: One of the data sets above, such as "mnist".
        root: Folder that holds its files or receives the download.

    Returns:
        All images, with the ids of the official test part.

    Raises:
        InputError: The files are missing or damaged and cannot be downloaded; the sentence says what to put where.
    """
    if name not in _LOADERS:
        raise unknown_name("torchvision data set", name, _LOADERS)
    try:
        return _LOADERS[name](root)
    except _DAMAGE as error:
        why = str(error) or "a file is damaged"
        raise InputError(
            f"{name} is not in {root}, whole, and could not be downloaded ({why}). Put {_FILES[name]} into {root}."
        ) from error


def _two_parts(make: Callable[[bool], Any], class_names: tuple[str, ...] | None = None) -> ImageSet:
    train, test = make(True), make(False)
    pixels = [np.asarray(part.data) for part in (train, test)]
    labels = [np.asarray(part.targets) for part in (train, test)]
    return _image_set(pixels, labels, class_names or tuple(train.classes), ("train", "test"))


def _image_set(
    pixels: list[np.ndarray], labels: list[np.ndarray], class_names: tuple[str, ...], parts: tuple[str, ...]
) -> ImageSet:
    together = np.concatenate(pixels)
    names = [f"{part}/{row}" for part, rows in zip(parts, pixels, strict=True) for row in range(len(rows))]
    starts = np.cumsum([0, *map(len, pixels)])
    test = parts.index("test")
    return ImageSet(
        pixels=together if together.ndim == 4 else together[..., None],
        labels=np.concatenate(labels).astype(np.int64),
        class_names=class_names,
        names=np.array(names),
        official_test=np.arange(starts[test], starts[test + 1], dtype=np.int64),
    )


def _mnist(root: Path) -> ImageSet:
    return _two_parts(lambda train: _downloaded(datasets.MNIST, root, train=train), _DIGITS)


def _fashion_mnist(root: Path) -> ImageSet:
    return _two_parts(lambda train: _downloaded(datasets.FashionMNIST, root, train=train))


def _cifar10(root: Path) -> ImageSet:
    return _two_parts(lambda train: _downloaded(datasets.CIFAR10, root, train=train))


def _svhn(root: Path) -> ImageSet:
    parts = [_downloaded(datasets.SVHN, root, split=split) for split in ("train", "test")]
    return _image_set(
        [p.data.transpose(0, 2, 3, 1) for p in parts], [p.labels for p in parts], _DIGITS, ("train", "test")
    )


def _stl10(root: Path) -> ImageSet:
    splits = ("train", "test", "unlabeled")
    parts = [_downloaded(datasets.STL10, root, split=split) for split in splits]
    labels = [np.asarray(p.labels) if p.labels is not None else np.full(len(p.data), UNKNOWN) for p in parts]
    return _image_set([p.data.transpose(0, 2, 3, 1) for p in parts], labels, tuple(parts[0].classes), splits)


def _downloaded(kind: Callable[..., Any], root: Path, **which: Any) -> Any:
    """The part, from disk where it is there, else from the network."""
    try:
        return kind(str(root), download=False, **which)
    except RuntimeError:
        return kind(str(root), download=True, **which)


_LOADERS: dict[str, Callable[[Path], ImageSet]] = {
    "mnist": _mnist,
    "fashion_mnist": _fashion_mnist,
    "cifar10": _cifar10,
    "svhn": _svhn,
    "stl10": _stl10,
}


def main() -> int:
    """Write the data set that the command line names as an image folder."""
    parser = argparse.ArgumentParser(prog="python -m core.training.torchvision_datasets")
    parser.add_argument("name")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT)
    try:
        write_images(load(arguments.name, arguments.root), arguments.out)
    except WinnowError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
