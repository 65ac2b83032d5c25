"""A data set of the Hugging Face hub on the start page: what it is, and a button that downloads it."""

from typing import Any

import streamlit as st

from core import Project

_MOST_CLASSES = 12


def show(source: str) -> str | None:
    """Say what the hub has under a name; offer to download it where it is not on this machine.

    Args:
        source: Such as "hf:OWNER/NAME".

    Returns:
        Its name with the commit, once it is on this machine; None before.

    Raises:
        InputError: It cannot be had; its text says why.
        DataError: It does not fit on the disk.
    """
    if st.button("Look again", key="look-again", type="tertiary", help="Asks the hub once more."):
        st.session_state.pop("hub-source", None)
    if st.session_state.get("hub-source") != source:
        with st.spinner("Asking the Hugging Face hub."):
            st.session_state["hub-dataset"] = Project.hub_dataset(source)
        st.session_state["hub-source"] = source
    found: Any = st.session_state["hub-dataset"]
    if not found.missing:
        return str(found.source)
    _describe(found)
    if st.button(f"Download {found.download_text}", type="primary", key="hub-download"):
        with st.spinner(f"Downloading {found.download_text}. The terminal shows how far it is."):
            st.session_state["hub-dataset"] = Project.download(source)
        st.rerun()
    return None


def short_name(source: str) -> str:
    """Return the last part of a data set's name; "" for a source that is not of the hub."""
    return source.removeprefix("hf:").partition("@")[0].rpartition("/")[2] if source.startswith("hf:") else ""


def _describe(found: Any) -> None:
    for text in found.sentences():
        st.caption(text)
    if found.told.num_examples:
        st.caption("Images: " + ", ".join(f"{count:,} {split}" for split, count in found.told.num_examples.items()))
    for column, names in found.told.class_names.items():
        more = " …" if len(names) > _MOST_CLASSES else ""
        st.caption(f"{len(names):,} classes in {column}: {', '.join(names[:_MOST_CLASSES])}{more}")
    st.caption(
        "Nothing is downloaded before you press the button; the files go into the cache of the hub's own client."
    )
