"""Form of a new run: preset, method and training settings; a section of the Train page."""

from typing import Any, NoReturn

import streamlit as st

from core import InputError, Preset, Project, RunRequest, TrainConfig, constants
from dashboard.messages import show_errors
from dashboard.sections.widgets import config_inputs
from dashboard.state import url
from dashboard.state.runs import finished_runs

_MAIN = ("model", "profile", "devices", "epochs", "batch_size", "learning_rate")
_MAIN_OF_HEAD = ("extractor", "head", "head_balance")
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
    """Draw the form; start runs or a curriculum when it is submitted."""
    with show_errors():
        table = project.extractor_comparisons.stored()
        st.session_state["recommended-head"] = {} if table is None else table.settings()
    preset, method = _choices()
    defaults = _defaults(preset, method)
    st.session_state["train-defaults"] = defaults
    st.caption(_description(preset, method))
    main, more = _setting_names(method)
    _keep_settings((*main, *more))
    parents: list[str | None] = [None, *[run.id for run in finished_runs(project)][::-1]]
    with st.form("new-run", border=False):
        values = config_inputs(TrainConfig, main, "train", initial=defaults)
        columns = st.columns([3, 2, 3, 3], vertical_alignment="bottom")
        parent = columns[0].selectbox("parent run", parents, format_func=lambda name: name or "none", help=_PARENT_HELP)
        num_seeds = columns[1].number_input("seeds", 1, 100, 1, key="num-seeds", help=_SEEDS_HELP)
        is_curated = columns[2].toggle("train on the curated set", value=True, help=_CURATED_HELP)
        has_controls = columns[3].toggle("train control runs too", value=True, help=_CONTROLS_HELP)
        num_rounds, step = _curriculum_inputs() if method == "self_training" else (1, 0.0)
        with st.container(border=True):
            st.caption("More options")
            values |= config_inputs(TrainConfig, more, "train", columns=4, initial=defaults)
        is_sent = st.form_submit_button("Start", type="primary")
    if is_sent:
        with show_errors():
            config = TrainConfig.checked({**values, "method": method})
            if num_rounds > 1:
                _start_curriculum(project, config, parent, num_rounds, step)
            rule = preset.rule if parent and preset.fits_method(method) else None
            seeds = [config.model_copy(update={"seed": config.seed + number}) for number in range(num_seeds)]
            request = RunRequest(parent, is_curated, rule, preset.params, with_controls=has_controls)
            _show_run(project.start_runs(seeds, request)[0].id)


def _show_run(run: str) -> NoReturn:
    """Select the started run and redraw the page."""
    st.session_state["train-run"] = run
    url.write("run", run)
    st.rerun()


def _setting_names(method: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the settings that a method reads: the main ones, and the others."""
    is_head = TrainConfig.checked({"method": method}).is_head
    main, read = (_MAIN_OF_HEAD, constants.HEAD_SETTINGS) if is_head else (_MAIN, constants.NETWORK_SETTINGS)
    return main, tuple(name for name in read if name not in (*main, "method"))


def _keep_settings(shown: tuple[str, ...]) -> None:
    """Keep the values of settings that are not shown: Streamlit forgets those of inputs that it does not draw."""
    for name in set(TrainConfig.model_fields) - {*shown, "method"}:
        if f"train-{name}" in st.session_state:
            st.session_state[f"train-{name}"] = st.session_state[f"train-{name}"]


def _curriculum_inputs() -> tuple[int, float]:
    """Draw the number of rounds and the percentage of the pool that each round adds."""
    left, right, _ = st.columns([2, 3, 6], vertical_alignment="bottom")
    num_rounds = left.number_input("rounds", 1, 100, 1, key="num-rounds", help=_ROUNDS_HELP)
    return num_rounds, right.number_input("percent added per round", 1.0, 100.0, 20.0, format="%g", help=_STEP_HELP)


def _start_curriculum(
    project: Project, config: TrainConfig, parent: str | None, num_rounds: int, step: float
) -> NoReturn:
    if parent is None:
        raise InputError("A curriculum starts from the pseudo-labels of a finished run. Choose a parent run.")
    project.curricula.start(config, parent, num_rounds, step)
    st.rerun()


def _choices() -> tuple[Preset, str]:
    """Draw preset and method, outside the form because they change its initial values."""
    left, right = st.columns(2)
    name = left.selectbox("preset", list(constants.PRESETS), key="preset", on_change=_apply_preset, help=_PRESET_HELP)
    preset, help_text = constants.PRESETS[name], TrainConfig.model_fields["method"].description
    st.session_state.setdefault("train-method", preset.method)
    method = right.selectbox(
        "method", constants.TRAINING_METHODS, key="train-method", on_change=_apply_recipe, help=help_text
    )
    return preset, method


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
