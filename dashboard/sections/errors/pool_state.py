"""State of errors that calibration images give: guaranteed, estimated or not valid here."""

import streamlit as st

from core import Project
from dashboard.messages import page_link, show_errors
from dashboard.state import url

NOT_VALID = "not valid here"
_RISKS = {"on average": None, "in 9 of 10 draws": 0.1, "in 19 of 20 draws": 0.05}


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


def calibration_form(project: Project, run: str) -> None:
    """Draw the form that draws random images of the pool for calibration, and the way to answer them.

    Args:
        project: The project.
        run: Id of a finished run, whose review shows the images.
    """
    st.header("Calibrate on the pool")
    progress = project.quality.calibration_progress()
    st.caption(
        "Answer random images of the pool without seeing the suggestion. They then calibrate every error of this pool, "
        "and train nothing while they do."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.number_input("Target error (%)", 0.5, 50.0, 5.0, step=0.5, key="calibration-target") / 100
        how = st.selectbox("It holds", list(_RISKS), key="calibration-risk")
        with show_errors():
            num = project.quality.calibration_size(target, _RISKS[how])
            num = st.number_input("Images", 1, 5000, min(num, 5000), key=f"calibration-num-{target}-{how}")
            st.button(f"Draw {num:,} random images", on_click=_draw, args=(project, num), disabled=progress.num >= num)
    st.caption(
        "The number lets half of the pool be accepted, in 8 of 10 draws, where half as many of it are wrong as the "
        "target allows."
    )
    if progress.number:
        st.progress(min(1.0, progress.num_answered / max(1, progress.num)), text=progress.sentence)
    if progress.next_id is not None:
        page_link("review", "Answer them", **url.query(run=run, ranking="calibrate"))


@show_errors()
def _draw(project: Project, num: int) -> None:
    project.quality.draw_calibration(num)
