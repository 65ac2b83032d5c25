"""Review: is this label right? One surface of our own; its modules, images and decisions travel by our own routes."""

from functools import partial

import streamlit as st

from core import Project, Run, TrainConfig
from dashboard.components import address
from dashboard.messages import show_errors
from dashboard.sections import round_card
from dashboard.state import url
from dashboard.state.current import current_project, current_run

_BOOT = """
const loaded = import(new URL("MODULE", window.location.origin).href);
export default function (component) {
  let stop = null, isGone = false;
  loaded.then((desk) => { if (!isGone) stop = desk.mount(component); });
  return () => { isGone = true; stop?.(); };
}
"""
_HTML = '<link rel="stylesheet" href="STYLE">'


def show() -> None:
    """The review desk of the current run, and the way to the next run."""
    key, project = current_project()
    run = current_run(project)
    title, retrain = st.columns([4, 1], vertical_alignment="bottom")
    title.subheader("Review")
    if every := project.quality.check_interval:
        title.caption(f"One in {every} of the undecided images is a check: it trains nothing and counts nowhere.")
    with retrain.popover("Retrain", width="stretch", help="A new run on the labels decided so far"), show_errors():
        _retrain(project, run)
    desk = st.components.v2.component(
        "winnow_review",
        html=_HTML.replace("STYLE", address("review/style.css")),
        js=_BOOT.replace("MODULE", address("review/main.js")),
    )
    name = f"review-{key}-{run.id}"
    _, height, width, _ = project.images.pixels.shape
    desk(
        key=name,
        on_threshold_change=partial(_remember, name),
        data={
            "project": key,
            "run": run.id,
            "parent": run.record.parent or "",
            "classes": list(project.class_names),
            "height": height,
            "width": width,
            "fingerprint": project.fingerprint,
            "threshold": url.threshold(),
        },
    )


def _remember(name: str) -> None:
    """The line was let go: other pages take the same threshold."""
    if (value := st.session_state[name].get("threshold")) is not None:
        inside = min(1.0, max(0.0, float(value)))
        url.write("threshold", f"{inside:.3f}" if abs(round(inside, 3) - inside) < 1e-9 else f"{inside:.9g}")


def _advice(project: Project, run: str) -> str:
    """Whether another round is worth it; worked out again after each decision only."""
    latest = project.decisions.latest(1)
    now = (run, latest[0].id if latest else 0)
    if st.session_state.get("advice-of") != now:
        st.session_state["advice"] = round_card.advice(project.stop_advice(run))
        st.session_state["advice-of"] = now
    return str(st.session_state["advice"])


def _retrain(project: Project, run: Run) -> None:
    st.markdown(f"A new run on everything decided so far; its parent is **{run.id}**.")
    if run.record.parent:
        st.caption(_advice(project, run.id))
    is_warm = st.toggle("Warm start", help=TrainConfig.model_fields["warm_start"].description)
    text = "The same seed and budget without your clicks, trained after the run: Compare then says what they bought."
    has_controls = st.toggle("Train its control arms too", value=True, help=text)
    if st.button("Start the run", type="primary", width="stretch", key="retrain"):
        config = run.record.config.model_copy(update={"method": "self_training", "warm_start": is_warm})
        started = project.start_run(config, parent=run.id, with_controls=has_controls)
        url.write("run", started.id)
        st.toast(f"{started.id} is on its way.")
        if "train" in st.session_state.get("pages", {}):
            st.switch_page(st.session_state["pages"]["train"])
