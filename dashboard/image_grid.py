"""HTML of image grids; the browser loads the images from the HTTP routes."""

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from core import Project

Ids = NDArray[np.int64]

_MAX_PIXELATED_SIDE = 64
"""Images up to this many pixels a side are enlarged without smoothing."""


def sample_ids(project: Project, split: str, label: int | None, count: int) -> Ids:
    """Return up to `count` image ids, spread evenly over a split.

    Args:
        project: The project of the images.
        split: Name of a split, or "pool".
        label: The class of the images; None for all classes.
        count: Number of ids at most.
    """
    ids: Ids = getattr(project.splits, split)
    if label is not None:
        ids = ids[project.images.labels[ids] == label]
    return ids[np.unique(np.linspace(0, len(ids) - 1, min(count, len(ids))).astype(np.int64))]


def sprite_html(key: str, project: Project, ids: Sequence[int] | Ids, *, columns: int, tile: int = 56) -> str:
    """Return HTML of one picture that holds many images as tiles.

    Args:
        key: The project's key in the URL.
        project: The project of the images.
        ids: The images, in order.
        columns: Tiles in a row.
        tile: Side of a tile in the picture, in pixels; the page enlarges it.
    """
    numbers = ",".join(str(int(i)) for i in ids)
    source = f"/winnow/{key}/sprite?ids={numbers}&tile={tile}&columns={columns}&v={project.fingerprint[:8]}"
    width = f"min(100%, {columns * 72}px)"
    style = f"width:{width};border-radius:6px;image-rendering:{_rendering(project)}"
    return f'<img src="{escape(source)}" alt="{len(ids)} images of {escape(project.name)}" style="{style}">'


def cards_html(key: str, project: Project, items: Sequence[tuple[int, Sequence[str]]], *, size: int = 112) -> str:
    """Return HTML of images with lines of text below each.

    Args:
        key: The project's key in the URL.
        project: The project of the images.
        items: Image id and lines of text of each card.
        size: Side of an image in pixels.
    """
    return (
        f'<div style="display:grid;grid-template-columns:repeat(auto-fill,minmax({size + 36}px,1fr));gap:12px">'
        + "".join(_card(key, project, image_id, lines, size) for image_id, lines in items)
        + "</div>"
    )


def _card(key: str, project: Project, image_id: int, lines: Sequence[str], size: int) -> str:
    source = f"/winnow/{key}/image/{image_id}?v={project.fingerprint[:8]}"
    picture = (
        f'<img loading="lazy" src="{escape(source)}" alt="image {image_id}" style="width:{size}px;height:{size}px;'
        f'object-fit:contain;border-radius:6px;image-rendering:{_rendering(project)}">'
    )
    one_line = "white-space:nowrap;overflow:hidden;text-overflow:ellipsis"
    text = "".join(f'<div title="{escape(line)}" style="{one_line}">{escape(line)}</div>' for line in lines)
    return f'<div style="font-size:0.82rem;line-height:1.35;min-width:0">{picture}{text}</div>'


def _rendering(project: Project) -> str:
    return "pixelated" if max(project.images.pixels.shape[1:3]) <= _MAX_PIXELATED_SIDE else "auto"
