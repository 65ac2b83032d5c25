"""Simulate: what would reviewing buy here? A simulated reviewer plays the loop where the true labels are known."""

from typing import Any

import streamlit as st

from core import (
    CUTS,
    DEFAULT_QUEUES,
    LIVE_STATES,
    QUANTITIES,
    REVIEW_QUEUES,
    SIMULATION_FILES,
    JobStatus,
    Point,
    SimulateConfig,
    Simulation,
    Simulations,
    TrainConfig,
    curve,
    labels_of,
)
from dashboard import charts, formatting
from dashboard.messages import show_errors
from dashboard.sections.inputs import config_inputs
from dashboard.state import url
from dashboard.state.current import current_project

_PLAY = ("rounds", "clicks", "error_rate", "seeds")
_TRAIN = ("model", "epochs", "batch_size", "seed")
_SMALL = {"epochs": 20}
_SHARES = ("test_accuracy", "accepted_error")
_CUT_WORDS = {
    "conformal": "conformal: keeps a target error on average",
    "careful": "careful: keeps it with 90 % probability",
    "plug_in": "plug-in: estimated, promises nothing",
    "fixed_threshold": "fixed threshold",
    "none": "none: single answers only",
}
_QUEUE_WORDS = {"none": "no clicks", "random": "random clicks"}


def show() -> None:
    """A form for a new simulation, and one simulation seen from near."""
    st.title("Simulate")
    _, project = current_project()
    simulations = Simulations(project.workspace)
    known = simulations.all()
    st.caption(
        "A simulated reviewer with a known error rate plays the whole loop in a sandbox: clicks, accepts above the "
        "line, retrains. It needs true labels for the whole pool; your own decisions and runs are not touched."
    )
    with st.expander("New simulation", expanded=not known):
        _form(simulations)
    if known:
        _watch(simulations, known[::-1])


def _form(simulations: Simulations) -> None:
    with st.form("new-simulation", border=False):
        left, right = st.columns(2)
        text = "Which images the reviewer is asked about; several are played beside each other."
        queues = left.multiselect("queues", REVIEW_QUEUES, list(DEFAULT_QUEUES), format_func=_queue, help=text, key="q")
        text = "What is accepted without a look, each with every queue."
        cuts = right.multiselect(
            "cuts", list(CUTS), ["conformal"], format_func=_CUT_WORDS.__getitem__, help=text, key="c"
        )
        places = st.columns(3, vertical_alignment="bottom")
        text = "Of conformal, careful and plug-in cuts: the share of wrong labels to live with, %."
        target = places[0].number_input(
            "target error, %", 0.1, 50.0, 5.0, step=0.5, format="%g", help=text, key="target"
        )
        text = "Of the fixed threshold: lowest confidence that is accepted."
        threshold = places[1].number_input("threshold", 0.0, 1.0, 0.95, step=0.01, format="%g", help=text, key="cut")
        help_of = SimulateConfig.model_fields["controls"].description
        controls = places[2].toggle("control arms", value=True, help=help_of, key="controls")
        values = config_inputs(SimulateConfig, _PLAY, "simulate", columns=4)
        training = config_inputs(TrainConfig, _TRAIN, "simulate-train", columns=4, usual=_SMALL)
        is_sent = st.form_submit_button("Start", type="primary")
    if is_sent:
        numbers = {"fixed_threshold": threshold, "none": None}
        asked = [name if (n := numbers.get(name, target / 100)) is None else f"{name}={n:g}" for name in cuts]
        with show_errors():
            settings = SimulateConfig.checked({**values, "controls": controls})
            made = simulations.start(queues, asked, settings, TrainConfig.checked({**training, **_budget(training)}))
            url.write("simulation", made.id)
            st.session_state["simulation-choice"] = made.id
            st.rerun()


def _budget(training: dict[str, Any]) -> dict[str, Any]:
    """Few lines of metrics, so that a small training is not mostly evaluation."""
    return {"log_epochs": max(1, int(training["epochs"]) // 10)}


def _queue(name: str) -> str:
    return _QUEUE_WORDS.get(name, name.replace("_", "-"))


def _watch(simulations: Simulations, known: list[Simulation]) -> None:
    ids = [one.id for one in known]
    if st.session_state.get("simulation-choice") not in ids:
        wanted = url.read("simulation")
        st.session_state["simulation-choice"] = wanted if wanted in ids else ids[0]
    chosen = st.selectbox("Simulation", ids, key="simulation-choice", format_func=lambda i: _title(simulations.find(i)))
    url.write("simulation", chosen)
    found = simulations.find(chosen)
    points, is_live = found.points(), found.status.state in LIVE_STATES
    st.fragment(_progress, run_every=2.0 if is_live else None)(simulations, found, is_live, len(points))
    if not any(point.round for point in points):
        st.caption("Curves appear after the first round.")
        return
    _curves(points)
    _table(found)
    _files(found)


def _title(found: Simulation) -> str:
    asked = found.folder.settings()
    cuts = ", ".join(dict.fromkeys(one.cut.label for one in found.contestants))
    return f"{found.id} · {', '.join(map(_queue, asked['queues']))} · {cuts}"


@show_errors()
def _progress(simulations: Simulations, found: Simulation, was_live: bool, num_drawn: int) -> None:
    """Redrawn every two seconds while it plays; the whole page only when there is a new point to draw."""
    now, asked = found.status, found.settings
    is_live = now.state in LIVE_STATES
    share = 1.0 if now.state == "done" else min(1.0, now.done / max(1, now.total))
    st.progress(share, text=f"**{now.state.capitalize()}.** {now.message}")
    facts = {
        "Trainings": f"{now.done:,} of {now.total:,}",
        "Time left" if is_live else "Time taken": formatting.duration(_time_left(now) if is_live else now.seconds),
        "Rounds × clicks": f"{asked.rounds:,} × {asked.clicks:,}",
        "Wrong answers": formatting.percent(asked.error_rate),
        "Seeds": f"{asked.seeds:,}",
    }
    for place, (label, value) in zip(st.columns(len(facts)), facts.items(), strict=True):
        place.metric(label, value, border=True)
    if is_live and st.button("Cancel", key="cancel-simulation", help="What was played until now stays."):
        simulations.cancel(found.id)
        st.toast(f"Simulation {found.id} was asked to stop.")
    if is_live != was_live or len(found.folder.points()) != num_drawn:
        st.rerun()


def _time_left(now: JobStatus) -> float | None:
    return now.seconds / now.done * (now.total - now.done) if now.done else None


def _curves(points: list[Point]) -> None:
    labels = labels_of(points)
    colors = [charts.CYCLE[number % len(charts.CYCLE)] for number in range(len(labels))]
    legend = "".join(
        f'<span style="white-space:nowrap"><span style="color:{color}" aria-hidden="true">●</span> {label}</span>'
        for color, label in zip(colors, labels, strict=True)
    )
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:0.3rem 1.2rem;font-size:0.9rem">{legend}</div>')
    places = st.columns(2, gap="large") + st.columns(2, gap="large")
    for place, (quantity, title) in zip(places, QUANTITIES.items(), strict=True):
        with place:
            st.subheader(title.capitalize())
            found = [curve(points, label, quantity) for label in labels]
            chart = charts.simulated(found, is_share=quantity in _SHARES, from_zero=quantity != "test_accuracy")
            st.plotly_chart(chart, config=charts.CONFIG, key=f"simulated-{quantity}", alt=f"{title} over the rounds")


def _table(found: Simulation) -> None:
    st.subheader("After the last round")
    rows = [
        {
            "way to review": row["contestant"],
            "test before": formatting.percent(row["baseline_accuracy"]),
            "test after": formatting.percent(row["test_accuracy"]),
            "lowest to highest": _range(row),
            "clicks": f"{row['clicks']:,.0f}",
            "accepted": f"{row['accepted']:,.0f}",
            "wrong among them": formatting.percent(row["accepted_error"]),
            "wrong in a bulk accept": formatting.percent(row["selected_error"]),
        }
        for row in found.summary()
    ]
    st.dataframe(rows, hide_index=True)
    st.caption(
        "Means over the seeds, against the true labels. “Wrong in a bulk accept” is what a target error speaks of: the "
        "mean share of wrong labels among what one round accepted above its line. Hidden calibration items are left "
        "out, and a round that accepted nothing counts as one without error."
    )


def _range(row: dict[str, Any]) -> str:
    if row["seeds"] == 1:
        return "one seed"
    return f"{formatting.percent(row['test_accuracy_low'])} to {formatting.percent(row['test_accuracy_high'])}"


def _files(found: Simulation) -> None:
    with st.container(horizontal=True):
        for name, kind in SIMULATION_FILES.items():
            file = found.path / name
            if file.exists():
                st.download_button(
                    f"Download {name}", file.read_bytes, file_name=f"simulation-{found.id}-{name}", mime=kind,
                    on_click="ignore", key=f"get-{name}",
                )  # fmt: skip
    st.caption(f"The same files: {found.path}")
