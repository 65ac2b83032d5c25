"""Simulate page: a simulated reviewer runs the loop on a project with known labels."""

from typing import Any

import streamlit as st

from core import JobStatus, SimulateConfig, Simulation, Simulations, TrainConfig, constants
from dashboard import charts, downloads, formatting
from dashboard.messages import page_head, show_errors
from dashboard.sections.widgets import config_inputs, metric_row
from dashboard.state import url
from dashboard.state.current import current_project

_REVIEW = ("rounds", "clicks", "error_rate", "seeds")
_TRAIN = ("model", "epochs", "batch_size", "seed")
_DEFAULTS = {"epochs": 20}
_SHARES = ("test_accuracy", "accepted_error")
_ACCEPT_RULES = {
    "conformal": "conformal: guarantees a target error on average",
    "careful": "high probability: guarantees it in 9 of 10 draws",
    "plug_in": "plug-in: estimates it, without a guarantee",
    "fixed_threshold": "fixed threshold",
    "none": "none: no bulk accept",
}
_QUEUES = {"none": "no clicks", "random": "random clicks"}


def show() -> None:
    """Show the form of a new simulation, and one chosen simulation."""
    page_head("Simulate", "What would a review bring, before anybody clicks?")
    _, project = current_project()
    simulations = Simulations(project.workspace)
    known = simulations.all()
    st.caption(
        "A simulated reviewer with a known error rate runs the whole loop: single decisions (clicks), bulk accepts and "
        "retraining. It needs the true labels of the whole pool. Your own decisions and runs do not change."
    )
    with st.expander("New simulation", expanded=not known):
        _form(simulations)
    if known:
        _simulation(simulations, known[::-1])


def _form(simulations: Simulations) -> None:
    with st.form("new-simulation", border=False):
        left, right = st.columns(2)
        help_text = "Which images the reviewer decides. Several queues are simulated side by side."
        queues = left.multiselect(
            "queues",
            constants.REVIEW_QUEUES,
            list(constants.DEFAULT_QUEUES),
            format_func=_queue_title,
            help=help_text,
            key="simulate-queues",
        )
        help_text = "How the threshold of a bulk accept is set. Every rule is simulated with every queue."
        rules = right.multiselect(
            "accept rules",
            list(constants.ACCEPT_RULES),
            ["conformal"],
            format_func=_ACCEPT_RULES.__getitem__,
            help=help_text,
            key="simulate-accept-rules",
        )
        columns = st.columns(3, vertical_alignment="bottom")
        help_text = "For conformal, high probability and plug-in: the share of wrong labels among the accepted ones."
        target = columns[0].number_input(
            "target error (%)", 0.1, 50.0, 5.0, step=0.5, format="%g", help=help_text, key="simulate-target-error"
        )
        help_text = "For the fixed threshold: the lowest confidence that is accepted."
        threshold = columns[1].number_input(
            "threshold", 0.0, 1.0, 0.95, step=0.01, format="%g", help=help_text, key="simulate-threshold"
        )
        controls_help = SimulateConfig.model_fields["controls"].description
        controls = columns[2].toggle("control runs", value=True, help=controls_help, key="simulate-controls")
        values = config_inputs(SimulateConfig, _REVIEW, "simulate", columns=4)
        training = config_inputs(TrainConfig, _TRAIN, "simulate-train", columns=4, initial=_DEFAULTS)
        is_sent = st.form_submit_button("Start", type="primary")
    if is_sent:
        numbers = {"fixed_threshold": threshold, "none": None}
        rules = [name if (n := numbers.get(name, target / 100)) is None else f"{name}={n:g}" for name in rules]
        with show_errors():
            settings = SimulateConfig.checked({**values, "controls": controls})
            config = TrainConfig.checked({**training, **_evaluation_interval(training)})
            simulation = simulations.start(queues, rules, settings, config)
            url.write("simulation", simulation.id)
            st.session_state["simulation-choice"] = simulation.id
            st.rerun()


def _evaluation_interval(training: dict[str, Any]) -> dict[str, Any]:
    """Return an interval that gives about ten evaluations, so that a short training stays short."""
    return {"log_epochs": max(1, int(training["epochs"]) // 10)}


def _queue_title(name: str) -> str:
    return _QUEUES.get(name, name.replace("_", "-"))


def _simulation(simulations: Simulations, known: list[Simulation]) -> None:
    ids = [one.id for one in known]
    if st.session_state.get("simulation-choice") not in ids:
        requested = url.read("simulation")
        st.session_state["simulation-choice"] = requested if requested in ids else ids[0]
    chosen = st.selectbox("Simulation", ids, key="simulation-choice", format_func=lambda i: _title(simulations.find(i)))
    url.write("simulation", chosen)
    simulation = simulations.find(chosen)
    points, is_live = simulation.points(), simulation.status.state in constants.LIVE_STATES
    st.fragment(_progress, run_every=2.0 if is_live else None)(simulations, simulation, is_live, len(points))
    if not any(point.round for point in points):
        st.caption("Curves appear after the first round.")
        return
    _curves(simulation)
    _table(simulation)
    _files(simulation)


def _title(simulation: Simulation) -> str:
    queues = ", ".join(_queue_title(name) for name in simulation.folder.settings()["queues"])
    rules = ", ".join(dict.fromkeys(one.accept_rule.label for one in simulation.strategies))
    return f"{simulation.id} · {queues} · {rules}"


@show_errors()
def _progress(simulations: Simulations, simulation: Simulation, was_live: bool, num_drawn: int) -> None:
    """Draw the progress, every two seconds while live; rerun the page at a new point."""
    status, settings = simulation.status, simulation.settings
    is_live = status.state in constants.LIVE_STATES
    share = 1.0 if status.state == "done" else min(1.0, status.done / max(1, status.total))
    st.progress(share, text=f"**{status.state.capitalize()}.** {status.message}")
    seconds = _seconds_left(status) if is_live else status.seconds
    metric_row(
        {
            "Trainings": f"{status.done:,} of {status.total:,}",
            "Time left" if is_live else "Time taken": (formatting.time_left if is_live else formatting.duration)(
                seconds
            ),
            "Rounds × clicks": f"{settings.rounds:,} × {settings.clicks:,}",
            "Error rate": formatting.percent(settings.error_rate),
            "Seeds": f"{settings.seeds:,}",
        }
    )
    if is_live and st.button("Cancel", key="cancel-simulation", help="Results so far are kept."):
        simulations.cancel(simulation.id)
        st.toast(f"Cancelling simulation {simulation.id}.")
    if is_live != was_live or len(simulation.folder.points()) != num_drawn:
        st.rerun()


def _seconds_left(status: JobStatus) -> float | None:
    return status.seconds / status.done * (status.total - status.done) if status.done else None


def _curves(simulation: Simulation) -> None:
    curves = {quantity: simulation.curves(quantity) for quantity in constants.QUANTITIES}
    labels = [curve.label for curve in curves["test_accuracy"]]
    colors = [charts.COLOR_CYCLE[number % len(charts.COLOR_CYCLE)] for number in range(len(labels))]
    legend = "".join(
        f'<span style="white-space:nowrap"><span style="color:{color}" aria-hidden="true">●</span> {label}</span>'
        for color, label in zip(colors, labels, strict=True)
    )
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:0.3rem 1.2rem;font-size:0.9rem">{legend}</div>')
    columns = st.columns(2, gap="large") + st.columns(2, gap="large")
    for column, (quantity, title) in zip(columns, constants.QUANTITIES.items(), strict=True):
        with column:
            st.header(title.capitalize())
            chart = charts.simulation_curves(
                curves[quantity], is_share=quantity in _SHARES, from_zero=quantity != "test_accuracy"
            )
            downloads.chart(chart, f"simulated-{quantity}", f"{title} over the rounds")


def _table(simulation: Simulation) -> None:
    st.header("After the last round")
    rows = [
        {
            "review strategy": row["contestant"],
            "test before": formatting.percent(row["baseline_accuracy"]),
            "test after": formatting.percent(row["test_accuracy"]),
            "lowest to highest": _accuracy_range(row),
            "clicks": f"{row['clicks']:,.0f}",
            "accepted": f"{row['accepted']:,.0f}",
            "wrong among accepted": formatting.percent(row["accepted_error"]),
            "wrong in a bulk accept": formatting.percent(row["selected_error"]),
        }
        for row in simulation.summary()
    ]
    downloads.table(rows, "simulation-after-the-last-round")
    st.caption(
        "Means over the seeds, measured on the true labels. A target error limits “wrong in a bulk accept”: the mean "
        "share of wrong labels among the images that one round bulk-accepted. It leaves out hidden calibration items, "
        "and a round that accepted nothing counts as 0 %."
    )


def _accuracy_range(row: dict[str, Any]) -> str:
    if row["seeds"] == 1:
        return "one seed"
    return f"{formatting.percent(row['test_accuracy_low'])} to {formatting.percent(row['test_accuracy_high'])}"


def _files(simulation: Simulation) -> None:
    with st.container(horizontal=True):
        for name, kind in constants.SIMULATION_FILES.items():
            file = simulation.path / name
            if file.exists():
                st.download_button(
                    f"Download {name}", file.read_bytes, file_name=f"simulation-{simulation.id}-{name}", mime=kind,
                    on_click="ignore", key=f"get-{name}",
                )  # fmt: skip
    st.caption(f"Folder of these files: {simulation.path}")
