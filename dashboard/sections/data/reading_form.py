"""Form that decodes the images of a project again with another size, value range or fit, after a preview."""

from typing import Any

import streamlit as st

from core import Project
from dashboard.messages import show_errors

_FITS = {"pad": "pad (whole image)", "crop": "crop (middle)", "squash": "squash (stretched)"}
_SHOWN = 6


def show(project: Project) -> None:
    """Draw the form: settings, some images before and after, and a button that decodes all of them.

    Args:
        project: The project.
    """
    st.subheader("How the images are decoded")
    now = project.reading
    with st.container(horizontal=True, vertical_alignment="bottom"):
        width = int(st.number_input("Width", 8, 1024, now["width"], key="reading-width", width=120))
        height = int(st.number_input("Height", 8, 1024, now["height"], key="reading-height", width=120))
        fit = st.selectbox(
            "Fit",
            list(_FITS),
            list(_FITS).index(now["fit"]),
            format_func=_FITS.__getitem__,
            key="reading-fit",
            width=220,
        )
        low_high = now["value_range"]
        shown = f"{low_high[0]:g}:{low_high[1]:g}" if low_high else ""
        help_text = "Values of 16-bit and float images shown as black and white, such as 0:4095."
        value_range = st.text_input("Value range", shown, key="reading-range", width=160, help=help_text).strip()
    changes: dict[str, Any] = {} if fit == now["fit"] else {"fit": fit}
    if value_range and value_range != shown:
        changes["value_range"] = value_range
    size = None if (height, width) == (now["height"], now["width"]) else (height, width)
    if not changes and size is None:
        st.caption("Change a setting to see some images before and after. Nothing is decoded before you say so.")
    else:
        with show_errors():
            _preview(project, changes, size)
    for sentence in st.session_state.pop("decoded-again", ()):
        st.info(sentence)


def _preview(project: Project, changes: dict[str, Any], size: tuple[int, int] | None) -> None:
    found = project.preview_reading(changes, size, _SHOWN)
    for title, part in (("Now", found.before), ("New", found.after)):
        st.caption(title)
        for column, pixels in zip(st.columns(_SHOWN), part, strict=False):
            column.image(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels, width="stretch")
    st.caption(
        "Ids, labels, splits and decisions stay. Runs from before keep their results; features are computed again. "
        "It can be broken off, and goes on when it is started again."
    )
    if st.button("Decode all images again", key="decode-again"):
        bar = st.progress(0.0, text="Decoding the images.")

        def show_progress(done: int, total: int) -> None:
            bar.progress(done / max(1, total), text=f"{done:,} of {total:,} images")

        remarks = project.change_reading(changes, size, on_progress=show_progress)
        st.session_state["decoded-again"] = [f"{len(project.images.labels):,} images were decoded again.", *remarks]
        st.rerun()
