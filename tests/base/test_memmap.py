"""Mapped arrays are plain, read-only, and released from memory on request."""

import re
from pathlib import Path

import numpy as np
import pytest

from core.base.memmap import open_mapped, release_mapped, release_pages

SMAPS = Path("/proc/self/smaps")


def resident_kib(path: Path) -> int:
    """Return the KiB of the file that lie in this process's memory."""
    total, is_file = 0, False
    for line in SMAPS.read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            is_file = line.endswith(str(path))
        elif is_file and line.startswith("Rss:"):
            total += int(line.split()[1])
    return total


@pytest.mark.skipif(not SMAPS.exists(), reason="only Linux tells what of a file is in memory")
def test_what_was_read_leaves_memory_and_can_be_read_again(tmp_path: Path) -> None:
    path, values = tmp_path / "large.npy", np.arange(2_000_000)
    np.save(path, values)
    array = open_mapped(path)
    assert array.sum() == values.sum()
    assert resident_kib(path) > 15_000
    release_mapped()
    assert resident_kib(path) < 1_000
    np.testing.assert_array_equal(array, values)


def test_a_mapped_array_is_a_plain_one_that_cannot_be_written(tmp_path: Path) -> None:
    np.save(tmp_path / "small.npy", np.arange(5))
    array = open_mapped(tmp_path / "small.npy")
    assert type(array) is np.ndarray
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_an_empty_array_is_opened_and_one_that_nobody_holds_any_more_does_no_harm(tmp_path: Path) -> None:
    np.save(tmp_path / "empty.npy", np.empty((0, 3)))
    np.save(tmp_path / "short.npy", np.arange(5))
    empty, short = open_mapped(tmp_path / "empty.npy"), open_mapped(tmp_path / "short.npy")
    del short
    release_mapped()
    assert empty.shape == (0, 3)


@pytest.mark.skipif(not SMAPS.exists(), reason="only Linux tells what of a file is in memory")
def test_the_pages_of_one_array_are_released_and_those_of_another_stay(tmp_path: Path) -> None:
    arrays = []
    for name in ("one", "other"):
        np.save(tmp_path / f"{name}.npy", np.arange(2_000_000))
        arrays.append(open_mapped(tmp_path / f"{name}.npy"))
        arrays[-1].sum()
    release_pages(arrays[0][5:].reshape(-1, 5))
    assert resident_kib(tmp_path / "one.npy") < 1_000
    assert resident_kib(tmp_path / "other.npy") > 15_000
    assert arrays[0][-1] == 1_999_999


def test_an_array_in_memory_is_left_alone() -> None:
    array = np.arange(5)
    release_pages(array)
    assert array.tolist() == [0, 1, 2, 3, 4]
