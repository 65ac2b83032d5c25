"""New runs by goal: what is wanted, what it does, how long it takes here and what is known to expect."""

from collections.abc import Callable
from functools import partial
from typing import NoReturn

import streamlit as st

from core import Project, RunRequest, WinnowError, constants
from dashboard.messages import show_errors
from dashboard.state import url
from dashboard.state.measurements import Found, forget, is_measuring, measured

ADVANCED = "advanced"
MEASURING = (
    "Measuring this machine: about two seconds for each network, and the time that PyTorch takes to start. The result "
    "is kept."
)
"""What a page says while a time is measured."""


def choice() -> str:
    """Draw the choice of a goal; return its name, or ADVANCED for all settings."""
    titles = {name: goal.title for name, goal in constants.GOALS.items()} | {ADVANCED: "Advanced"}
    names = list(titles)
    if st.session_state.get("train-goal") not in names:  # also where a click interrupted the first drawing
        st.session_state["train-goal"] = names[0]
    chosen = st.segmented_control(
        "What do you want?", names, format_func=titles.__getitem__, key="train-goal", required=True
    )
    return str(chosen)


def show(project: Project, goal: str) -> None:
    """Draw the plan of a goal, and start its runs when asked to.

    Args:
        project: The project.
        goal: Name of the goal.
    """
    key = f"{project.key} {goal}"
    plan = show_measured(key, partial(project.plans.plan, goal, may_measure=False), partial(project.plans.plan, goal))
    if plan is None:
        return
    st.markdown(f"**{plan.goal.doc}**")
    for number, run in enumerate(plan.runs, start=1):
        st.markdown(f"{number}. {run.text} {run.time.sentence}")
    if sentence := plan.in_all:
        st.markdown(f"**{sentence}**")
    for note in plan.notes:
        st.caption(note)
    st.caption(f"**To expect:** {plan.expected}")
    if st.button("Start training", type="primary", key="start-goal"):
        with show_errors():
            show_run(project.start_runs(plan.configs, RunRequest())[-1].id)


def show_measured(key: str, known: Callable[[], Found | None], measure: Callable[[], Found | None]) -> Found | None:
    """Return what is known; until then say that it is being measured, or why it cannot be.

    Args:
        key: What is measured.
        known: As in `measured`.
        measure: As in `measured`.
    """
    try:
        found = measured(key, known, measure)
    except WinnowError as error:
        st.error(str(error))
        st.button("Measure again", key=f"again-{key}", on_click=forget, args=(key,))
        return None
    if found is None:
        st.fragment(_wait, run_every=0.5)(key)
    return found


def _wait(key: str) -> None:
    """Say that something is being measured; draw the page again once it is, or once it has failed."""
    if not is_measuring(key):
        st.rerun()
    st.caption(MEASURING)


def show_run(run: str) -> NoReturn:
    """Select a started run and redraw the page.

    Args:
        run: Its id.
    """
    st.session_state["train-run"] = run
    url.write("run", run)
    st.rerun()
