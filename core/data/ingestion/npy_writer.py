"""Write an .npy file of images row by row, without knowing how many there will be."""

import io
import math
import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np

from core.base.types import Pixels


class NpyWriter:
    """An .npy file (N, H, W, C) of uint8 that grows; its header is right when it is closed.

    Args:
        path: The file; it is replaced.
        shape: Height, width and channels.
        num_rows: Rows of a file that is there to keep; what follows them is cut off.
    """

    def __init__(self, path: Path, shape: tuple[int, int, int], num_rows: int = 0) -> None:
        self._path, self._shape, self.num_rows = path, shape, num_rows

    def __enter__(self) -> Self:
        self._file = self._path.open("r+b" if self.num_rows else "wb")
        write_npy_header(self._file, (0, *self._shape))
        if self.num_rows:
            self._file.seek(self.num_rows * math.prod(self._shape), os.SEEK_CUR)
            self._file.truncate()
        return self

    @staticmethod
    def rows_in(path: Path, shape: tuple[int, int, int]) -> int:
        """Return the number of whole rows in a file that was broken off."""
        header = io.BytesIO()
        write_npy_header(header, (0, *shape))
        return max(0, path.stat().st_size - len(header.getvalue())) // math.prod(shape)

    def flush(self) -> None:
        """Write the rows that wait, so that a killed process loses none of them."""
        self._file.flush()

    def append(self, pixels: Pixels) -> None:
        """Write one image of the file's shape."""
        self._file.write(np.ascontiguousarray(pixels).data)
        self.num_rows += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            if error is None:
                self._file.seek(0)
                write_npy_header(self._file, (self.num_rows, *self._shape))


def write_npy_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """Write the .npy header of bytes, whose length does not depend on the first axis."""
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
