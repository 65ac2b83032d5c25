"""Sizes of the parts of a project before it is made: what each can and cannot show, and inputs that change them."""

from typing import Any

import streamlit as st

from core import InputError, Project, SplitConfig

_HELD_OUT = ("val", "calibration", "test")
_HELP = {
    "val": "Choose the checkpoint and the temperature.",
    "calibration": "Hidden in the pool; they measure how many accepted labels are wrong.",
    "test": "Compare runs; nothing else reads them.",
}


def split_input(source: str, found: Any, *, hide_labels: bool) -> tuple[SplitConfig | None, bool]:
    """Show the parts that a source would give, and let a person change their sizes.

    Args:
        source: The source; its inputs begin anew with another one.
        found: Its preview.
        hide_labels: Whether most labels are hidden.

    Returns:
        The sizes that were changed, None where none was; and whether there are as many images.
    """
    suggested = Project.plan_split(found, hide_labels=hide_labels)
    is_simple = not found.splits  # given parts stay as they are
    asked: dict[str, int] = {}
    if is_simple:
        with st.expander("Change the sizes of the parts"):
            st.caption("The labels that no part takes train the model.")
            for column, part in zip(st.columns(3), _HELD_OUT, strict=True):
                key, size = f"part-{part}-{hide_labels}-{source}", suggested.sizes[part]
                value = int(column.number_input(part, 0, max(size, found.num_images), size, help=_HELP[part], key=key))
                if value != size:
                    asked[part] = value
    split = SplitConfig.checked(asked) if asked else None
    try:
        plan = Project.plan_split(found, split, hide_labels=hide_labels)
    except InputError as error:
        st.error(str(error))
        return split, False
    st.markdown("**Parts:** " + " · ".join(f"{count:,} {part}" for part, count in plan.sizes.items()))
    for note in plan.notes:
        st.caption(note)
    return split, True
