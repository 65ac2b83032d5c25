"""Files are written whole or not at all, and failures are explained."""

import errno
import os
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest

from core.base.errors import DataError
from core.store.files import (
    cannot_write,
    load_array,
    load_arrays,
    read_json,
    replace_file,
    save_array,
    save_arrays,
    write_json,
)


def no_space(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_array_comes_back_as_it_was_and_cannot_be_changed(tmp_path: Path) -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 4).T  # not contiguous
    save_array(tmp_path / "a.npy", values)
    found = load_array(tmp_path / "a.npy")
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, values)
    with pytest.raises(ValueError, match="read-only"):
        found[0, 0] = 1


def test_archive_and_facts_come_back_as_they_were(tmp_path: Path) -> None:
    save_arrays(tmp_path / "a.npz", {"ids": np.arange(3), "name": np.array("Größe")})
    found = load_arrays(tmp_path / "a.npz")
    assert list(found) == ["ids", "name"]
    assert str(found["name"]) == "Größe"
    write_json(tmp_path / "a.json", {"class": "Größe 大", "n": 1})
    assert read_json(tmp_path / "a.json") == {"class": "Größe 大", "n": 1}


@pytest.mark.parametrize("keep", [0, 5, 100, -1])
def test_truncated_array_is_named_in_the_error(tmp_path: Path, keep: int) -> None:
    file = tmp_path / "logits.npy"
    save_array(file, np.zeros((100, 10), dtype=np.float32))
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"logits\.npy cannot be read .* restore it from a backup"):
        load_array(file)


@pytest.mark.parametrize("keep", [0, 5, 300, -1])
def test_truncated_archive_is_named_in_the_error(tmp_path: Path, keep: int) -> None:
    file = tmp_path / "curated.npz"
    save_arrays(file, {"ids": np.arange(100), "labels": np.arange(100)})
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"curated\.npz cannot be read"):
        load_arrays(file)


@pytest.mark.parametrize("content", [b"", b'{"a": 1', b"[1, 2]", b"\xff\xfe\x00"])
def test_damaged_facts_are_named_in_the_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(DataError, match=r"run\.json cannot be read"):
        read_json(tmp_path / "run.json")


def test_missing_files_are_called_missing(tmp_path: Path) -> None:
    for read in (load_array, load_arrays, read_json):
        with pytest.raises(DataError, match=r"gone cannot be read \(it is missing\)"):
            read(tmp_path / "gone")


def test_pickled_objects_are_neither_written_nor_run(tmp_path: Path) -> None:
    objects = np.array([{}], dtype=object)
    with pytest.raises(ValueError, match="allow_pickle"):
        save_array(tmp_path / "a.npy", objects)
    np.save(tmp_path / "b.npy", objects, allow_pickle=True)
    with pytest.raises(DataError):
        load_array(tmp_path / "b.npy")
    assert [path.name for path in tmp_path.iterdir() if path.name != "winnow-home"] == ["b.npy"]


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_full_disk_leaves_the_old_file_and_no_half_written_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    write_json(tmp_path / "status.json", {"epoch": 1})
    monkeypatch.setattr(f"core.store.files.os.{where}", no_space)
    with pytest.raises(DataError, match=r"status\.json could not be written: No space left on device"):
        write_json(tmp_path / "status.json", {"epoch": 2})
    assert read_json(tmp_path / "status.json") == {"epoch": 1}
    assert os.listdir(tmp_path) == ["status.json"]


def test_disk_that_fills_while_writing_is_said_in_a_sentence(tmp_path: Path) -> None:
    def fill(file: IO[bytes]) -> None:
        file.write(b"half")
        no_space()

    with pytest.raises(DataError, match="No space left on device"):
        replace_file(tmp_path / "a.npy", fill)
    assert os.listdir(tmp_path) == []


def test_missing_folder_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="could not be written: No such file or directory"):
        write_json(tmp_path / "gone" / "a.json", {})


@pytest.mark.parametrize(
    ("number", "cure"),
    [(errno.ENOSPC, "Free some space"), (errno.EDQUOT, "Free some space"), (errno.EROFS, "Ask its owner"),
     (errno.EACCES, "Ask its owner")],
)  # fmt: skip
def test_a_write_that_fails_says_what_helps(tmp_path: Path, number: int, cure: str) -> None:
    assert cure in str(cannot_write(tmp_path / "a", OSError(number, os.strerror(number))))


def test_a_file_that_nobody_may_read_is_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.json"
    write_json(file, {"a": 1})

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(DataError, match=r"You may not read .*ask its owner"):
        read_json(file)


def test_a_path_that_is_no_utf_8_is_kept_in_json(tmp_path: Path) -> None:
    path = os.fsdecode(b"/bad\xff/ok")
    write_json(tmp_path / "a.json", {"path": path})
    assert read_json(tmp_path / "a.json") == {"path": path}
