"""Metadata of a project's images: columns of one file, opened one at a time."""

from collections import OrderedDict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import DataError, InputError, unknown_name
from core.base.value_cache import cached_value
from core.data.metadata.column_groups import ColumnGroups, column_groups
from core.data.metadata.column_kinds import NO_CODE, NUMBER, TIME, typed_values
from core.data.metadata.metadata_columns import ColumnSummary, MetadataColumn, summarize_column

FILE = "metadata.parquet"
"""File in the image folder: a row for each image, every column as text."""
_KEPT = 8
"""Columns that are held at once."""


class Metadata:
    """Metadata columns of the images of a project; a column is read when it is first asked for.

    Args:
        images: The image folder.
        num: Images, N.
    """

    def __init__(self, images: Path, num: int) -> None:
        self._file, self._num = images / FILE, num
        self._columns: OrderedDict[str, MetadataColumn] = OrderedDict()
        self._summaries: dict[str, ColumnSummary] = {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the source; empty where it has none."""
        from pyarrow import ArrowException, parquet

        if not self._file.exists():
            return ()
        try:
            return tuple(parquet.read_schema(self._file).names)
        except (OSError, ArrowException) as error:
            raise self._damaged(error) from error

    def column(self, name: str) -> MetadataColumn:
        """Return a column.

        Args:
            name: Its header.

        Returns:
            Kind and values.

        Raises:
            InputError: There is no such column; the sentence names those there are.
            DataError: The file is damaged.
        """
        return cached_value(self._columns, name, lambda: self._read(name), _KEPT)

    def summary(self, name: str) -> ColumnSummary:
        """Summarize a column; see `column`."""
        if name not in self._summaries:
            self._summaries[name] = summarize_column(self.column(name))
        return self._summaries[name]

    def summaries(self) -> list[ColumnSummary]:
        """Summarize all columns."""
        return [self.summary(name) for name in self.names]

    def groups(self, name: str) -> ColumnGroups:
        """Divide the images by a column: its values, or ranges of many numbers or times; see `column`."""
        return column_groups(self.column(name))

    def _read(self, name: str) -> MetadataColumn:
        import pyarrow as pa
        from pyarrow import compute as pc
        from pyarrow import parquet

        if not self.names:
            raise InputError("The images have no metadata: make the project from a table with further columns.")
        if name not in self.names:
            raise unknown_name("metadata column", name, self.names)
        try:
            stored = parquet.read_table(self._file, columns=[name], memory_map=True)[name]
            texts = pc.utf8_trim_whitespace(pc.fill_null(stored.cast(pa.string()), "")).slice(0, self._num)
            coded = pc.dictionary_encode(texts.combine_chunks())
        except (OSError, pa.ArrowException) as error:
            raise self._damaged(error) from error
        coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
        found = typed_values(coded.dictionary)
        values = found.values[coded.indices.to_numpy(zero_copy_only=False)]
        if len(values) < self._num:  # an addition broke off before its metadata were written
            empty: dict[str, Any] = {NUMBER: np.nan, TIME: np.datetime64("NaT")}
            rest = np.full(self._num - len(values), empty.get(found.kind, NO_CODE), dtype=values.dtype)
            values = np.concatenate([values, rest])
        values.flags.writeable = False
        return MetadataColumn(name, found.kind, values, found.texts, found.is_whole, found.has_zone)

    def _damaged(self, error: Exception) -> DataError:
        reason = (str(error).splitlines() or [""])[0]
        return DataError(f"{self._file} is damaged ({reason}): restore it from a backup, or create the project again.")
