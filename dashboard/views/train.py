"""Train page: start runs, and show their progress and curves."""

import streamlit as st

from core import Project, Run, TrainConfig, constants
from dashboard import downloads, formatting
from dashboard.messages import page_head, page_link, show_errors
from dashboard.sections import ended_runs, training_form
from dashboard.sections.training import curricula, goal_form, import_predictions, setting_names, training_curves
from dashboard.sections.training import runs as run_list
from dashboard.sections.widgets import metric_row
from dashboard.state.current import current_project
from dashboard.state.runs import finished_runs

_WIDTHS = (5, 5, 4, 6, 5)
"""Relative widths of the metrics: no label is truncated on a page 1280 pixels wide."""


def show() -> None:
    """Show the form of a new run, the latest curriculum, and one chosen run."""
    page_head("Train", "What is the model learning?")
    _, project = current_project()
    runs = project.runs()
    for run_id, message in project.broken_runs().items():
        st.warning(f"{run_id} cannot be read. {message}")
    box = st.expander("New run", expanded=not runs, on_change="rerun")
    with box, show_errors():
        goal = goal_form.choice()
        if goal == goal_form.ADVANCED:  # drawn in a closed box as well, else what was typed is lost
            training_form.show(project)
        elif box.open:
            goal_form.show(project, goal)
    with st.expander("Use another model's predictions"):
        import_predictions.show(project)
    curricula.show(project)
    if runs or project.run_table.deleted():
        run_list.show(project)
    if runs:
        _run(project, runs[::-1])


def _run(project: Project, runs: list[Run]) -> None:
    states = {run.id: run.status.state for run in runs}
    if st.session_state.get("train-run") not in states:
        st.session_state["train-run"] = next((i for i, s in states.items() if s in constants.LIVE_STATES), runs[0].id)
    st.session_state["train-run"] = st.session_state["train-run"]  # else the box keeps a title that has changed
    titles = {run.id: run.title for run in runs}
    chosen = st.selectbox("Run", list(states), format_func=titles.__getitem__, key="train-run")
    run = project.run(chosen)
    metrics = run.metrics()
    is_live = states[chosen] in constants.LIVE_STATES
    st.fragment(_progress, run_every=2.0 if is_live else None)(project, run, is_live, len(metrics))
    if note := run.status.head_note:
        st.info(note)
    compared = project.compare_with_head(run.id)
    if compared is not None:
        st.info(compared.sentence)
    training_curves.show(project, run, metrics, is_live=is_live)
    _settings(run)
    if run.record.config.is_network:
        _augmented_images(run)


@show_errors()
def _progress(project: Project, run: Run, was_live: bool, num_drawn: int) -> None:
    """Draw the progress, every two seconds while live; rerun the page at a new epoch."""
    status = run.status
    is_live = status.state in constants.LIVE_STATES
    device = f" on {status.device} in {status.precision}" if status.device and status.precision else ""
    st.progress(formatting.share_done(status), text=f"**{status.state.capitalize()}**{device}. {status.message}")
    seconds = status.eta_seconds if is_live else status.seconds
    time = {
        "Time left" if is_live else "Time taken": (formatting.time_left if is_live else formatting.duration)(seconds)
    }
    speed = {"Images per second": f"{status.images_per_second:,.0f}" if status.images_per_second else "–"}
    config = run.record.config
    if run.imported_from is not None:
        st.caption(import_predictions.description(run.imported_from))
        metric_row({"Val accuracy": _accuracy(status.best_val_accuracy), "Temperature": f"{run.temperature:.2f}"})
    elif config.is_head:
        st.caption(f"{config.head.replace('_', ' ').capitalize()} on features of {config.model_name}.")
        metric_row({**time, "Val accuracy": _accuracy(status.best_val_accuracy), **speed})
        if (crossed := run.cross_validated) is not None:
            st.caption(
                f"Cross-validated accuracy: {formatting.estimate(crossed)} labels. Heads of five folds name the labels "
                "that they have not seen, as too few val images are held out to say it. The interval is approximate; "
                "labels that a queue picked are not draws of the pool."
            )
    else:
        progress = {
            "Epoch": f"{status.epoch:,} of {status.epochs:,}",
            **time,
            "Best val accuracy": _accuracy(status.best_val_accuracy),
            f"Median of last {constants.LAST_EVALUATIONS} val": _accuracy(run.last_val_accuracy),
        }
        metric_row({**progress, **speed}, _WIDTHS)
    if note := run.val_note(len(project.splits.val)):
        st.caption(note)
    if status.state == "queued" and run.command_elsewhere is not None:
        st.caption("Run this command on each of the other machines, with the project in the same folder:")
        st.code(run.command_elsewhere, language="sh", wrap_lines=True)
    _buttons(project, run, status.state)
    if is_live:
        ended_runs.offer()
    if not config.is_imported:
        log = st.expander("Log")
        log.code(run.log_tail() or "The log is empty.", language=None, height=260)
    if is_live != was_live or len(run.metrics()) != num_drawn:
        st.rerun()


def _accuracy(value: float | None) -> str:
    return "–" if value is None else formatting.percent(value)


def _buttons(project: Project, run: Run, state: str) -> None:
    if state in constants.LIVE_STATES and st.button(
        "Cancel", key="cancel", help="The run stops after its next step and can be resumed."
    ):
        project.cancel_run(run.id)
        st.toast(f"Cancelling {run.id}.")
    if state in ("cancelled", "failed", "lost") and st.button("Resume", key="resume", type="primary"):
        project.resume_run(run.id)
        st.rerun()
    if state == "done":
        page_link("review", "Review the suggestions of this run", run=run.id)
        if len(finished_runs(project)) > 1:
            page_link("compare", "Compare it with another run", run=run.id)


def _settings(run: Run) -> None:
    st.header("Settings")
    record = run.record
    labels = " · ".join(f"{count:,} {source}" for source, count in record.num_labels.items() if count)
    params = dict(record.rule or {})
    rule = str(params.pop("rule", "")).replace("_", " ")
    numbers = ", ".join(f"{name} {value:g}" for name, value in params.items() if isinstance(value, int | float))
    by = f" Pseudo-labels by {rule} ({numbers})." if rule else ""
    parent = record.parent or "none"
    st.caption(
        f"Labels: {labels or 'none'}. Parent run: {parent}.{by} Created: {record.created[:16].replace('T', ' ')} UTC."
    )
    fields = TrainConfig.model_fields
    names = constants.settings_read(record.config.method, record.config.model)
    values = record.config.model_dump()
    rows = [
        {
            "setting": setting_names.NAMES.get(name, name.replace("_", " ").capitalize()),
            "name": name,
            "value": str(values[name]),
            "meaning": fields[name].description,
        }
        for name in names
    ]
    widths = {"setting": 260, "name": 150, "value": 130, "meaning": 560}
    columns = {name: st.column_config.TextColumn(width=width) for name, width in widths.items()}
    height = 300 if record.config.is_network else "content"
    downloads.table(rows, f"settings-{run.id}", height=height, column_config=columns)


def _augmented_images(run: Run) -> None:
    st.header("Augmented images")
    file = run.folder.path / "augmentation.png"
    if file.exists():
        text = "Labeled images; below each one, two weak and two strong views."
        st.image(str(file), caption=text, alt=text)
    else:
        st.caption("The augmented images appear once training has started.")
