"""Form of a new run with all settings that its method reads; a section of the Train page."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from core import Preset, Project, RunRequest, TrainConfig, constants
from dashboard.messages import show_errors
from dashboard.sections.training import setting_names
from dashboard.sections.training.goal_form import show_measured, show_run
from dashboard.sections.widgets import config_inputs
from dashboard.state.measurements import forget
from dashboard.state.runs import finished_runs

_PRESET_HELP = "Settings that were used together in a paper or an earlier tool."
_PARENT_HELP = "The run whose suggestions were reviewed. A warm start also takes its weights."
_SEEDS_HELP = "Trains one run for each seed, counted up from the seed below. The runs wait for the device in turn."
_CURATED_HELP = "On: the given labels and all decisions of the Review page. Off: only the given labels."
_CONTROLS_HELP = (
    "Trains control runs after each curated run: the same seed and budget without the decisions. The review value "
    "compares the run with them."
)
_ROUNDS_HELP = (
    "More than one round is a curriculum. Each round trains from scratch on the most confident pseudo-labels of the "
    "round before; the first round takes those of the parent run. It has one seed and no control runs."
)
_STEP_HELP = "Share of the pool, most confident first: 20 takes 20 % in the first round, 40 % in the second."


def show(project: Project) -> None:
    """Draw the form; start runs or a curriculum when it is submitted.

    Args:
        project: The project.
    """
    with show_errors():
        table = project.extractor_comparisons.stored()
        st.session_state["recommended-head"] = {} if table is None else table.settings()
    preset, method, model = _choices()
    defaults = _defaults(preset, method)
    st.session_state["train-defaults"] = defaults
    st.caption(_description(preset, method))
    names = [name for name in constants.settings_read(method, model) if name not in ("method", "model")]
    searched = st.text_input("Search settings", key="search-settings", placeholder="such as seed, device, weight")
    texts = {name: str(TrainConfig.model_fields[name].description) for name in names}
    shown = setting_names.grouped(names, searched, texts)
    _keep_settings(tuple(name for group in shown.values() for name in group))
    parents: list[str | None] = [None, *[run.id for run in finished_runs(project)][::-1]]
    with st.form("new-run", border=False):
        columns = st.columns([3, 2, 3, 3], vertical_alignment="bottom")
        parent = columns[0].selectbox("Parent run", parents, format_func=lambda name: name or "none", help=_PARENT_HELP)
        num_seeds = columns[1].number_input("Seeds", 1, 100, 1, key="num-seeds", help=_SEEDS_HELP)
        is_curated = columns[2].toggle("Train on the curated set", value=True, help=_CURATED_HELP)
        has_controls = columns[3].toggle("Train control runs too", value=True, help=_CONTROLS_HELP)
        num_rounds, step = _curriculum_inputs() if method == "self_training" else (1, 0.0)
        values = _setting_inputs(names, shown, defaults)
        with st.container(horizontal=True, vertical_alignment="center"):
            is_sent = st.form_submit_button("Start", type="primary")
            is_asked = st.form_submit_button("How long will it take?", key="ask-time")
    with show_errors():
        if not (is_sent or is_asked or st.session_state.get("asked-time")):
            return
        config = TrainConfig.checked({**values, "method": method, "model": model})
        rule = preset.rule if parent and preset.fits_method(method) else None
        request = RunRequest(parent, is_curated, rule, preset.params, with_controls=has_controls)
        requests = project.curricula.requests(parent, num_rounds, step) if num_rounds > 1 else [request]
        if not is_sent:
            _tell_time(project, config, requests, num_seeds if num_rounds == 1 else 1, is_asked=is_asked)
            return
        st.session_state.pop("asked-time", None)
        if num_rounds > 1:
            project.curricula.start(config, str(parent), num_rounds, step)
            st.rerun()
        seeds = [config.model_copy(update={"seed": config.seed + number}) for number in range(num_seeds)]
        show_run(project.start_runs(seeds, request)[0].id)


def _setting_inputs(
    names: Sequence[str], shown: Mapping[str, Sequence[str]], defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """Draw the settings by group; return the values of all of them, of those that are not shown as they were."""
    fields = TrainConfig.model_fields
    values = {name: st.session_state.get(f"train-{name}", defaults.get(name, fields[name].default)) for name in names}
    for group, settings in shown.items():
        with st.container(border=True):
            st.markdown(f"**{group}**")
            values |= config_inputs(
                TrainConfig, settings, "train", columns=4, initial=defaults, label=setting_names.label
            )
    if not shown:
        st.caption("No setting of this method is called so.")
    return values


def _tell_time(
    project: Project, config: TrainConfig, requests: Sequence[RunRequest], num_seeds: int, *, is_asked: bool
) -> None:
    """Say how long the runs take, once it was measured; until then that it is being measured."""
    key = f"{project.key} {config.model_dump_json()} {requests} {num_seeds}"
    if is_asked:
        forget(key)
        st.session_state["asked-time"] = key
    if st.session_state.get("asked-time") != key:
        del st.session_state["asked-time"]  # the settings were changed since
        return
    if config.devices > 1:
        st.info("How long several processes take together is not known before they run.")
        return
    measure = partial(project.plans.times.sentence, config, requests, num_seeds)
    if sentence := show_measured(key, partial(measure, may_measure=False), measure):
        st.info(sentence)


def _keep_settings(shown: tuple[str, ...]) -> None:
    """Keep the values of settings that are not shown: Streamlit forgets those of inputs that it does not draw."""
    for name in set(TrainConfig.model_fields) - {*shown, "method", "model"}:
        if f"train-{name}" in st.session_state:
            st.session_state[f"train-{name}"] = st.session_state[f"train-{name}"]


def _curriculum_inputs() -> tuple[int, float]:
    """Draw the number of rounds and the percentage of the pool that each round adds."""
    left, right, _ = st.columns([2, 3, 6], vertical_alignment="bottom")
    num_rounds = left.number_input("Rounds", 1, 100, 1, key="num-rounds", help=_ROUNDS_HELP)
    return num_rounds, right.number_input("Percent added per round", 1.0, 100.0, 20.0, format="%g", help=_STEP_HELP)


def _choices() -> tuple[Preset, str, str]:
    """Draw preset, method and model, outside the form because they change which settings it has."""
    left, middle, right = st.columns(3)
    name = left.selectbox("Preset", list(constants.PRESETS), key="preset", on_change=_apply_preset, help=_PRESET_HELP)
    preset, help_text = constants.PRESETS[name], TrainConfig.model_fields["method"].description
    st.session_state.setdefault("train-method", preset.method)
    method = middle.selectbox(
        "Method", constants.TRAINING_METHODS, key="train-method", on_change=_apply_recipe, help=help_text
    )
    model = _defaults(preset, method)["model"]
    if method != "head":
        with right:
            initial, label = {"model": model}, setting_names.label
            model = config_inputs(TrainConfig, ["model"], "train", columns=1, initial=initial, label=label)["model"]
    return preset, method, model


def _defaults(preset: Preset, method: str) -> dict[str, Any]:
    """Settings of a preset; of a head, the extractor and head that suit the project."""
    suited = st.session_state.get("recommended-head", {}) if method == "head" else {}
    return preset.config({"method": method, **suited}).model_dump()


def _description(preset: Preset, method: str) -> str:
    """Describe a preset and its pseudo-label rule; for another method, that method's settings."""
    if not preset.fits_method(method):
        own = ", ".join(
            f"{name.replace('_', ' ')} {value}" for name, value in constants.RECIPES.get(method, {}).items()
        )
        return f"The preset has another method, so its rule does not apply. {method}: {own or 'default settings'}."
    text = preset.doc[0].upper() + preset.doc[1:] + "."
    if preset.rule is None:
        return text
    numbers = ", ".join(f"{name} {value:g}" for name, value in preset.params.items())
    rule = f"{preset.rule.replace('_', ' ')} ({numbers})"
    return f"{text} Selects pseudo-labels of the parent run by {rule}. Choose a parent run below."


def _apply_preset() -> None:
    """Replace all settings in the form by those of the new preset."""
    preset = constants.PRESETS[st.session_state["preset"]]
    for name, value in _defaults(preset, preset.method).items():
        st.session_state[f"train-{name}"] = value


def _apply_recipe() -> None:
    """Replace the settings that differ between the methods; keep the others."""
    before: dict[str, Any] = st.session_state.get("train-defaults", {})
    after = _defaults(constants.PRESETS[st.session_state["preset"]], st.session_state["train-method"])
    for name, value in after.items():
        if name != "method" and before.get(name) != value:
            st.session_state[f"train-{name}"] = value
