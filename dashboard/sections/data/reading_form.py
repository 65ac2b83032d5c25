"""Form that decodes the images of a project again with another size, value range or fit, after a preview."""

from typing import Any

import streamlit as st

from core import Project, constants
from dashboard.messages import show_errors

_FITS = {"pad": "pad (whole image)", "crop": "crop (middle)", "squash": "squash (stretched)"}
_SHOWN = 6
_RANGE_HELP = (
    "Values of 16-bit and float images shown as black and white, such as 0:4095. “estimate” finds them from the images "
    "that there are now, new ones too."
)
Size = tuple[int, int] | None


def show(project: Project) -> None:
    """Draw the form: settings, some images before and after, and a button that decodes all of them.

    Args:
        project: The project.
    """
    st.header("How the images are decoded")
    changes, size = _settings(project)
    if not changes and size is None:
        st.caption("Change a setting to see some images before and after. Nothing is decoded before you say so.")
    else:
        with show_errors():
            _preview(project, changes, size)
    for sentence in st.session_state.pop("decoded-again", ()):
        st.info(sentence)


def _settings(project: Project) -> tuple[dict[str, Any], Size]:
    """Draw the settings; return those that differ from the present ones, and the size where it does."""
    now, of = project.reading, project.fingerprint[:12]  # after a change the form begins anew
    with st.container(horizontal=True, vertical_alignment="bottom"):
        width, height = (_side(name, now[name.lower()], of) for name in ("Width", "Height"))
        fit = st.selectbox(
            "Fit",
            list(_FITS),
            list(_FITS).index(now["fit"]),
            format_func=_FITS.__getitem__,
            key=f"reading-fit-{of}",
            width=220,
        )
        shown = _range_text(now["value_range"])
        value_range = st.text_input("Value range", shown, key=f"reading-range-{of}", width=200, help=_RANGE_HELP)
    changes: dict[str, Any] = {} if fit == now["fit"] else {"fit": fit}
    if value_range.strip() and value_range.strip() != shown:
        changes["value_range"] = value_range.strip()
    return changes, None if (height, width) == (now["height"], now["width"]) else (height, width)


def _side(name: str, now: int, of: str) -> int:
    low, high = min(constants.SMALLEST_SIDE, now), max(constants.LARGEST_SIDE, now)
    return int(st.number_input(name, low, high, now, key=f"reading-{name.lower()}-{of}", width=120))


def _range_text(value_range: list[float] | None) -> str:
    return f"{value_range[0]:g}:{value_range[1]:g}" if value_range else ""


@st.cache_data(max_entries=8, show_spinner="Decoding some images.")
def _decoded(_project: Project, key: tuple[str, str], changes: dict[str, Any], size: Size) -> Any:
    """Decode some images in another way, once for each project, state of its images, and settings."""
    del key
    return _project.preview_reading(changes, size, _SHOWN)


def _preview(project: Project, changes: dict[str, Any], size: Size) -> None:
    found = _decoded(project, (str(project.path), project.fingerprint), changes, size)
    for title, part, info in (("Now", found.before, project.reading), ("New", found.after, found.info)):
        low_high = _range_text(info["value_range"])
        values = f", values {low_high}" if low_high else ""
        st.caption(f"**{title}:** {info['width']} × {info['height']} pixels, {info['fit']}{values}")
        for column, pixels in zip(st.columns(_SHOWN), part, strict=False):
            column.image(
                pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels,
                width="stretch",
                alt=f"example, {title.lower()}",
            )
    st.caption(
        "Ids, labels, splits and decisions stay. Runs from before keep their results; features are computed again. "
        "It can be broken off, and goes on when it is started again."
    )
    if st.button("Decode all images again", key="decode-again"):
        bar = st.progress(0.0, text="Decoding the images.")

        def show_progress(done: int, total: int) -> None:
            bar.progress(done / max(1, total), text=f"{done:,} of {total:,} images")

        remarks = project.change_reading(changes, size, preview=found, on_progress=show_progress)
        st.session_state["decoded-again"] = [f"{len(project.images.labels):,} images were decoded again.", *remarks]
        st.rerun()
