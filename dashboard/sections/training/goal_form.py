"""New runs by goal: what is wanted, what it does, how long it takes here and what is known to expect."""

from functools import partial
from typing import Any, NoReturn

import streamlit as st

from core import Project, RunRequest, constants
from dashboard import formatting
from dashboard.messages import show_errors
from dashboard.state import url
from dashboard.state.measurements import measured

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
    st.session_state.setdefault("train-goal", names[0])
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
    plan = _plan(project, goal)
    if plan is None:
        st.fragment(_wait, run_every=0.5)(project, goal)
        return
    st.markdown(f"**{plan.goal.doc}**")
    for number, run in enumerate(plan.runs, start=1):
        st.markdown(f"{number}. {run.text} {run.time.sentence}")
    if len(plan.runs) > 1:
        st.markdown(f"In all about **{formatting.duration(plan.seconds)}**, one after the other.")
    for note in plan.notes:
        st.caption(note)
    st.caption(f"**To expect:** {plan.expected}")
    if st.button("Start training", type="primary", key="start-goal"):
        with show_errors():
            show_run(project.start_runs(plan.configs, RunRequest())[-1].id)


def _plan(project: Project, goal: str) -> Any:
    plans = project.plans
    key = f"{project.key} {goal}"
    return measured(key, partial(plans.plan, goal, may_measure=False), partial(plans.plan, goal))


def _wait(project: Project, goal: str) -> None:
    """Say that it is being measured, until it is."""
    with show_errors():
        if _plan(project, goal) is not None:
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
