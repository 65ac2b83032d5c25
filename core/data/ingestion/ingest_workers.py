"""Workers of the ingest: threads that read headers and decode; Pillow works outside of Python's lock."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from core.base.types import Pixels, QuarantinedFile
from core.data.decoders.open_image import Header, ImageFileError, read_regular
from core.data.decoders.value_range import to_bytes
from core.data.image_io import Rendering, decode_values, read_header, read_image, resize
from core.data.sources.source_roots import content_digest
from core.data.sources.source_table import ImageReference

Progress = Callable[[int, int], None]
Answer: TypeAlias = tuple[Pixels, bytes] | str
"""Pixels and digest of an image, or the reason why it cannot be read."""
CHUNK = 16
_T = TypeVar("_T")
_UNREADABLE = (OSError, ValueError, KeyError, IndexError, TypeError, EOFError, MemoryError)


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One image to be: its row in the source, where it is, its name, and its page."""

    row: int
    reference: ImageReference
    name: str
    page: int = 0


class TableFiles(Sequence[ImageFile]):
    """The images of a source table, one a row; each is made when it is asked for, since there may be millions.

    Args:
        references: Where each image is.
        names: Its name.
    """

    def __init__(self, references: Sequence[ImageReference], names: Sequence[str]) -> None:
        self._references, self._names = references, names

    @overload
    def __getitem__(self, index: int) -> ImageFile: ...
    @overload
    def __getitem__(self, index: slice) -> list[ImageFile]: ...
    def __getitem__(self, index: int | slice) -> ImageFile | list[ImageFile]:
        """Return one image, or those of a slice."""
        if isinstance(index, slice):
            return [self[row] for row in range(len(self))[index]]
        row = range(len(self))[index]
        return ImageFile(row, self._references[row], self._names[row])

    def __len__(self) -> int:
        return len(self._names)


def headers_of(files: Sequence[ImageFile], max_pixels: int) -> tuple[dict[int, Header], list[QuarantinedFile]]:
    """Read the headers of images.

    Args:
        files: The images.
        max_pixels: Most pixels that one may announce.

    Returns:
        Headers by position, and the files that failed with the reason.
    """
    headers: dict[int, Header] = {}
    problems: list[QuarantinedFile] = []
    alike: dict[Header, Header] = {}  # most images of a source share size and kind
    for position, answer in in_order(range(len(files)), lambda i: _header(files[i], max_pixels)):
        if isinstance(answer, str):
            problems.append(QuarantinedFile(files[position].name, answer))
        else:
            headers[position] = alike.setdefault(answer, answer)
    return headers, problems


def pixels_of(
    files: Sequence[ImageFile], positions: Sequence[int], shape: tuple[int, int, int], rendering: Rendering
) -> Iterator[tuple[int, Answer]]:
    """Decode images in parallel.

    Args:
        files: The images.
        positions: Which of them.
        shape: Height, width and channels.
        rendering: How values become pixels.

    Yields:
        Position, and pixels with digest or the reason of a failure, in the order of the positions.
    """
    yield from in_order(positions, lambda i: _pixels(files[i], shape, rendering))


def in_order(positions: Sequence[int], work: Callable[[int], _T]) -> Iterator[tuple[int, _T]]:
    """Yield the results of a function in order, while threads work some chunks ahead."""
    workers = num_workers()
    if workers == 1 or len(positions) <= CHUNK:
        yield from ((position, work(position)) for position in positions)
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="ingest") as pool:
        ahead: deque[tuple[Sequence[int], Future[list[_T]]]] = deque()
        try:
            for start in range(0, len(positions), CHUNK):
                chunk = positions[start : start + CHUNK]
                ahead.append((chunk, pool.submit(_work_on, work, chunk)))
                if len(ahead) > 3 * workers:
                    first, future = ahead.popleft()
                    yield from zip(first, future.result(), strict=True)
            while ahead:
                first, future = ahead.popleft()
                yield from zip(first, future.result(), strict=True)
        finally:
            for _, future in ahead:
                future.cancel()


def _work_on(work: Callable[[int], _T], chunk: Sequence[int]) -> list[_T]:
    return [work(position) for position in chunk]


def num_workers() -> int:
    """Return the number of threads that decode: one for each core of this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def image_values(file: ImageFile) -> NDArray[Any] | None:
    """Return the values of an image without scaling them; None where it cannot be read."""
    try:
        content = _content(file)
        if isinstance(content, np.ndarray):
            return content
        return decode_values(content, name=file.name, page=file.page)
    except ImageFileError:
        return None


def _header(file: ImageFile, max_pixels: int) -> Header | str:
    try:
        if isinstance(file.reference, Path):
            return read_header(file.reference, max_pixels=max_pixels)
        content = _content(file)
        if isinstance(content, np.ndarray):
            is_gray = content.ndim == 2 or content.shape[2] in (1, 2)
            return Header(content.shape[0], content.shape[1], is_gray, content.dtype != np.uint8)
        return read_header(content, file.name, max_pixels)
    except ImageFileError as error:
        return error.reason


def _pixels(file: ImageFile, shape: tuple[int, int, int], rendering: Rendering) -> Answer:
    try:
        content = _content(file)
        if isinstance(content, np.ndarray):
            pixels = _from_array(content, shape, rendering)
            raw: Any = np.ascontiguousarray(content).data
        else:
            pixels, raw = read_image(content, shape, rendering, name=file.name, page=file.page), content
        return pixels, content_digest(raw, file.page)
    except ImageFileError as error:
        return error.reason


def _content(file: ImageFile) -> bytes | NDArray[Any]:
    """Return the bytes of an image file, or its values."""
    if isinstance(file.reference, Path):
        return read_regular(file.reference)
    try:
        return file.reference.load()
    except _UNREADABLE as error:
        raise ImageFileError(file.name, f"unreadable ({str(error) or type(error).__name__})") from error


def _from_array(values: NDArray[Any], shape: tuple[int, int, int], rendering: Rendering) -> Pixels:
    """Return the pixels of an array (H, W) or (H, W, C); of two channels the first, of four the first three."""
    try:
        wide = values if values.dtype.kind in "fiu" else values.astype(np.uint8) * 255
        scaled = to_bytes(wide, None if wide.dtype == np.uint8 else rendering.value_range)
    except ValueError as error:
        raise ImageFileError("the array", str(error)) from error
    scaled = scaled[..., None] if scaled.ndim == 2 else scaled
    channels = 1 if scaled.shape[2] < 3 else 3
    return resize(scaled[..., :channels], *shape, rendering.fit)
