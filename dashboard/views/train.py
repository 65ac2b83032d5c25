"""Train: what is the model learning?"""

import streamlit as st

from core import LAST_EVALUATIONS, LIVE_STATES, Project, Run, TrainConfig
from dashboard import formatting
from dashboard.messages import page_link, show_errors
from dashboard.sections import curricula, training_curves
from dashboard.sections import training_form as form
from dashboard.state.current import current_project

_WIDTHS = (5, 5, 4, 6, 5)
"""Of the tiles under the progress bar: none of their labels is cut off on a page 1280 pixels wide."""


def show() -> None:
    """A form for a new run, and one run seen from near."""
    st.title("Train")
    _, project = current_project()
    runs = project.runs()
    for run_id, sentence in project.broken_runs().items():
        st.warning(f"{run_id} cannot be read. {sentence}")
    with st.expander("New run", expanded=not runs):
        form.show(project)
    curricula.show(project)
    if runs:
        _watch(project, runs[::-1])


def _watch(project: Project, runs: list[Run]) -> None:
    states = {run.id: run.status.state for run in runs}
    if st.session_state.get("train-run") not in states:
        st.session_state["train-run"] = next((i for i, s in states.items() if s in LIVE_STATES), runs[0].id)
    titles = {run.id: run.title for run in runs}
    chosen = st.selectbox("Run", list(states), format_func=titles.__getitem__, key="train-run")
    run = project.run(chosen)
    metrics = run.metrics()
    is_live = states[chosen] in LIVE_STATES
    st.fragment(_progress, run_every=2.0 if is_live else None)(project, run, is_live, len(metrics))
    training_curves.show(project, run, metrics, is_live=is_live)
    left, right = st.columns(2, gap="large")
    with left:
        _settings(run)
    with right:
        _pictures(run)


@show_errors()
def _progress(project: Project, run: Run, was_live: bool, num_drawn: int) -> None:
    """Redrawn every two seconds while the run is live; the whole page only when there is a new epoch to draw."""
    now = run.status
    is_live = now.state in LIVE_STATES
    where = f" on {now.device} in {now.precision}" if now.device and now.precision else ""
    st.progress(formatting.share_done(now), text=f"**{now.state.capitalize()}**{where}. {now.message}")
    facts = {
        "Epoch": f"{now.epoch:,} of {now.epochs:,}",
        "Time left" if is_live else "Time taken": formatting.duration(now.eta_seconds if is_live else now.seconds),
        "Val, best": _share(now.best_val_accuracy),
        f"Val, median of last {LAST_EVALUATIONS}": _share(run.last_val_accuracy),
        "Images per second": f"{now.images_per_second:,.0f}" if now.images_per_second else "–",
    }
    for place, (label, value) in zip(st.columns(_WIDTHS), facts.items(), strict=True):
        place.metric(label, value, border=True)
    if now.state == "queued" and run.elsewhere is not None:
        st.caption("On each other machine, which sees the project in the same folder:")
        st.code(run.elsewhere, language="sh", wrap_lines=True)
    _buttons(project, run, now.state)
    with st.expander("Log"):
        st.code(run.log_tail() or "Nothing printed yet.", language=None, height=260)
    if is_live != was_live or len(run.metrics()) != num_drawn:
        st.rerun()


def _share(value: float | None) -> str:
    return "–" if value is None else formatting.percent(value)


def _buttons(project: Project, run: Run, state: str) -> None:
    if state in LIVE_STATES and st.button("Cancel", key="cancel", help="Stops after the next step; can be resumed."):
        project.cancel_run(run.id)
        st.toast(f"{run.id} was asked to stop.")
    if state in ("cancelled", "failed", "lost") and st.button("Resume", key="resume", type="primary"):
        project.resume_run(run.id)
        st.rerun()
    if state == "done":
        page_link("review", "Review what this run suggests", run=run.id)


def _settings(run: Run) -> None:
    st.subheader("Settings")
    record = run.record
    labels = " · ".join(f"{count:,} {source}" for source, count in record.num_labels.items() if count)
    picked = dict(record.rule or {})
    rule = str(picked.pop("rule", "")).replace("_", " ")
    numbers = ", ".join(f"{name} {value:g}" for name, value in picked.items() if isinstance(value, int | float))
    by = f" Pseudo-labels by {rule} ({numbers})." if rule else ""
    st.caption(f"Labels: {labels or 'none'}. Parent: {record.parent or 'none'}.{by} Made {record.created[:16]} UTC.")
    fields = TrainConfig.model_fields
    rows = [
        {"option": name, "value": str(value), "meaning": fields[name].description}
        for name, value in record.config.model_dump().items()
    ]
    widths = {"option": 135, "value": 105, "meaning": 420}
    columns = {name: st.column_config.TextColumn(width=width) for name, width in widths.items()}
    st.dataframe(rows, hide_index=True, height=300, column_config=columns)


def _pictures(run: Run) -> None:
    st.subheader("What the model sees")
    file = run.folder.path / "augmentation.png"
    if file.exists():
        st.image(str(file), caption="Images of the labeled set; below each, two weak and two strong views.")
    else:
        st.caption("A picture of the augmented images appears once the engine has begun.")
