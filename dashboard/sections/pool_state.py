"""State of errors that calibration images give: guaranteed, estimated or not valid here."""

import streamlit as st

from core import Project

NOT_VALID = "not valid here"


def show(project: Project, run: str) -> str:
    """Show whether a run's calibration images are like its pool.

    Args:
        project: The project.
        run: Id of a finished run.

    Returns:
        The state, in the project's words.
    """
    check = project.quality.pool_check(run)
    if check.state == NOT_VALID:
        st.warning(f"**{check.sentence}**")
    else:
        st.caption(f"**{check.state.capitalize()}:** {check.reason}")
    return check.state


def label(name: str, state: str) -> str:
    """Return the name of an error; where the number says nothing, the words stand beside it."""
    return f"{name}, {NOT_VALID}" if state == NOT_VALID else name


def at_most(state: str, kept: int, target: str, how: str) -> str:
    """Say in Markdown what a target error means in a state.

    Args:
        state: guaranteed, estimated or not valid here.
        kept: Open images that the threshold keeps.
        target: The target error as text.
        how: How it holds, such as "on average".
    """
    if state == NOT_VALID:
        return f"It keeps {kept:,} open images. **Not valid here:** how many of them are wrong is not known."
    return f"It keeps {kept:,} open images. At most **{target}** of them are wrong, {how} ({state})."
