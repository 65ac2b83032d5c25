"""Write arrays and JSON files atomically, and read them back with clear errors."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from core.base.drafts import draft_file
from core.base.errors import DataError, InputError, not_allowed
from core.base.memmap import ARRAY_DAMAGE, open_mapped
from core.base.untrusted.json_text import parse_json


def home() -> Path:
    """Return Winnow's own folder, for what belongs to the person.

    It holds the recent projects, the device locks and what was measured on this machine.

    Returns:
        The folder that the environment variable WINNOW_HOME names, else .winnow in the person's home folder.
    """
    return Path(os.environ.get("WINNOW_HOME") or Path.home() / ".winnow").expanduser()


def full_path(path: Path | str) -> Path:
    """Return an absolute path without links.

    Args:
        path: A path; ~ stands for the home folder.

    Raises:
        InputError: Its links lead back to each other.
    """
    try:
        return Path(path).expanduser().resolve()
    except (RuntimeError, OSError) as error:  # RuntimeError: links in a loop, before Python 3.13
        raise InputError(f"{path} is no path that can be followed ({error}): give another one.") from error


def replace_file(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Write a file atomically: to a temporary name, flushed, then moved.

    Args:
        path: The file to replace.
        write: Fills the open temporary file.

    Raises:
        DataError: The disk is full or read-only; the file at `path` is as before.
    """
    try:
        handle, temporary = draft_file(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def cannot_write(path: Path, error: OSError) -> DataError:
    """Return the error for a file that could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        cure = "Free some space and try again."
    elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        cure = "Ask its owner for the right to write, or choose another place."
    else:
        cure = "Free some space or choose another place."
    return DataError(f"{path} could not be written: {error.strerror or error}. {cure}")


def has_no_space(folder: Path) -> bool:
    """Return whether the disk of a folder has less than a megabyte left."""
    try:
        return shutil.disk_usage(folder).free < 1_000_000
    except OSError:
        return False


def cannot_read(path: Path, why: object) -> DataError:
    """Return the error for a file that is missing or damaged.

    Args:
        path: The file.
        why: The reason, for the sentence.
    """
    return DataError(
        f"{path} cannot be read ({why}): restore it from a backup, or make it again. Decisions are in the log, "
        "not here."
    )


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write one array as .npy, atomically; DataError where that fails."""
    replace_file(path, lambda file: np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False))


def draft_array(path: Path, shape: tuple[int, ...], dtype: type[np.generic]) -> None:
    """Allocate a file beside the path for several processes to fill.

    Args:
        path: Final path of the array; see `open_draft` and `finish_draft`.
        shape: Shape of the array.
        dtype: Type of its numbers.

    Raises:
        DataError: The disk has no space for it.
    """
    draft = _draft(path)
    try:
        np.lib.format.open_memmap(draft, "w+", dtype, shape).flush()
        with draft.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, draft.stat().st_size)  # a full disk says so here, not by a signal
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise cannot_write(path, error) from error


def open_draft(path: Path) -> NDArray[Any]:
    """Open the allocated array, memory-mapped for writing."""
    try:
        return np.lib.format.open_memmap(_draft(path), "r+")
    except (OSError, ValueError) as error:
        raise cannot_read(_draft(path), error) from error


def finish_draft(path: Path) -> None:
    """Flush the filled draft to disk and move it to its path."""
    try:
        with _draft(path).open("r+b") as file:
            os.fsync(file.fileno())
        os.replace(_draft(path), path)
    except OSError as error:
        raise cannot_write(path, error) from error


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}-draft")


def load_array(path: Path) -> NDArray[Any]:
    """Load one array, memory-mapped and read-only.

    Args:
        path: The .npy file.

    Returns:
        The array.

    Raises:
        DataError: The file is missing or truncated.
    """
    try:
        return open_mapped(path)
    except FileNotFoundError as error:
        raise cannot_read(path, "it is missing") from error
    except PermissionError as error:
        raise not_allowed(path) from error
    except (ValueError, OSError, EOFError) as error:
        raise cannot_read(path, "it is truncated or no array") from error


def save_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write several arrays as one .npz, atomically; DataError where that fails."""
    replace_file(path, lambda file: np.savez(file, allow_pickle=False, **arrays))


def load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Load all arrays of one .npz into memory.

    Args:
        path: The file.

    Returns:
        The arrays by name.

    Raises:
        DataError: The file is missing or truncated.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except FileNotFoundError as error:
        raise cannot_read(path, "it is missing") from error
    except PermissionError as error:
        raise not_allowed(path) from error
    except ARRAY_DAMAGE as error:
        raise cannot_read(path, "it is truncated or no archive of arrays") from error


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write one JSON object, atomically; DataError where that fails."""
    text = json.dumps(content, ensure_ascii=False, indent=1)
    if not _is_utf8(text):  # a path that is no UTF-8 keeps its bytes as escapes
        text = json.dumps(content, indent=1)
    replace_file(path, lambda file: _write_all(file, text.encode()))


def read_json(path: Path) -> dict[str, Any]:
    """Read one JSON object.

    Args:
        path: The file.

    Returns:
        The object.

    Raises:
        DataError: The file is missing, truncated or holds something else.
    """
    try:
        content = parse_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise cannot_read(path, "it is missing") from error
    except PermissionError as error:
        raise not_allowed(path) from error
    except (ValueError, OSError) as error:
        raise cannot_read(path, "it is truncated or no JSON") from error
    if not isinstance(content, dict):
        raise cannot_read(path, "it holds no JSON object")
    return content


def read_name(path: Path, key: str) -> str:
    """Read the name of a file or folder from a JSON object; see `read_json`.

    Args:
        path: The file.
        key: Of the name.

    Raises:
        DataError: As `read_json`, or the value is no name of one file or folder.
    """
    name = read_json(path).get(key)
    if not isinstance(name, str) or not name.isprintable() or Path(name).name != name:
        raise cannot_read(path, f"its {key} is no name")
    return name


def last_lines(path: Path, num_lines: int) -> str:
    """Return the last lines of a text file, of about 200 bytes each; empty where there is no file."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 200 * num_lines - 4096))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-num_lines:])


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _write_all(file: IO[bytes], data: bytes) -> None:
    file.write(data)
