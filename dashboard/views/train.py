"""Train: what is the model learning?"""

from typing import Any

import streamlit as st

from core import LIVE_STATES, PRESETS, Preset, Project, Run, TrainConfig
from dashboard import charts, context, words
from dashboard.views.fields import inputs

_MAIN = ("method", "model", "profile", "epochs", "batch_size", "learning_rate")
_MORE = tuple(name for name in TrainConfig.model_fields if name not in _MAIN)


def show() -> None:
    """A form for a new run, and one run seen from near."""
    st.title("Train")
    _, project = context.current_project()
    runs = project.runs()
    for run_id, sentence in project.broken_runs().items():
        st.warning(f"{run_id} cannot be read. {sentence}")
    with st.expander("New run", expanded=not runs):
        _form(project)
    if runs:
        _watch(project, runs[::-1])


def _form(project: Project) -> None:
    text = "Settings that belong together because a paper, or an earlier tool, used them together."
    name = st.selectbox("preset", list(PRESETS), key="preset", on_change=_forget_settings, help=text)
    preset = PRESETS[name]
    st.caption(_sentence(preset))
    usual = preset.config().model_dump()
    parents: list[str | None] = [None, *[run.id for run in context.finished_runs(project)][::-1]]
    with st.form("new-run", border=False):
        values = inputs(TrainConfig, _MAIN, "train", usual=usual)
        left, middle, right = st.columns(3, vertical_alignment="bottom")
        text = "The run whose suggestions were reviewed; with warm start, also where the weights come from."
        parent = left.selectbox("parent run", parents, format_func=lambda name: name or "none", help=text)
        text = "One run for each seed, from the seed above on; they wait in line for the device."
        num_seeds = middle.number_input("seeds", 1, 100, 1, key="num-seeds", help=text)
        text = "On: the given labels and everything decided on the Review page. Off: the given labels alone, a control."
        is_curated = right.toggle("train on the curated set", value=True, help=text)
        text = (
            "The same seed and budget without the clicks, behind each curated run: Compare then says what they bought."
        )
        has_controls = st.toggle("train control arms too", value=True, help=text)
        with st.container(border=True):
            st.caption("More options")
            values |= inputs(TrainConfig, _MORE, "train", columns=4, usual=usual)
        is_sent = st.form_submit_button("Start", type="primary")
    if is_sent:
        with context.spoken():
            config = TrainConfig.checked(values)
            rule = preset.rule if parent else None
            seeds = [config.model_copy(update={"seed": config.seed + number}) for number in range(num_seeds)]
            runs = [
                project.start_run(one, parent, is_curated=is_curated, rule=rule, params=preset.params) for one in seeds
            ]
            if is_curated and has_controls:
                for run in runs:
                    project.promises.start_arms(run.id)
            st.session_state["train-run"] = runs[0].id
            context.go("run", runs[0].id)
            st.rerun()


def _sentence(preset: Preset) -> str:
    """What a preset is, and what picks its pseudo-labels."""
    said = preset.doc[0].upper() + preset.doc[1:] + "."
    if preset.rule is None:
        return said
    numbers = ", ".join(f"{name} {value:g}" for name, value in preset.params.items())
    return f"{said} Picks from the parent run by {preset.rule.replace('_', ' ')} ({numbers}): choose one below."


def _forget_settings() -> None:
    """Another preset: its settings take the place of what was typed."""
    for name in TrainConfig.model_fields:
        st.session_state.pop(f"train-{name}", None)


def _watch(project: Project, runs: list[Run]) -> None:
    states = {run.id: run.status.state for run in runs}
    if st.session_state.get("train-run") not in states:
        st.session_state["train-run"] = next((i for i, s in states.items() if s in LIVE_STATES), runs[0].id)
    chosen = st.selectbox("Run", list(states), key="train-run")
    run = project.run(chosen)
    metrics = run.metrics()
    is_live = states[chosen] in LIVE_STATES
    st.fragment(_progress, run_every=2.0 if is_live else None)(project, run, is_live, len(metrics))
    _curves(metrics)
    _pool(project, metrics)
    left, right = st.columns(2, gap="large")
    with left:
        _settings(run)
    with right:
        _pictures(run)


@context.speaks
def _progress(project: Project, run: Run, was_live: bool, num_drawn: int) -> None:
    """Redrawn every two seconds while the run is live; the whole page only when there is a new epoch to draw."""
    now = run.status
    is_live = now.state in LIVE_STATES
    st.progress(words.share_done(now), text=f"**{now.state.capitalize()}.** {now.message}")
    facts = {
        "Epoch": f"{now.epoch:,} of {now.epochs:,}",
        "Time left" if is_live else "Time taken": words.duration(now.eta_seconds if is_live else now.seconds),
        "Best val accuracy": "–" if now.best_val_accuracy is None else words.percent(now.best_val_accuracy),
        "Images per second": f"{now.images_per_second:,.0f}" if now.images_per_second else "–",
        "Device": f"{now.device} {now.precision}".strip() or "–",
    }
    for place, (label, value) in zip(st.columns(len(facts)), facts.items(), strict=True):
        place.metric(label, value, border=True)
    _buttons(project, run, now.state)
    with st.expander("Log"):
        st.code(run.log_tail() or "Nothing printed yet.", language=None, height=260)
    if is_live != was_live or len(run.metrics()) != num_drawn:
        st.rerun()


def _buttons(project: Project, run: Run, state: str) -> None:
    if state in LIVE_STATES and st.button("Cancel", key="cancel", help="Stops after the next step; can be resumed."):
        project.cancel_run(run.id)
        st.toast(f"{run.id} was asked to stop.")
    if state in ("cancelled", "failed", "lost") and st.button("Resume", key="resume", type="primary"):
        project.resume_run(run.id)
        st.rerun()
    if state == "done":
        context.link("review", "Review what this run suggests", run=run.id)


def _curves(metrics: list[dict[str, Any]]) -> None:
    if not metrics:
        st.caption("Curves appear after the first epoch.")
        return
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


def _pool(project: Project, metrics: list[dict[str, Any]]) -> None:
    """What the method takes the pool for while it learns; nothing where it does not look at the pool."""
    known = [line for line in metrics if line.get("mask_rate") is not None]
    if not known:
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("What it takes the pool for")
        st.plotly_chart(
            charts.pool_curves(known), config=charts.CONFIG, key="pool", alt="Kept share and how right it is"
        )
    with right:
        st.subheader("Class mix of the kept")
        chart = charts.mix_curves(known, project.class_names)
        st.plotly_chart(chart, config=charts.CONFIG, key="mix", alt="Share of each class among kept pseudo-labels")
        drift = known[-1].get("kl_to_prior")
        if drift is not None:
            st.caption(f"{drift:.3f} bits away from the labeled classes' mix (KL divergence, last epoch).")


def _settings(run: Run) -> None:
    st.subheader("Settings")
    record = run.record
    labels = " · ".join(f"{count:,} {source}" for source, count in record.num_labels.items() if count)
    st.caption(f"Labels: {labels or 'none'}. Parent: {record.parent or 'none'}. Made {record.created[:16]} UTC.")
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
