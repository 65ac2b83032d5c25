"""Built-in data sets load whole and quickly; damaged files are named."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.base.errors import DataError, InputError
from core.data import datasets
from core.data.datasets import DATASETS, FASHION_CLASSES, demo, fashion_mnist, read_idx


def idx(array: NDArray[Any]) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return head + array.astype(np.uint8).tobytes()


def fashion_folder(folder: Path, sizes: dict[str, int]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for part, size in sizes.items():
        images = np.full((size, 28, 28), size)
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.arange(size) % 10)))
    return folder


def test_the_demo_has_a_thousand_images_of_each_class() -> None:
    images = demo()
    assert images.pixels.shape == (10_000, 28, 28, 1)
    assert np.bincount(images.labels).tolist() == [1000] * 10
    assert images.class_names == FASHION_CLASSES
    assert images.names[17] == "test/17"
    assert FASHION_CLASSES[images.labels[0]] == "Ankle boot"


def test_the_demo_ships_with_its_licence() -> None:
    text = (Path(datasets.__file__).parent / "demo" / "LICENSE.txt").read_text()
    assert "Zalando" in text
    assert "MIT License" in text


def test_the_test_part_comes_last_and_is_official(tmp_path: Path) -> None:
    root = fashion_folder(tmp_path / "FashionMNIST" / "raw", {"train": 12, "t10k": 5}).parents[1]
    assert DATASETS["fashion_mnist"].is_available(root)
    images = fashion_mnist(root)
    assert images.official_test.tolist() == [12, 13, 14, 15, 16]
    assert images.names[[0, 11, 12]].tolist() == ["train/0", "train/11", "test/0"]
    assert (images.pixels[:12] == 12).all()
    assert (images.pixels[12:] == 5).all()


def test_absent_files_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "_DEBIAN", tmp_path / "none")
    assert not DATASETS["fashion_mnist"].is_available(tmp_path)
    with pytest.raises(InputError, match="dataset-fashion-mnist"):
        fashion_mnist(tmp_path)


@pytest.mark.parametrize("packed", [True, False])
def test_an_idx_file_is_read_packed_or_plain(tmp_path: Path, packed: bool) -> None:
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path = tmp_path / ("a.gz" if packed else "a")
    path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    assert np.array_equal(read_idx(path), array)


@pytest.mark.parametrize("length", [0, 3, 6, 15, 20])
def test_a_cut_idx_file_is_named(tmp_path: Path, length: int) -> None:
    content = idx(np.arange(24).reshape(2, 3, 4))
    (tmp_path / "cut").write_bytes(content[:length])
    (tmp_path / "cut.gz").write_bytes(gzip.compress(content)[:length])
    for name in ("cut", "cut.gz"):
        with pytest.raises(DataError, match=name):
            read_idx(tmp_path / name)


def test_a_missing_or_other_idx_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"\x89PNG and so on")
    with pytest.raises(DataError, match="other is not an IDX"):
        read_idx(tmp_path / "other")
    with pytest.raises(DataError, match="missing"):
        read_idx(tmp_path / "nowhere.gz")
