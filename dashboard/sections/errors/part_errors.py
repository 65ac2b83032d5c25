"""Errors and guarantees by predicted class and by group, with the worst one named."""

from typing import Any

import streamlit as st

from core import Estimate, Project
from dashboard import downloads, formatting
from dashboard.messages import show_errors
from dashboard.sections.errors import pool_state

_BY_CLASS, _BY_CLASS_GROUP = "predicted class", "class group"

_WITHIN = "of it, within the group"
_LEAVING = (
    "An error is an image with a wrong class. Within the group: its true class is another one of the same group, such "
    "as a cat among animals that is called a dog."
)


def show(project: Project, run: str) -> None:
    """Draw the error of what a threshold accepts in each class or group.

    Args:
        project: The project.
        run: Id of a finished run.
    """
    st.header("Per class and per group")
    columns = list(project.groups.columns())
    grouped = [_BY_CLASS_GROUP] if project.workspace.classes.groups else []
    choices = [_BY_CLASS, *grouped, *(["groups"] if project.groups.current is not None else []), *columns]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox("Error by", choices, key="part-by", width=220) if len(choices) > 1 else _BY_CLASS
        threshold = st.number_input(
            "Confidence of at least", 0.0, 1.0, 0.95, step=0.01, key="part-threshold", width=190
        )
        target = None
        if by == _BY_CLASS:
            target = st.number_input("Target error (%)", 0.5, 50.0, 5.0, step=0.5, key="part-target", width=190) / 100
    with show_errors():
        quality = project.quality
        found = _found(project, run, threshold, str(by))
        name = pool_state.label("estimated error", found.state)
        rows = [
            {
                str(by): part.name,
                name: formatting.estimate(part.error) if part.error.n else "unknown",
                **({_WITHIN: _within(part.within)} if by == _BY_CLASS_GROUP else {}),
                "accepted": f"{part.num_kept:,} of {part.num_pool:,}",
            }
            for part in found.parts
        ]
        if target is not None:
            for row, told in zip(rows, quality.class_guarantees(run, target), strict=True):
                own = "nothing accepted" if told.threshold is None else f"from {told.threshold:.3f}: {told.num_kept:,}"
                together = " together with other small classes" if told.pooled_with else " by itself"
                row[f"at most {formatting.percent(target)} wrong"] = own if told.threshold is None else own + together
        downloads.table(rows, f"errors-by-{by}")
        (st.warning if found.state == pool_state.NOT_VALID else st.write)(found.sentence)
        st.caption(
            f"{found.state.capitalize()}: {found.reason} n: calibration images at or above the confidence. The "
            f"intervals hold for all {len(found.parts):,} at once (Bonferroni)."
        )
        if by == _BY_CLASS_GROUP:
            st.caption(_LEAVING)
        if target is not None:
            _words(project, run, target)


def _found(project: Project, run: str, threshold: float, by: str) -> Any:
    """Return the errors of each part: classes, class groups, image groups, or values of a column."""
    if by == _BY_CLASS:
        return project.quality.class_errors(run, threshold)
    if by == _BY_CLASS_GROUP:
        return project.quality.class_group_errors(run, threshold)
    return project.quality.group_errors(run, threshold, by)


def _within(error: Estimate | None) -> str:
    if error is None:
        return ""
    return formatting.estimate(error) if error.n else "unknown"


def _words(project: Project, run: str, target: float) -> None:
    with st.expander(f"What a target error of {formatting.percent(target)} says of each class"):
        for row in project.quality.class_guarantees(run, target):
            st.markdown(f"- {row.sentence}")
