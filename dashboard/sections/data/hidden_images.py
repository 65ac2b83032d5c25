"""Hidden images: how many and why, shown again by reason or one by one; and a form that hides images by name."""

import zlib

import numpy as np
import streamlit as st

from core import Project, constants
from dashboard import downloads, formatting, image_grid
from dashboard.messages import show_errors

_ON_A_PAGE = 24
"""Images that are shown at once."""
_LISTED = 20
"""Changes that are listed, the latest first."""
_DONE = "hidden-done"
_PATTERN_HELP = "A name as the source had it, or a pattern: * stands for any signs, ? for one. Case counts."


def show(key: str, project: Project) -> None:
    """Draw hidden images by reason, the changes with an undo, and the form; the form alone where none was ever hidden.

    Args:
        key: The project's key in the URL.
        project: The project.
    """
    hidden = project.hidden_images
    if hidden.changes:
        st.header("Hidden images")
        if sentence := st.session_state.pop(_DONE, None):
            st.success(sentence)
        with show_errors():
            _hidden(key, project)
            _changes(project)
    with st.expander("Hide images by name, with a reason"), show_errors():
        if not len(hidden):
            st.caption("No image is hidden. On the Review page `d` hides the selected images.")
        _form(key, project)


def hidden_line(project: Project) -> str:
    """Return how many images are hidden, and so in no part; empty where none is.

    Args:
        project: The project.
    """
    num = len(project.hidden_images)
    return formatting.counted(num, "hidden image is", "hidden images are") + " in no part." if num else ""


def _hidden(key: str, project: Project) -> None:
    """Draw the images of one reason, and buttons that show them again."""
    hidden = project.hidden_images
    reasons = hidden.by_reason()
    if not reasons:
        st.caption("No image is hidden now.")
        return
    is_one = len(hidden) == 1
    st.write(
        f"**{len(hidden):,}** of {len(project.images.labels):,} images {'is' if is_one else 'are'} hidden: in no part, "
        "queue, training and export. Files, decisions and earlier runs stay."
    )
    if project.hidden_note:
        st.warning(project.hidden_note)
    rows = [{"reason": reason, "images": len(ids)} for reason, ids in reasons.items()]
    columns = {"images": st.column_config.NumberColumn(format="localized", width=90)}
    downloads.table(rows, "hidden-images", width="content", column_config=columns)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reason = st.selectbox(
            "Reason", list(reasons), format_func=lambda one: f"{one} ({len(reasons.get(one, ())):,})",
            key="hidden-reason", width=320,
        )  # fmt: skip
        ids = reasons[reason] if reason in reasons else next(iter(reasons.values()))
        num_pages = -(-len(ids) // _ON_A_PAGE)
        number = 1
        if num_pages > 1:
            place = f"hidden-page-{num_pages}-{reason}"  # with other pages it begins anew
            number = int(st.number_input(f"Page, of {num_pages:,}", 1, num_pages, 1, key=place, width=140))
    shown = ids[(number - 1) * _ON_A_PAGE : number * _ON_A_PAGE].tolist()
    _thumbnails(key, project, shown)
    chosen = st.multiselect(
        "Images to show again", shown, format_func=lambda image: f"{image} {project.images.names[image]}",
        key=f"hidden-chosen-{zlib.crc32(str(shown).encode())}", placeholder="some of those above", width=640,
    )  # fmt: skip
    with st.container(horizontal=True):
        st.button(
            "Show the chosen again",
            on_click=_show_again,
            args=(project, chosen),
            disabled=not chosen,
            key="show-chosen",
        )
        st.button(
            f"Show all {len(ids):,} again" if len(ids) > 1 else "Show it again",
            on_click=_show_again, args=(project, ids.tolist()), key="show-reason",
        )  # fmt: skip


def _changes(project: Project) -> None:
    """List the changes that stand, and offer to take the latest back."""
    standing = project.hidden_images.standing()[::-1]
    if not standing:
        st.caption("Each change was taken back.")
        return
    rows = [
        {
            "change": change.id,
            "what": "hidden" if change.reason else "shown again",
            "images": len(change.ids),
            "reason": change.reason,
            "reviewer": change.reviewer,
            "time": f"{change.time[:16].replace('T', ' ')} UTC",
        }
        for change in standing[:_LISTED]
    ]
    columns = {"images": st.column_config.NumberColumn(format="localized", width=90)}
    with st.expander(f"Changes of hidden images: {len(standing):,}"):
        downloads.table(rows, "hidden-changes", column_config=columns)
        if len(standing) > _LISTED:
            st.caption(f"The latest {_LISTED} of {len(standing):,}. All: {project.path / 'hidden_images.jsonl'}")
    latest = standing[0]
    what = f"{_images(len(latest.ids))} {'hidden' if latest.reason else 'shown again'}"
    st.button(f"Undo the latest change: {what}", on_click=_undo, args=(project, latest.id), key="undo-hidden")


def _form(key: str, project: Project) -> None:
    """Hide the images that a name pattern fits, after their number and the first of them were shown."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pattern = st.text_input(
            "Name or pattern", key="hide-pattern", placeholder=_example(project), help=_PATTERN_HELP, width=320
        ).strip()
        reason = st.selectbox(
            "Why", constants.HIDE_REASONS, index=None, key="hide-reason", accept_new_options=True, width=320,
            placeholder="a reason, in your own words or one of these",
        )  # fmt: skip
    if not pattern:
        st.caption("Hidden images leave every part, queue, training and export. It can be undone.")
        return
    found = project.find_images(pattern)
    new = np.setdiff1d(found, project.hidden_images.ids)
    known = f"; {len(found) - len(new):,} of them hidden already" if len(new) < len(found) else ""
    st.write(f"{_images(len(found))} {'has' if len(found) == 1 else 'have'} such a name{known}.")
    first = new[:_ON_A_PAGE].tolist()
    if first:
        _thumbnails(key, project, first)
    if len(new) > len(first):
        st.caption(f"The first {len(first)} of {len(new):,}.")
    st.button(
        f"Hide {_images(len(new))}", type="primary", on_click=_hide, args=(project, new.tolist(), reason or ""),
        disabled=not len(new) or not reason, key="hide-by-name",
    )  # fmt: skip


def _thumbnails(key: str, project: Project, images: list[int]) -> None:
    cards = [(image, [f"{image} {project.images.names[image]}"]) for image in images]
    st.html(image_grid.cards_html(key, project, cards, size=72))


def _example(project: Project) -> str:
    """Return a pattern that fits some image: the folder of the first one, else its suffix."""
    name = str(project.images.names[0])
    folder, _, file = name.rpartition("/")
    suffix = file.rpartition(".")[2] if "." in file else ""
    return f"{folder}/*" if folder else f"*.{suffix}" if suffix else name


def _images(count: int) -> str:
    return formatting.counted(count, "image", "images")


@show_errors()
def _hide(project: Project, images: list[int], reason: str) -> None:
    new = project.hide_images(images, reason)
    st.session_state[_DONE] = f"{_images(len(new))} hidden."
    st.session_state["hide-pattern"] = ""


@show_errors()
def _show_again(project: Project, images: list[int]) -> None:
    found = project.show_images(images)
    st.session_state[_DONE] = f"{_images(len(found))} shown again."


@show_errors()
def _undo(project: Project, change: int) -> None:
    number = project.undo_hide(change)
    st.session_state[_DONE] = f"Change {number} is taken back."
