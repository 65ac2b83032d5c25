"""Command metadata: the metadata columns of a project and their values."""

from typing import Annotated, Any

import numpy as np
import typer

from core.cli.options import AsJson, ProjectPath
from core.cli.output import answer
from core.data.metadata.metadata_columns import ColumnSummary
from core.project import Project


def metadata(
    path: ProjectPath,
    column: Annotated[str | None, typer.Argument(help="One column: its values with their images.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the metadata columns of the images, or the values of one; `queue --where` and others filter by them."""
    project = Project.open(path)
    if column is None:
        found = project.metadata.summaries()
        lines = [_line(one) for one in found]
        none = "The images have no metadata: columns of a manifest beside path, label, split and group become metadata."
        answer({"columns": [_info(one) for one in found]}, "\n".join(lines) or none, as_json=as_json)
    else:
        groups = project.metadata.groups(column)
        counts = np.bincount(groups.of_image, minlength=len(groups.names)).tolist()
        rows = [
            {"value": name, "where": condition, "images": count}
            for name, condition, count in zip(groups.names, groups.conditions, counts, strict=True)
        ]
        text = "\n".join(f"{row['images']:>10,}  {row['value']}" for row in rows)
        answer({**_info(project.metadata.summary(column)), "groups": rows}, text, as_json=as_json)


def _info(one: ColumnSummary) -> dict[str, Any]:
    return {
        "name": one.name, "kind": one.kind, "missing": one.num_missing, "values": one.num_values,
        **({"low": one.low, "high": one.high} if one.low else {"top": [list(pair) for pair in one.top]}),
    }  # fmt: skip


def _line(one: ColumnSummary) -> str:
    top = ", ".join(f"{name} ({count:,})" for name, count in one.top[:4])
    values = f"{one.low} to {one.high}" if one.low else f"{top}{', …' if one.num_values > 4 else ''}"
    missing = f"; {one.num_missing:,} without" if one.num_missing else ""
    return f"{one.name:<24} {one.kind:<7} {one.num_values:>9,} values{missing}  {values}"
