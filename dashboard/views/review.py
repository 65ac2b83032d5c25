"""Review page: mounts the review component, which loads cards and sends decisions over HTTP."""

from dataclasses import asdict
from functools import partial

import streamlit as st

from core import ConformalThreshold, Project, Run, TrainConfig, constants
from dashboard.class_appearance import class_appearance
from dashboard.components import browser_component
from dashboard.messages import show_errors
from dashboard.sections import given_labels, learning_curve, round_card
from dashboard.state import url
from dashboard.state.current import current_project, current_run

_IMPORTED = (
    "This run was imported, so there is no model to train again: a head on features of the images learns all labels "
    "so far. The Train page trains a network on them, with this run as its parent."
)


FIRST_TARGETS = (0.05, 0.1, 0.2)
"""Target errors that the threshold begins with: the first that can be kept."""
_OWN_REASONS = 4
"""Reasons for hidden images that this project has most; they are offered before the usual ones."""
_FULL_WINDOW = """<style>
[data-testid="stMainBlockContainer"] { padding: 3.75rem 1rem 0; max-width: none; }
</style>"""
"""The page takes the whole window, so that images fill it; other pages keep their margins."""


def show() -> None:
    """Show the review component of the current run, and the Retrain form."""
    key, project = current_project()
    run = given_labels.reviewed_run(project) or current_run(project)
    st.html(_FULL_WINDOW)
    component = browser_component("review")
    name = f"review-{key}-{run.id}"
    _, height, width, _ = project.images.pixels.shape
    live = project.live.state(run.id)
    component(
        key=name,
        on_threshold_change=partial(_store_threshold, name),
        on_dialog_change=partial(_open_dialog, name),
        data={
            "project": key,
            "run": run.id,
            "ranking": _first_queue(project, run),
            "live": asdict(live),
            "parent": run.record.parent or "",
            "classes": list(project.class_names),
            "columns": list(project.metadata.names),
            "appearance": class_appearance(project),
            "height": height,
            "width": width,
            "fingerprint": project.fingerprint,
            **_threshold(project, run, live.version),
            "note": _note(project),
            "hide_reasons": [*list(project.hidden_images.by_reason())[:_OWN_REASONS], *constants.HIDE_REASONS],
            "text_problem": project.text_search_problem(),
        },
    )
    if dialog := _DIALOGS.get(str(st.session_state.get("review-dialog"))):
        dialog(project, run)


def _open_dialog(name: str) -> None:
    """Open the dialog that a button of the component asks for."""
    st.session_state["review-dialog"] = st.session_state[name].get("dialog")


def _close_dialog() -> None:
    st.session_state.pop("review-dialog", None)


@st.dialog("Learning curve", width="large", on_dismiss=_close_dialog)
def _curve_dialog(project: Project, run: Run) -> None:
    with show_errors():
        learning_curve.show(project, run.id)


@st.dialog("Retrain", on_dismiss=_close_dialog)
def _retrain_dialog(project: Project, run: Run) -> None:
    with show_errors():
        _retrain(project, run)


_DIALOGS = {"curve": _curve_dialog, "retrain": _retrain_dialog}


def _threshold(project: Project, run: Run, version: str) -> dict[str, float | str | None]:
    """Return the threshold of the URL, else the one of the least target error that the model version can keep."""
    if url.read("threshold") is not None:
        return {"threshold": url.threshold(), "target": None, "target_of": version}
    latest = project.decisions.latest(1)
    state = (version, latest[0].id if latest else 0, len(project.hidden_images.changes))
    if st.session_state.get("first-threshold-of") != state:  # another version, or other open images
        found = _first_threshold(project, version)
        st.session_state["first-threshold-of"] = state
        st.session_state[f"first-threshold-{run.id}"] = found.threshold if found else url.DEFAULT_THRESHOLD
        st.session_state["first-target"] = found.target if found else None
    first = {"threshold": st.session_state[f"first-threshold-{run.id}"], "target": st.session_state["first-target"]}
    return {**first, "target_of": version}


def _first_threshold(project: Project, version: str) -> ConformalThreshold | None:
    if not project.scores(version).has_suggestions:
        return None
    found = project.quality.conformal_thresholds_by_target(version, FIRST_TARGETS)
    return next((one for one in found if one.threshold is not None), None)


def _note(project: Project) -> str:
    every = project.quality.check_interval
    text = f"One in {every} of the undecided images is an attention check. Its answer changes no label and no count."
    return text if every else ""


def _first_queue(project: Project, run: Run) -> str:
    """Return the queue that the page opens with; on the features of a head, badge gained most a click."""
    if run.id == constants.LABEL_ISSUES:
        return run.id
    if not project.scores(run.id).has_suggestions:
        return "diverse"
    return "badge" if run.record.config.is_head else "entropy"


def _store_threshold(name: str) -> None:
    """Store the released threshold in the URL for the other pages."""
    if (value := st.session_state[name].get("threshold")) is not None:
        threshold = min(1.0, max(0.0, float(value)))
        is_short = abs(round(threshold, 3) - threshold) < 1e-9
        url.write("threshold", f"{threshold:.3f}" if is_short else f"{threshold:.9g}")


def _advice(project: Project, run: str) -> str:
    """Return the stop advice; it is computed again only after a decision."""
    latest = project.decisions.latest(1)
    version = (run, latest[0].id if latest else 0, len(project.hidden_images.changes))
    if st.session_state.get("advice-of") != version:
        st.session_state["advice"] = round_card.advice_text(project.stop_advice(run))
        st.session_state["advice-of"] = version
    return str(st.session_state["advice"])


def next_config(config: TrainConfig, *, is_warm: bool) -> TrainConfig:
    """Return the settings of the run that follows a review.

    A head stays a head, and follows imported predictions; a network learns the decisions.
    """
    if config.is_imported:
        return constants.PRESETS["head"].config()
    if config.is_head:
        return config
    return config.model_copy(update={"method": "self_training", "warm_start": is_warm})


def _retrain(project: Project, run: Run) -> None:
    parent = None if run.id == constants.LABEL_ISSUES else run.id
    st.markdown("Train a new run on all labels so far." + (f" Its parent run is **{parent}**." if parent else ""))
    if run.record.parent:
        st.caption(_advice(project, run.id))
    if run.record.config.is_imported:
        st.caption(_IMPORTED)
    is_warm = run.record.config.is_network and st.toggle(
        "Warm start", help=TrainConfig.model_fields["warm_start"].description
    )
    help_text = "The same seed and budget without your decisions, trained after the run. The review value needs them."
    has_controls = st.toggle("Train control runs too", value=True, help=help_text)
    if st.button("Start", type="primary", width="stretch", key="retrain"):
        config = next_config(run.record.config, is_warm=is_warm)
        started = project.start_run(config, parent=parent, with_controls=has_controls and parent is not None)
        url.write("run", started.id)
        _close_dialog()
        st.toast(f"{started.id} has started.")
        if "train" in st.session_state.get("pages", {}):
            st.switch_page(st.session_state["pages"]["train"])
