"""The form of the Train page: a preset, a method, and every setting that goes with them."""

from typing import Any, NoReturn

import streamlit as st

from core import METHODS, PRESETS, RECIPES, InputError, Preset, Project, RunRequest, TrainConfig
from dashboard.messages import show_errors
from dashboard.sections.inputs import config_inputs
from dashboard.state import url
from dashboard.state.runs import finished_runs

_MAIN = ("model", "profile", "devices", "epochs", "batch_size", "learning_rate")
_MORE = tuple(name for name in TrainConfig.model_fields if name not in (*_MAIN, "method"))
_PRESET = "Settings that belong together because a paper, or an earlier tool, used them together."
_PARENT = "The run whose suggestions were reviewed; with warm start, also where the weights come from."
_SEEDS = "One run for each seed, from the seed below on; they wait in line for the device."
_CURATED = "On: the given labels and everything decided on the Review page. Off: the given labels alone, a control."
_CONTROLS = "The same seed and budget without the clicks, behind each curated run: Compare then says what they bought."
_ROUNDS = (
    "More than one: a curriculum. Each round trains from scratch on the surest pseudo-labels of the one before, the "
    "first on the parent's. One seed, no control arms."
)
_STEP = "Of the pool, the surest first: 20 takes 20 % in the first round, 40 % in the second, at most all of it."


def show(project: Project) -> None:
    """Draw the form; a click on Start starts what it says."""
    preset, method = _choices()
    usual = _usual(preset, method)
    st.session_state["train-usual"] = usual
    st.caption(_sentence(preset, method))
    parents: list[str | None] = [None, *[run.id for run in finished_runs(project)][::-1]]
    with st.form("new-run", border=False):
        values = config_inputs(TrainConfig, _MAIN, "train", usual=usual)
        places = st.columns([3, 2, 3, 3], vertical_alignment="bottom")
        parent = places[0].selectbox("parent run", parents, format_func=lambda name: name or "none", help=_PARENT)
        num_seeds = places[1].number_input("seeds", 1, 100, 1, key="num-seeds", help=_SEEDS)
        is_curated = places[2].toggle("train on the curated set", value=True, help=_CURATED)
        has_controls = places[3].toggle("train control arms too", value=True, help=_CONTROLS)
        num_rounds, step = _rounds() if method == "self_training" else (1, 0.0)
        with st.container(border=True):
            st.caption("More options")
            values |= config_inputs(TrainConfig, _MORE, "train", columns=4, usual=usual)
        is_sent = st.form_submit_button("Start", type="primary")
    if is_sent:
        with show_errors():
            config = TrainConfig.checked({**values, "method": method})
            if num_rounds > 1:
                _start_rounds(project, config, parent, num_rounds, step)
            rule = preset.rule if parent and preset.is_of(method) else None
            seeds = [config.model_copy(update={"seed": config.seed + number}) for number in range(num_seeds)]
            asked = RunRequest(parent, is_curated, rule, preset.params, with_controls=has_controls)
            _watch(project.start_runs(seeds, asked)[0].id)


def _watch(run: str) -> NoReturn:
    """Look at a run that was started."""
    st.session_state["train-run"] = run
    url.write("run", run)
    st.rerun()


def _rounds() -> tuple[int, float]:
    """How many rounds, and by how many percent of the pool each takes more."""
    left, right, _ = st.columns([2, 3, 6], vertical_alignment="bottom")
    num_rounds = left.number_input("rounds", 1, 100, 1, key="num-rounds", help=_ROUNDS)
    return num_rounds, right.number_input("percent more each round", 1.0, 100.0, 20.0, format="%g", help=_STEP)


def _start_rounds(project: Project, config: TrainConfig, parent: str | None, num_rounds: int, step: float) -> NoReturn:
    if parent is None:
        raise InputError("Rounds begin with the pseudo-labels of a finished run: choose a parent run.")
    project.curricula.start(config, parent, num_rounds, step)
    st.rerun()


def _choices() -> tuple[Preset, str]:
    """Preset and method, outside the form: what they are changes what the form begins with."""
    left, right = st.columns(2)
    name = left.selectbox("preset", list(PRESETS), key="preset", on_change=_take_preset, help=_PRESET)
    preset, text = PRESETS[name], TrainConfig.model_fields["method"].description
    st.session_state.setdefault("train-method", preset.method)
    method = right.selectbox("method", METHODS, key="train-method", on_change=_take_recipe, help=text)
    return preset, method


def _usual(preset: Preset, method: str) -> dict[str, Any]:
    return preset.config({"method": method}).model_dump()


def _sentence(preset: Preset, method: str) -> str:
    """What a preset is, and what picks its pseudo-labels; of a method that is not the preset's, its own values."""
    if not preset.is_of(method):
        own = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in RECIPES.get(method, {}).items())
        return f"Another method than the preset's, which no longer holds. {method}: {own or 'the usual settings'}."
    said = preset.doc[0].upper() + preset.doc[1:] + "."
    if preset.rule is None:
        return said
    numbers = ", ".join(f"{name} {value:g}" for name, value in preset.params.items())
    return f"{said} Picks from the parent run by {preset.rule.replace('_', ' ')} ({numbers}): choose one below."


def _take_preset() -> None:
    """Another preset: its settings take the place of what was typed."""
    for name, value in PRESETS[st.session_state["preset"]].config().model_dump().items():
        st.session_state[f"train-{name}"] = value


def _take_recipe() -> None:
    """Another method: what it wants otherwise takes the place of what was typed; the rest stays."""
    before: dict[str, Any] = st.session_state.get("train-usual", {})
    now = _usual(PRESETS[st.session_state["preset"]], st.session_state["train-method"])
    for name, value in now.items():
        if name != "method" and before.get(name) != value:
            st.session_state[f"train-{name}"] = value
