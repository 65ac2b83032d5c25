import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torchvision import datasets

from core.base.errors import InputError
from core.base.types import UNKNOWN
from core.data.datasets import TORCHVISION_DATASETS
from core.training import torchvision_datasets


class Offline:
    """A torchvision data set on a machine without it and without a network."""

    def __init__(self, root: str, *, download: bool, **which: Any) -> None:
        raise OSError("no route to host") if download else RuntimeError("Dataset not found.")


@pytest.mark.parametrize(
    ("name", "kind", "files"),
    [
        ("mnist", "MNIST", "MNIST/raw"),
        ("fashion_mnist", "FashionMNIST", "FashionMNIST/raw"),
        ("cifar10", "CIFAR10", "cifar-10-batches-py"),
        ("svhn", "SVHN", "train_32x32.mat"),
        ("stl10", "STL10", "stl10_binary"),
    ],
)
def test_a_missing_data_set_says_why_and_what_to_put_where(
    name: str, kind: str, files: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, kind, Offline)
    with pytest.raises(InputError) as caught:
        torchvision_datasets.load(name, tmp_path)
    assert "no route to host" in str(caught.value)
    assert f"Put {files}" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_the_data_room_names_exactly_the_sets_that_torchvision_reads() -> None:
    assert set(TORCHVISION_DATASETS) == set(torchvision_datasets._LOADERS) == set(torchvision_datasets._FILES)


def test_local_cifar_batches_are_read_channels_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checksum test of torchvision is off, because a small set cannot pass it."""
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *_: True)
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 256, (12, 3, 32, 32), dtype=np.uint8)
    names = [f"data_batch_{n}" for n in range(1, 6)] + ["test_batch"]
    for number, name in enumerate(names):
        part = {"data": rows[2 * number : 2 * number + 2].reshape(2, -1), "labels": [number, number + 1]}
        (folder / name).write_bytes(pickle.dumps(part))
    classes = [f"class {n}" for n in range(10)]
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": classes}))
    images = torchvision_datasets.load("cifar10", tmp_path)
    np.testing.assert_array_equal(images.pixels, rows.transpose(0, 2, 3, 1))
    assert images.labels.tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]
    assert images.official_test.tolist() == [10, 11]
    assert images.class_names == tuple(classes)


class Stl:
    """Two images per part, as torchvision's STL10 returns them.

    Channels come first; one part has no labels.
    """

    classes = tuple("abcdefghij")

    def __init__(self, root: str, *, split: str, download: bool) -> None:
        self.data = np.full((2, 3, 4, 5), len(split), dtype=np.uint8)
        self.labels = None if split == "unlabeled" else np.array([1, 2])


def test_images_without_a_label_are_unknown_and_only_the_test_part_is_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "STL10", Stl)
    images = torchvision_datasets.load("stl10", tmp_path)
    assert images.pixels.shape == (6, 4, 5, 3)
    assert images.labels.tolist() == [1, 2, 1, 2, UNKNOWN, UNKNOWN]
    assert images.official_test.tolist() == [2, 3]
    assert images.names.tolist() == ["train/0", "train/1", "test/0", "test/1", "unlabeled/0", "unlabeled/1"]


def test_torn_files_are_a_sentence_too(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (raw / f"{part}-ubyte").write_bytes(b"torn in the middle of a copy")
    with pytest.raises(InputError, match="Put MNIST/raw with the four idx files"):
        torchvision_datasets.load("mnist", tmp_path)
