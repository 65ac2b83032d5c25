"""Groups by a column of the source's own table, kept in the project as metadata."""

from pathlib import Path

from core.base.errors import InputError, unknown_name

FILE = "metadata.parquet"


def column_names(images: Path) -> tuple[str, ...]:
    """Return the metadata columns of an image folder; empty where there are none.

    Args:
        images: The image folder of a project.
    """
    from pyarrow import parquet

    return tuple(parquet.read_schema(images / FILE).names) if (images / FILE).exists() else ()


def column_values(images: Path, name: str, num: int) -> list[str]:
    """Return one metadata value for each image; empty where an image has none.

    Args:
        images: The image folder of a project.
        name: The column.
        num: Images of the project, N.

    Raises:
        InputError: There is no such column; the sentence names those there are.
    """
    from pyarrow import parquet

    known = column_names(images)
    if not known:
        raise InputError(
            f"The images have no column {name}: make the project from a table with one (see --columns), or group them "
            "by folder, pattern, time or duplicates."
        )
    if name not in known:
        raise unknown_name("column", name, known)
    values = parquet.read_table(images / FILE, columns=[name])[name].to_pylist()[:num]
    texts = ["" if value is None else str(value).strip() for value in values]
    return texts + [""] * (num - len(texts))
