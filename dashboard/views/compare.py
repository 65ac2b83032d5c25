"""Compare: did it help?"""

from collections.abc import Sequence

import streamlit as st

from core import CONTROL_KINDS, CONTROL_NAMES, LAST_EVALUATIONS, InputError, Project, Run, RunComparison
from dashboard import changed_predictions, charts, formatting, image_grid
from dashboard.messages import empty_page, page_link, show_errors
from dashboard.sections import round_card
from dashboard.state import url
from dashboard.state.current import current_project
from dashboard.state.runs import finished_runs, latest_run, live_runs

_CURVES = {"val_accuracy": "val accuracy", "calibration_accuracy": "pseudo-label accuracy", "labeled_loss": "loss"}
_MOST = 48
_MOST_OF_CELL = 24


def show() -> None:
    """Two runs on the same test images."""
    st.title("Compare")
    key, project = current_project()
    runs = finished_runs(project)
    finished = [run.id for run in runs]
    if len(finished) < 2:
        empty_page("Comparing takes two finished runs.", "Train another run", "train")
    titles = {run.id: run.title for run in runs}
    left, right = st.columns(2)
    run_a = left.selectbox("Run A (before)", finished, 0, format_func=titles.__getitem__, key="compare-a")
    latest = finished.index(latest_run(runs).id)
    run_b = right.selectbox("Run B (after)", finished, latest, format_func=titles.__getitem__, key="compare-b")
    if run_a == run_b:
        st.info("Choose two different runs.")
        return
    found = project.compare(run_a, run_b)
    _verdict(found)
    st.caption(f"On val: A {_val(project.run(run_a))}; B {_val(project.run(run_b))}.")
    _value(project, run_a, run_b)
    round_card.show(project, run_a, run_b)
    _per_class(key, project, found)
    _curves(project, found)
    _flips(key, project, found)


def _verdict(found: RunComparison) -> None:
    result = found.comparison
    facts = {
        "Accuracy of A": formatting.percent(result.accuracy_a.value),
        "Accuracy of B": formatting.percent(result.accuracy_b.value),
        "Difference in points": formatting.points(result.difference),
        "McNemar p": f"{result.p_value:.2g}",
        "Gained / lost": f"{result.gained:,} / {result.lost:,}",
    }
    for place, (label, value) in zip(st.columns(len(facts)), facts.items(), strict=True):
        place.metric(label, value, border=True)
    chart = charts.difference(found)
    st.plotly_chart(chart, config=charts.CONFIG, key="difference", alt="Difference of accuracy with interval")
    st.caption(
        f"On the test images: A {formatting.estimate(result.accuracy_a)}; B {formatting.estimate(result.accuracy_b)}. "
        f"Paired difference B − A: {formatting.points(result.difference)} points "
        f"[{formatting.points(result.low)}, {formatting.points(result.high)}] (95 %); p is the exact two-sided "
        "McNemar test."
    )


def _val(run: Run) -> str:
    """Val accuracy of the best evaluation, which was kept, beside where the run came to rest."""
    best, last = formatting.percent(run.status.best_val_accuracy), formatting.percent(run.last_val_accuracy)
    return f"best {best}, median of last {LAST_EVALUATIONS} {last}"


def _value(project: Project, before: str, curated: str) -> None:
    st.subheader("What did the clicking buy?")
    controls = project.control_runs(curated)
    try:
        values = {name: project.review_value(name, curated) for name in controls or [before]}
    except InputError as error:
        st.caption(str(error))
        return
    for name, found in values.items():
        over = f"the control {name} ({CONTROL_NAMES[controls[name]]})" if name in controls else f"A, {name}"
        st.markdown(f"Review value of {curated} over {over}: **{found.sentence}**.")
    kind = (
        "" if controls else " Only a control arm, trained on the same seed and budget, tells the value of the clicks."
    )
    st.caption(
        f"{found.num_decisions:,} single decisions went into {curated}; {found.n:,} test images, 95 % interval of the "
        f"paired difference (it does not contain the spread between training seeds).{kind}"
    )
    live = [run for run in live_runs(project) if run.control is not None and run.control.of == curated]
    for run in live:
        st.caption(f"{run.title} is {run.status.state}.")
    known = {*controls.values(), *(run.control.kind for run in live if run.control is not None)}
    with st.container(horizontal=True):
        for arm in [arm for arm in CONTROL_KINDS if arm not in known]:
            st.button(f"Train the {CONTROL_NAMES[arm]} control", key=arm, on_click=_train, args=(project, curated, arm))


@show_errors()
def _train(project: Project, curated: str, arm: str) -> None:
    st.toast(f"{project.start_control_run(curated, arm).id} is on its way.")


def _per_class(key: str, project: Project, found: RunComparison) -> None:
    st.subheader("Per class")
    chart = charts.per_class(found, project.class_names)
    st.plotly_chart(chart, config=charts.CONFIG, key="per-class", alt="Accuracy per class of both runs")
    st.subheader("Confusion")
    result = found.comparison
    for place, run, counts in zip(
        st.columns(2, gap="large"),
        (found.run_a, found.run_b),
        (result.confusion_a, result.confusion_b),
        strict=True,
    ):
        with place:
            st.caption(run)
            chart = charts.confusion(counts, project.class_names)
            chosen = st.plotly_chart(
                chart, config=charts.CONFIG, key=f"confusion-{run}", alt=f"Confusion matrix of {run}",
                on_select="rerun", selection_mode="points",
            )  # fmt: skip
            _cell(key, project, found, run, [point["customdata"] for point in chosen["selection"]["points"]])


def _cell(key: str, project: Project, found: RunComparison, run: str, cells: Sequence[Sequence[float]]) -> None:
    """What a clicked cell holds: its test images, and the queue of pool images that are like them."""
    if not cells:
        st.caption("Click a cell to see its images and to review the pool images that are like them.")
        return
    label, predicted = int(cells[0][0]), int(cells[0][1])
    names, shown = project.class_names, changed_predictions.cell(found, project, run, label, predicted)
    queue = {"predicted": str(predicted)} | ({} if label == predicted else {"runner_up": str(label)})
    doubt = "" if label == predicted else f" with {names[label]} as runner-up"
    st.caption(f"{len(shown):,} test images of {names[label]} that {run} calls {names[predicted]}.")
    page_link("review", f"Review the pool images called {names[predicted]}{doubt}", **url.query(run=run), **queue)
    st.html(image_grid.sheet(key, project, shown[:_MOST_OF_CELL], columns=8))


def _curves(project: Project, found: RunComparison) -> None:
    st.subheader("Curves")
    name = st.segmented_control(
        "Curve", list(_CURVES), format_func=_CURVES.__getitem__, default="val_accuracy", required=True, key="curve"
    )
    first, second = project.run(found.run_a).metrics(), project.run(found.run_b).metrics()
    chart = charts.two_curves(first, second, found.run_a, found.run_b, name, _CURVES[name])
    st.plotly_chart(chart, config=charts.CONFIG, key="curves", alt=f"{_CURVES[name]} of both runs")


def _flips(key: str, project: Project, found: RunComparison) -> None:
    st.subheader("What changed its mind")
    kinds = changed_predictions.of(found, project)
    kind = st.segmented_control(
        "Show",
        list(kinds),
        format_func=lambda k: f"{k} ({len(kinds[k]):,})",
        default="gained",
        required=True,
        key="flip",
    )
    shown = kinds[kind][:_MOST]
    if not shown:
        st.caption("No image here.")
        return
    st.html(image_grid.cards(key, project, [(flip.image_id, flip.lines(project.class_names)) for flip in shown]))
    if len(kinds[kind]) > len(shown):
        st.caption(f"The first {len(shown)} of {len(kinds[kind]):,}.")
