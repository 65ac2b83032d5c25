"""Charts and tables with their data as a CSV download below them."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core import constants
from dashboard import charts

Row = Mapping[str, Any]


def chart(figure: go.Figure, key: str, alt: str = "", rows: Sequence[Row] | None = None, **options: Any) -> Any:
    """Draw a chart, and below it a download of its data.

    Args:
        figure: The chart.
        key: Session key of the chart, and name of the file.
        alt: What a screen reader says of it.
        rows: The data; None takes the points that the chart draws.
        options: Further arguments of `st.plotly_chart`.

    Returns:
        What `st.plotly_chart` returns.
    """
    found = st.plotly_chart(figure, config=charts.CONFIG, key=key, alt=alt or None, **options)
    _download(lambda: csv_bytes(chart_rows(figure) if rows is None else rows), key, alt or key)
    return found


def table(rows: Sequence[Row], key: str, **options: Any) -> None:
    """Draw a table, and below it a download of it.

    Args:
        rows: Cells by column.
        key: Name of the file, and part of the session key.
        options: Further arguments of `st.dataframe`.
    """
    st.dataframe(rows, hide_index=True, **options)
    _download(lambda: csv_bytes(rows), key, key)


def download(rows: Sequence[Row], key: str) -> None:
    """Offer rows as a CSV download.

    Args:
        rows: Cells by column.
        key: Name of the file, and part of the session key.
    """
    _download(lambda: csv_bytes(rows), key, key)


def csv_bytes(rows: Iterable[Row]) -> bytes:
    """Return rows as CSV in UTF-8; a cell that a spreadsheet would compute gets an apostrophe in front.

    Args:
        rows: Cells by column; a column that a row lacks is empty there.
    """
    known = [{str(name): _cell(value) for name, value in row.items()} for row in rows]
    names = list(dict.fromkeys(name for row in known for name in row))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_cell(name) for name in names])
    writer.writerows([row.get(name, "") for name in names] for row in known)
    return text.getvalue().encode()


def chart_rows(figure: go.Figure) -> list[dict[str, Any]]:
    """Return the points that a chart draws, with the ends of their intervals.

    Args:
        figure: The chart; text and invisible markers are left out.
    """
    x, y = (axis.title.text or name for axis, name in ((figure.layout.xaxis, "x"), (figure.layout.yaxis, "y")))
    x, y = (x, y) if x != y else ("x", "y")
    rows: list[dict[str, Any]] = []
    for trace in figure.data:
        if trace.type == "heatmap":
            rows += [
                {y: name, x: other, "share": value}
                for name, line in zip(trace.y, trace.z, strict=True)
                for other, value in zip(trace.x, line, strict=True)
            ]
        elif trace.y is not None and trace.x is not None and not _is_hidden(trace):
            series = {"series": trace.name} if trace.name else {}
            points = zip(trace.x, trace.y, *_interval(trace), strict=True)
            names = (x, y, "low", "high")
            rows += [series | dict(zip(names, point, strict=False)) for point in points]
    return rows


def _is_hidden(trace: Any) -> bool:
    if getattr(trace, "mode", None) == "text":
        return True
    marker = getattr(trace, "marker", None)
    return marker is not None and marker.opacity == 0


def _interval(trace: Any) -> tuple[list[float], ...]:
    """The lower and upper ends of a trace's intervals; nothing where it has none."""
    for values, bar in ((trace.y, getattr(trace, "error_y", None)), (trace.x, getattr(trace, "error_x", None))):
        if bar is not None and bar.array is not None:
            below = bar.array if bar.arrayminus is None else bar.arrayminus
            low = [float(value - part) for value, part in zip(values, below, strict=True)]
            return low, [float(value + part) for value, part in zip(values, bar.array, strict=True)]
    return ()


def _cell(value: Any) -> Any:
    return constants.without_formula(value) if isinstance(value, str) else value


def _download(data: Any, key: str, what: str) -> None:
    st.download_button(
        "CSV", data, file_name=f"{key}.csv", mime="text/csv", on_click="ignore", key=f"csv-{key}", type="tertiary",
        icon=":material/download:", help=f"Download the data: {what}",
    )  # fmt: skip
