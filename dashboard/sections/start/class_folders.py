"""Which folder names the class of an image that lies deeper: an input of the start page."""

from typing import Any

import streamlit as st

_LEVELS = {
    "first": "the outer folder: animals/cats/1.png is of class animals",
    "last": "the innermost folder: animals/cats/1.png is of class cats",
    "path": "all folders: animals/cats/1.png is of class animals/cats",
}
_NESTED = "Folders inside class folders"


def class_level(source: str) -> str:
    """Return which folder a person chose as the class, first, last or path; first before any choice.

    Args:
        source: The source; the choice begins anew with another one.
    """
    return str(st.session_state.get(_key(source), "first"))


def class_level_input(source: str, found: Any) -> None:
    """Let a person choose which folder is the class, where folders lie in class folders.

    Args:
        source: The source.
        found: Its preview at the present choice.
    """
    if class_level(source) == "first" and not any(text.startswith(_NESTED) for text in found.remarks):
        return
    st.radio("The class is", list(_LEVELS), format_func=_LEVELS.__getitem__, key=_key(source))


def _key(source: str) -> str:
    return f"class-level-{source}"
