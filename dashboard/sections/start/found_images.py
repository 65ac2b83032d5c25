"""What was found in a source of images: layout, counts, example images; nothing is written."""

import io
from base64 import b64encode
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st
from PIL import Image, ImageOps

from dashboard import formatting

_SIDE = 96  # pixels, twice what is shown
_MOST_CLASSES = 12
_MOST_LEFT_OUT = 4


def show(found: Any) -> None:
    """Say what was found, with counts and a few of the images.

    Args:
        found: The preview of a source.
    """
    parts = [f"**{found.num_images:,} images**", formatting.counted(len(found.classes), "class", "classes")]
    if found.num_unlabeled:
        parts.append(f"{found.num_unlabeled:,} without a label")
    st.markdown(f"{found.layout[:1].upper()}{found.layout[1:]}: {', '.join(parts)}.")
    for text in found.warnings:
        st.warning(text)
    for text in found.remarks:
        st.caption(text)
    if found.num_groups:
        st.caption(f"Groups, each of which stays in one part: {found.num_groups:,}.")
    if found.columns:
        st.caption(f"Metadata columns: {formatting.listed(found.columns, 12)}.")
    st.html(examples_html(found))
    for group in found.left_out[:_MOST_LEFT_OUT]:
        kind = f" {group.suffix}" if group.suffix else ""
        count = formatting.counted(group.count, f"{kind} file".strip(), f"{kind} files".strip())
        such_as = f", such as {group.examples[0]}" if group.count > 1 else f", {group.examples[0]}"
        st.caption(f"Left out: {count}{such_as}: {group.reason}")


def examples_html(found: Any) -> str:
    """Return HTML of one row a class: up to three images, its name and its number of images."""
    shown = [(name, files) for name, files in found.examples.items() if files]
    rows = []
    for name, files in shown[:_MOST_CLASSES]:
        count = found.num_unlabeled if name is None else found.classes.get(name, 0)
        pictures = "".join(_picture(Path(found.source) / file) for file in files)
        text = "<i>without a label</i>" if name is None else f"<bdi>{escape(name)}</bdi>"
        rows.append(
            f'<div style="display:flex;gap:6px;align-items:center;min-height:48px">{pictures}'
            f'<span style="min-width:0;overflow-wrap:anywhere;margin-left:6px">{text} · {count:,}</span></div>'
        )
    more = len(shown) - _MOST_CLASSES
    if more > 0:
        rows.append(f"<div>… and {formatting.counted(more, 'more class', 'more classes')}</div>")
    return f'<div style="display:grid;gap:6px">{"".join(rows)}</div>'


def _picture(file: Path) -> str:
    """Return HTML of a small square of an image file; empty where it is none, or lies in an archive."""
    try:
        modified = file.stat().st_mtime_ns
    except (OSError, ValueError):
        return ""
    data = _square(file, modified)
    style = "width:48px;height:48px;border-radius:4px;flex:none"
    return f'<img alt="" style="{style}" src="data:image/jpeg;base64,{data}">' if data else ""


@st.cache_data(max_entries=200, show_spinner=False)
def _square(file: Path, modified: int) -> str:
    del modified  # part of the cache's key
    try:
        with Image.open(file) as opened:
            opened.draft("RGB", (2 * _SIDE, 2 * _SIDE))
            square = ImageOps.fit(ImageOps.exif_transpose(opened).convert("RGB"), (_SIDE, _SIDE))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return ""
    target = io.BytesIO()
    square.save(target, "JPEG", quality=80)
    return b64encode(target.getvalue()).decode()
