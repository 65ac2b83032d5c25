"""Data sets through torchvision: from a local root, or downloaded where there is a network."""

import zlib
from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
from torchvision import datasets

from core.base.errors import InputError
from core.base.types import UNKNOWN, ImageSet

_DIGITS = tuple("0123456789")
_FILES = {
    "mnist": "MNIST/raw with the four idx files, such as train-images-idx3-ubyte.gz",
    "fashion_mnist": "FashionMNIST/raw with the four idx files, such as train-images-idx3-ubyte.gz",
    "cifar10": "cifar-10-batches-py, unpacked from cifar-10-python.tar.gz",
    "svhn": "train_32x32.mat and test_32x32.mat",
    "stl10": "stl10_binary, unpacked from stl10_binary.tar.gz",
}

_DAMAGE = (RuntimeError, OSError, EOFError, ValueError, KeyError, AssertionError, UnpicklingError, zlib.error)
"""What torchvision raises where files are missing, torn or not to be had."""


def load(name: str, root: Path) -> ImageSet:
    """All images of a data set, its test part named; InputError says what to put where when it is not to be had."""
    if name not in _LOADERS:
        raise InputError(f"torchvision has no data set {name!r} here: choose one of {', '.join(_LOADERS)}.")
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
    """From disk where it lies there, else from the network."""
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
