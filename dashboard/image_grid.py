"""HTML of image grids; the browser loads the images from the HTTP routes, not through Streamlit."""

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from core import Project

Ids = NDArray[np.int64]

_MAX_PIXELATED_SIDE = 64
"""Images up to this many pixels a side are enlarged without smoothing."""


def sample(project: Project, part: str, label: int | None, count: int) -> Ids:
    """Return up to count ids spread evenly over a split or "pool", of one class if given."""
    ids: Ids = getattr(project.splits, part)
    if label is not None:
        ids = ids[project.images.labels[ids] == label]
    return ids[np.unique(np.linspace(0, len(ids) - 1, min(count, len(ids))).astype(np.int64))]


def sheet(key: str, project: Project, ids: Sequence[int] | Ids, *, columns: int, tile: int = 56) -> str:
    """Return HTML of one sprite of tiles; tile is in pixels, enlarged to the width of the page."""
    numbers = ",".join(str(int(i)) for i in ids)
    source = f"/winnow/{key}/sprite?ids={numbers}&tile={tile}&columns={columns}&v={project.fingerprint[:8]}"
    width = f"min(100%, {columns * 72}px)"
    style = f"width:{width};border-radius:6px;image-rendering:{_rendering(project)}"
    return f'<img src="{escape(source)}" alt="{len(ids)} images of {escape(project.name)}" style="{style}">'


def cards(key: str, project: Project, items: Sequence[tuple[int, Sequence[str]]], *, size: int = 112) -> str:
    """Return HTML of images, size pixels wide, with lines of text below each."""
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
