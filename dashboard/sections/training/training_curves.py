"""Training curves of one run, by epoch or by step; a section of the Train page."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core import Project, Run
from dashboard import charts, downloads
from dashboard.messages import show_errors

_STEP_HELP = "One point for each logged training step (`log_batches`), at most a few hundred points."
_DRIFT_HELP = (
    "KL divergence in bits from the class mix of the labeled images to that of the kept pseudo-labels: "
    "KL(kept ‖ labeled). 0: the same mix. A rising value means that the method favors some classes."
)
Metrics = Sequence[Mapping[str, Any]]


def show(project: Project, run: Run, metrics: list[dict[str, Any]], *, is_live: bool) -> None:
    """Show losses, accuracies and schedules, and pseudo-label curves of methods that use the pool.

    Args:
        project: The project.
        run: The run.
        metrics: Its metrics, one row for each epoch.
        is_live: Whether the run is queued or running.
    """
    if not run.record.config.is_network:
        what = "Imported predictions are not trained" if run.record.config.is_imported else "A head is fitted at once"
        st.caption(f"{what}, so there are no curves.")
        return
    if not metrics:
        st.caption("Curves appear after the first epoch.")
    else:
        _loss_curves(metrics)
    by_step = False
    known = [row for row in metrics if row.get("mask_rate") is not None]
    if not known and not run.has_batches:
        return
    st.header("Pseudo-labels during training")
    if run.has_batches:
        by_step = st.toggle("By step", key="by-step", help=_STEP_HELP)
    if by_step:
        st.fragment(_step_curves, run_every=2.0 if is_live else None)(project, run)
    else:
        _pool_curves(project, known, "epoch")


def _loss_curves(metrics: Metrics) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Loss")
        downloads.chart(charts.loss_curves(metrics), "loss")
        st.header("Learning rate")
        chart = charts.schedule_curve(metrics, "learning_rate", "learning rate")
        downloads.chart(chart, "learning-rate")
    with right:
        st.header("Accuracy")
        downloads.chart(charts.accuracy_curves(metrics), "accuracy")
        st.header("Unlabeled weight")
        chart = charts.schedule_curve(metrics, "unlabeled_weight", "unlabeled weight")
        downloads.chart(chart, "unlabeled-weight")


@show_errors()
def _step_curves(project: Project, run: Run) -> None:
    """Draw the curves by step, every two seconds while the run is live."""
    _pool_curves(project, run.batches(), "step")


def _pool_curves(project: Project, metrics: Metrics, x: str) -> None:
    """Show the pseudo-labels of the pool during training; x is "epoch" or "step"."""
    if not metrics:
        st.caption("No pool image has been used yet.")
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Kept share and accuracy**")
        chart = charts.pool_curves(metrics, x)
        downloads.chart(chart, f"pool-{x}", "Kept share and accuracy")
    with right:
        st.markdown("**Class mix of the kept pseudo-labels**")
        chart = charts.mix_curves(metrics, project.class_names, x)
        alt = "Share of each class among the kept pseudo-labels"
        downloads.chart(chart, f"mix-{x}", alt)
    st.markdown("**Drift from the labeled class mix, in bits**", help=_DRIFT_HELP)
    alt = "KL divergence of the kept class mix from the labeled one, in bits"
    downloads.chart(charts.drift_curve(metrics, x), f"drift-{x}", alt)
