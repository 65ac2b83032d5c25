"""What a source of images is understood to be, before anything is read."""

import streamlit as st

from core import Project

_SHOWN = 200


def show(source: str) -> None:
    """Draw the layout of a source, classes with counts and examples, splits, and what is left out.

    Args:
        source: A folder, table, archive or export.

    Raises:
        InputError: The source cannot be read.
    """
    found = Project.preview(source)
    classes = "class" if len(found.classes) == 1 else "classes"
    st.write(f"**{found.num_images:,}** images, {len(found.classes):,} {classes}: {found.layout}.")
    rows = [
        {"class": name, "images": count, "such as": ", ".join(found.examples.get(name, ()))}
        for name, count in list(found.classes.items())[:_SHOWN]
    ]
    if found.num_unlabeled:
        examples = ", ".join(found.examples.get(None, ()))
        rows.append({"class": "(none)", "images": found.num_unlabeled, "such as": examples})
    st.dataframe(rows, hide_index=True)
    if found.splits:
        given = ", ".join(f"{count:,} {name}" for name, count in found.splits.items())
        st.caption(f"Splits that the source gives: {given}.")
    for text in (*found.remarks, *found.warnings):
        st.caption(text)
    if found.left_out:
        st.dataframe(
            [{"left out": g.count, "kind": g.suffix or "no suffix", "reason": g.reason} for g in found.left_out],
            hide_index=True,
        )
