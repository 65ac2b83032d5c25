"""Built-in data sets that need no network: the demo and Fashion-MNIST."""

import gzip
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.base.errors import DataError, InputError
from core.base.types import ImageSet, Pixels

TORCHVISION_DATASETS = ("mnist", "fashion_mnist", "cifar10", "svhn", "stl10")
"""Names that the training package loads through torchvision, in its own process."""

FASHION_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip

_DEMO = Path(__file__).parent / "demo"
_DEBIAN = Path("/usr/share/datasets/fashion-mnist")


@dataclass(frozen=True)
class Dataset:
    """A built-in data set: description, licence, availability and loader."""

    description: str
    licence: str
    is_available: Callable[[Path | None], bool]
    load: Callable[[Path | None], ImageSet]


def read_idx(path: Path) -> Pixels:
    """Read an IDX file of bytes (the MNIST format), gzipped or plain.

    Args:
        path: The file; a name that ends in .gz is decompressed.

    Returns:
        The array, uint8, in the shape of the file's header.

    Raises:
        DataError: The file is missing or damaged.
    """
    try:
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing: put the data set's file there.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is damaged or cut short ({error}): fetch it again.") from error
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise DataError(f"{path} is not an IDX file of bytes: fetch it again.")
    num_axes = content[3]
    start = 4 + 4 * num_axes
    if len(content) < start:
        raise DataError(f"{path} is cut short: fetch it again.")
    shape = struct.unpack(f">{num_axes}I", content[4:start])
    values = np.frombuffer(content, dtype=np.uint8, offset=start)
    if values.size != np.prod(shape, dtype=np.int64):
        raise DataError(f"{path} holds {values.size:,} values where its header says {shape}: fetch it again.")
    return values.reshape(shape)


def demo(root: Path | None = None) -> ImageSet:
    """Return the demo: 10,000 gray images of clothes in 10 classes.

    The images are 28 x 28 pixels: the test part of Fashion-MNIST.

    Args:
        root: Not used; loaders share one signature.

    Returns:
        The images.
    """
    del root
    return _fashion_part(_DEMO, "t10k", "test")


def fashion_mnist(root: Path | None = None) -> ImageSet:
    """Return all 70,000 images of Fashion-MNIST, the training part first.

    Ids 60,000 … 69,999 are its official test part. The four .gz files are looked for in `root`, in torchvision's folder
    below it, and where Debian's package dataset-fashion-mnist puts them.

    Args:
        root: Folder of the files; None looks in Debian's folder alone.

    Returns:
        The images, with the official test part marked.

    Raises:
        InputError: The files are in none of the folders.
        DataError: A file is damaged.
    """
    folder = _fashion_folder(root)
    if folder is None:
        raise InputError(
            f"The four files of Fashion-MNIST are not in {root or _DEBIAN}: "
            "install Debian's package dataset-fashion-mnist or give the folder that holds them."
        )
    train, test = _fashion_part(folder, "train", "train"), _fashion_part(folder, "t10k", "test")
    num_train, num_all = len(train.labels), len(train.labels) + len(test.labels)
    return ImageSet(
        pixels=np.concatenate([train.pixels, test.pixels]),
        labels=np.concatenate([train.labels, test.labels]),
        class_names=FASHION_CLASSES,
        names=np.concatenate([train.names, test.names]),
        official_test=np.arange(num_train, num_all, dtype=np.int64),
    )


def _fashion_folder(root: Path | None) -> Path | None:
    folders = [_DEBIAN] if root is None else [root, root / "FashionMNIST" / "raw", _DEBIAN]
    files = [f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]
    return next((folder for folder in folders if all((folder / file).is_file() for file in files)), None)


def _fashion_part(folder: Path, prefix: str, name: str) -> ImageSet:
    pixels = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")
    labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz").astype(np.int64)
    if pixels.ndim != 3 or labels.shape != pixels.shape[:1]:
        raise DataError(f"The images and labels of {prefix} in {folder} do not belong together: fetch them again.")
    names = np.array([f"{name}/{row}" for row in range(len(labels))], dtype=np.str_)
    return ImageSet(pixels[..., None], labels, FASHION_CLASSES, names, np.empty(0, np.int64))


DATASETS: dict[str, Dataset] = {
    "demo": Dataset("10,000 images of clothes in 10 classes, shipped with Winnow", "MIT", lambda _: True, demo),
    "fashion_mnist": Dataset(
        "70,000 images of clothes in 10 classes, 10,000 of them official test", "MIT",
        lambda root: _fashion_folder(root) is not None, fashion_mnist,
    ),
}  # fmt: skip
"""Data sets that this package loads itself; TORCHVISION_DATASETS names the others."""
