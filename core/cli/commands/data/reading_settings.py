"""Command reading: size, value range, fit and background of the images of a project; others for all of them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.base.errors import InputError
from core.cli.commands.data.description import print_image_progress
from core.cli.commands.data.new_project import parsed_size
from core.cli.options import AsJson, ProjectPath
from core.cli.output import answer
from core.data.image_io import encode_png
from core.project import Project


def reading(
    path: ProjectPath,
    image_size: Annotated[str, typer.Option(help="Pixels a side, as 128, or WIDTHxHEIGHT; default: as it is.")] = "",
    value_range: Annotated[
        str | None,
        typer.Option(
            help="Values of 16-bit and float images shown as black and white, as 0:4095; or estimate: from the images "
            "that there are now, new ones too."
        ),
    ] = None,
    fit: Annotated[str | None, typer.Option(help="pad (whole), crop (middle) or squash (stretched).")] = None,
    background: Annotated[str | None, typer.Option(help="Ground under transparent pixels.")] = None,
    preview: Annotated[
        Path | None, typer.Option(help="Write a PNG file with some images before (above) and after (below).")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Decode all images again in this way.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how the images were decoded, preview another size, value range or fit, and decode all again with --apply."""
    project = Project.open(path)
    given = {"value_range": value_range, "fit": fit, "background": background}
    changes = {name: value for name, value in given.items() if value is not None}
    size = parsed_size(image_size) if image_size else None
    if (apply or preview) and not changes and size is None:
        raise InputError("Decode the images how? Give --image-size, --value-range, --fit or --background.")
    before = project.reading
    info: dict[str, Any] = {"reading": before, "applied": apply}
    lines = [_line("now", before)]
    if changes or size is not None:
        found = project.preview_reading(changes, size)
        info["new"] = found.info
        lines.append(_line("new", found.info))
        if preview is not None:
            preview.write_bytes(encode_png(found.sheet()))
            lines.append(f"  preview of {len(found.ids):,} images, before above after: {preview}")
        if apply:
            info["remarks"] = project.change_reading(changes, size, preview=found, on_progress=print_image_progress())
            lines += [f"Decoded again: {len(project.images.labels):,} images.", *info["remarks"]]
            lines.append("Runs from before keep their results, and say how their images were decoded.")
        else:
            lines.append("Nothing was changed. To decode all images again: the same with --apply.")
    answer(info, "\n".join(lines), as_json=as_json)


def _line(when: str, facts: dict[str, Any]) -> str:
    low_high = facts["value_range"]
    values = f", values {low_high[0]:g} to {low_high[1]:g}" if low_high else ""
    return f"{when}: {facts['width']} × {facts['height']} pixels, {facts['fit']}, on {facts['background']}{values}"
