"""Curves of one run on the Train page: by epoch, and by step where the run wrote its steps down."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core import Project, Run
from dashboard import charts
from dashboard.messages import show_errors

_LOOK = "Every step as the engine wrote it (log_batches), thinned to a few hundred points where there are more."
_DRIFT = (
    "KL divergence, in bits, from the labeled classes' mix to the mix of the kept pseudo-labels: KL(kept ‖ labeled). "
    "0: the same mix; the higher, the further away. One that rises says that the method favors some classes."
)
Lines = Sequence[Mapping[str, Any]]


def show(project: Project, run: Run, metrics: list[dict[str, Any]], *, is_live: bool) -> None:
    """Losses, accuracies and schedules; for a method that looks at the pool, what it takes the pool for."""
    if not metrics:
        st.caption("Curves appear after the first epoch.")
    else:
        _losses(metrics)
    by_step = False
    known = [line for line in metrics if line.get("mask_rate") is not None]
    if not known and not run.has_batches:
        return
    st.subheader("What it takes the pool for")
    if run.has_batches:
        by_step = st.toggle("per step", key="per-step", help=_LOOK)
    if by_step:
        st.fragment(_steps, run_every=2.0 if is_live else None)(project, run)
    else:
        _pool(project, known, "epoch")


def _losses(metrics: Lines) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Loss")
        st.plotly_chart(charts.loss_curves(metrics), config=charts.CONFIG, key="loss")
        st.subheader("Learning rate")
        chart = charts.schedule_curve(metrics, "learning_rate", "learning rate")
        st.plotly_chart(chart, config=charts.CONFIG, key="learning-rate")
    with right:
        st.subheader("Accuracy")
        st.plotly_chart(charts.accuracy_curves(metrics), config=charts.CONFIG, key="accuracy")
        st.subheader("Unlabeled weight")
        chart = charts.schedule_curve(metrics, "unlabeled_weight", "unlabeled weight")
        st.plotly_chart(chart, config=charts.CONFIG, key="unlabeled-weight")


@show_errors()
def _steps(project: Project, run: Run) -> None:
    """Redrawn every two seconds while the run is live."""
    _pool(project, run.batches(), "step")


def _pool(project: Project, lines: Lines, x: str) -> None:
    """What the method takes the pool for while it learns, by epoch or by step (x)."""
    if not lines:
        st.caption("Nothing of the pool has been looked at yet.")
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Kept, and how right it is**")
        chart = charts.pool_curves(lines, x)
        st.plotly_chart(chart, config=charts.CONFIG, key=f"pool-{x}", alt="Kept share and how right it is")
    with right:
        st.markdown("**Class mix of the kept**")
        chart = charts.mix_curves(lines, project.class_names, x)
        st.plotly_chart(chart, config=charts.CONFIG, key=f"mix-{x}", alt="Share of each class among those kept")
    st.markdown("**Drift of the class mix from the labeled one, in bits**", help=_DRIFT)
    alt = "KL divergence of the kept class mix from the labeled one, in bits"
    st.plotly_chart(charts.drift_curve(lines, x), config=charts.CONFIG, key=f"drift-{x}", alt=alt)
