"""Compare page: two runs on the same test images, and the review value between them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import InputError, Project, Run, RunComparison, constants
from dashboard import charts, downloads, formatting, image_grid
from dashboard.changed_predictions import changed_predictions, confusion_cell
from dashboard.messages import empty_page, page_head, page_link, show_errors
from dashboard.sections import round_card
from dashboard.sections.widgets import metric_row
from dashboard.state import url
from dashboard.state.current import current_project
from dashboard.state.runs import finished_runs, latest_run, live_runs

_CURVES = {"val_accuracy": "val accuracy", "calibration_accuracy": "pseudo-label accuracy", "labeled_loss": "loss"}
_MAX_CHANGED = 48
_MAX_CELL_IMAGES = 24


def show() -> None:
    """Show accuracy, review value, confusion and changed predictions of two runs."""
    page_head("Compare", "Did the last round help?")
    key, project = current_project()
    runs = finished_runs(project)
    ids = [run.id for run in runs]
    if len(ids) < 2:
        empty_page("A comparison needs two finished runs.", "Train another run", "train")
    titles = {run.id: run.title for run in runs}
    left, right = st.columns(2)
    run_a = left.selectbox("Run A (before)", ids, 0, format_func=titles.__getitem__, key="compare-a")
    latest = ids.index(latest_run(runs).id)
    run_b = right.selectbox("Run B (after)", ids, latest, format_func=titles.__getitem__, key="compare-b")
    if run_a == run_b:
        st.info("Choose two different runs.")
        return
    compared = project.compare(run_a, run_b)
    _accuracies(compared)
    if note := project.labels.corrected_note:
        st.caption(note)
    _average(compared)
    st.caption(f"On val: A {_val_accuracy(project.run(run_a))}; B {_val_accuracy(project.run(run_b))}.")
    for note in filter(None, (project.run(one).val_note(len(project.splits.val)) for one in (run_a, run_b))):
        st.caption(note)
    _head_comparison(project, run_a, run_b)
    _review_value(project, run_a, run_b)
    round_card.show(project, run_a, run_b)
    _per_class(key, project, compared)
    _by_metadata(project, compared)
    _curves(project, compared)
    _changed_predictions(key, project, compared)


def _accuracies(compared: RunComparison) -> None:
    result = compared.comparison
    metric_row(
        {
            "Accuracy of A": formatting.percent(result.accuracy_a.value),
            "Accuracy of B": formatting.percent(result.accuracy_b.value),
            "Difference (points)": formatting.points(result.difference),
            "p over groups" if result.num_groups else "McNemar p": f"{result.p_value:.2g}",
            "Gained / lost": f"{result.gained:,} / {result.lost:,}",
        }
    )
    chart = charts.difference(compared)
    downloads.chart(chart, "difference", "Difference of accuracy with interval")
    st.caption(
        f"On the test images: A {formatting.estimate(result.accuracy_a)}; B {formatting.estimate(result.accuracy_b)}. "
        f"Paired difference B − A: {formatting.points(result.difference)} points "
        f"[{formatting.points(result.low)}, {formatting.points(result.high)}] (95 % interval). "
        + _test_text(result.num_groups)
    )
    if not result.paired.is_clear:
        st.caption(result.paired.sentence())


def _test_text(num_groups: int) -> str:
    if not num_groups:
        return "p is from the exact two-sided McNemar test."
    return (
        f"The images are of {num_groups:,} groups: intervals and p are computed over groups (cluster-robust "
        "variance, Liang and Zeger 1986), as images of one group are alike."
    )


def _average(compared: RunComparison) -> None:
    """Show the average of both runs, and its gain over each, on the same test images."""
    found = compared.average
    if found is None:
        return
    st.header("Average of A and B")
    share = f"{formatting.percent(1 - found.weight, 0)} A and {formatting.percent(found.weight, 0)} B"
    st.markdown(
        f"Accuracy of the average: **{formatting.estimate(found.accuracy)}**.\n"
        f"- Over A: {found.over_a.sentence()}\n- Over B: {found.over_b.sentence()}"
    )
    st.caption(f"The geometric mean of the calibrated probabilities, {share}, chosen on val.")


def _head_comparison(project: Project, run_a: str, run_b: str) -> None:
    """Say whether the network is more accurate on val than the head: the one compared, or else the latest one.

    Of a fine-tuned network also whether it beat the head that it began from.
    """
    for run in (run_a, run_b):
        if note := project.run(run).status.head_note:
            st.info(f"{run}: {note[0].lower()}{note[1:]}")
    is_head = {run: project.run(run).record.config.is_head for run in (run_a, run_b)}
    if all(is_head.values()):
        return
    network, other = (run_a, run_b) if is_head[run_b] else (run_b, run_a)
    compared = project.compare_with_head(network, other if is_head[other] else None)
    if compared is not None:
        st.info(compared.sentence)


def _val_accuracy(run: Run) -> str:
    """Format the best val accuracy, whose weights are kept, and the median of the last ones; others have one alone."""
    config = run.record.config
    if config.is_imported:
        return f"{formatting.percent(run.status.best_val_accuracy)} (imported from {config.model_name})"
    if config.is_head:
        text = f"{formatting.percent(run.status.best_val_accuracy)} (head on {config.model_name}"
        if (crossed := run.cross_validated) is not None:
            text += f"; cross-validated {formatting.estimate(crossed)} labels"
        return f"{text})"
    best, last = formatting.percent(run.status.best_val_accuracy), formatting.percent(run.last_val_accuracy)
    return f"best {best}, median of last {constants.LAST_EVALUATIONS} {last}"


def _review_value(project: Project, before: str, curated: str) -> None:
    st.header("Review value")
    controls = project.control_runs(curated)
    try:
        values = {name: project.review_value(name, curated) for name in controls or [before]}
    except InputError as error:
        st.caption(str(error))
        return
    for name, value in values.items():
        over = (
            f"the control run {name} ({constants.CONTROL_NAMES[controls[name]]})" if name in controls else f"A, {name}"
        )
        st.markdown(f"Review value of {curated} over {over}: **{value.sentence}**.")
    hint = "" if controls else " Only a control run, with the same seed and budget, shows the value of the decisions."
    st.caption(
        f"{curated} trained on {value.num_decisions:,} single decisions. The 95 % interval is that of the paired "
        f"difference on {value.n:,} test images; it leaves out the spread between training seeds.{hint}"
    )
    live = [run for run in live_runs(project) if run.control is not None and run.control.of == curated]
    for run in live:
        st.caption(f"{run.title}: {run.status.state}.")
    started = {*controls.values(), *(run.control.kind for run in live if run.control is not None)}
    with st.container(horizontal=True):
        for kind in [kind for kind in constants.CONTROL_KINDS if kind not in started]:
            label = f"Train the {constants.CONTROL_NAMES[kind]} control run"
            st.button(label, key=kind, on_click=_train_control, args=(project, curated, kind))


@show_errors()
def _train_control(project: Project, curated: str, kind: str) -> None:
    project.start_control_run(curated, kind)  # the page then says its state


def _per_class(key: str, project: Project, compared: RunComparison) -> None:
    st.header("Per class")
    chart = charts.per_class(compared, project.class_names)
    downloads.chart(chart, "per-class", "Accuracy per class of both runs")
    _class_groups(project, compared)
    st.header("Confusion")
    result = compared.comparison
    for column, run, counts in zip(
        st.columns(2, gap="large"),
        (compared.run_a, compared.run_b),
        (result.confusion_a, result.confusion_b),
        strict=True,
    ):
        with column:
            st.caption(run)
            chart = charts.confusion(counts, project.class_names)
            chosen = downloads.chart(
                chart, f"confusion-{run}", f"Confusion matrix of {run}", _confusion_rows(counts, project.class_names),
                on_select="rerun", selection_mode="points",
            )  # fmt: skip
            _cell(key, project, compared, run, [point["customdata"] for point in chosen["selection"]["points"]])


def _class_groups(project: Project, compared: RunComparison) -> None:
    """Show the errors of both runs in each class group; nothing where no class has one."""
    rows = [
        {
            "class group": row.name or "(no group)",
            "test images": row.errors_a.error.n,
            "error of A": formatting.estimate(row.errors_a.error),
            "error of B": formatting.estimate(row.errors_b.error),
            "A within the group": formatting.estimate(row.errors_a.within) if row.name else "",
            "B within the group": formatting.estimate(row.errors_b.within) if row.name else "",
        }
        for row in project.compare_class_groups(compared)
    ]
    if not rows:
        return
    st.header("Per class group")
    downloads.table(rows, "class-groups")
    st.caption(
        "By true class. An error is another class than the true one; within the group: another one of the same group. "
        "The intervals of a run hold for all groups at once (Bonferroni)."
    )


def _confusion_rows(counts: NDArray[np.int64], names: Sequence[str]) -> list[dict[str, Any]]:
    """A row for each true class, with the number of images of each predicted class."""
    columns = [f"predicted {name}" for name in names]
    rows = zip(names, counts.tolist(), strict=True)
    return [{"true": name, **dict(zip(columns, line, strict=True))} for name, line in rows]


def _cell(key: str, project: Project, compared: RunComparison, run: str, cells: Sequence[Sequence[float]]) -> None:
    """Show the test images of a clicked cell, and a link to a queue of similar pool images."""
    if not cells:
        st.caption("Click a cell to see its test images and to review similar pool images.")
        return
    label, predicted = int(cells[0][0]), int(cells[0][1])
    names, ids = project.class_names, confusion_cell(compared, project, run, label, predicted)
    queue = {"predicted": str(predicted)} | ({} if label == predicted else {"runner_up": str(label)})
    runner_up = "" if label == predicted else f" with {names[label]} as runner-up"
    st.caption(f"{len(ids):,} test images of {names[label]} that {run} predicts as {names[predicted]}.")
    text = f"Review the pool images predicted as {names[predicted]}{runner_up}"
    page_link("review", text, **url.query(run=run), **queue)
    st.html(image_grid.sprite_html(key, project, ids[:_MAX_CELL_IMAGES], columns=8))


def _by_metadata(project: Project, compared: RunComparison) -> None:
    """Compare both runs on the test images with each value of a metadata column."""
    if not project.metadata.names:
        return
    st.header("Per value of the metadata")
    column = st.selectbox("Metadata column", project.metadata.names, key="compare-by", width=320)
    rows = [
        {
            str(column): one.name,
            "test images": one.paired.n,
            "accuracy of A": formatting.estimate(one.accuracy_a),
            "accuracy of B": formatting.estimate(one.accuracy_b),
            "difference (points)": "{:+.1f} [{:+.1f}, {:+.1f}]".format(
                *(100 * value for value in (one.paired.difference, *one.paired.interval))
            ),
        }
        for one in project.compare_by(compared, str(column))
    ]
    downloads.table(rows, "accuracy-by-metadata")
    st.caption("95 % intervals, each for its value alone: of many values some differ by chance.")


def _curves(project: Project, compared: RunComparison) -> None:
    st.header("Training curves")
    flat = [run for run in (compared.run_a, compared.run_b) if not project.run(run).record.config.is_network]
    if flat:
        st.caption(f"Heads and imported predictions are there at once and have no curves: {', '.join(flat)}.")
    if len(flat) == 2:
        return
    name = st.segmented_control(
        "Curve", list(_CURVES), format_func=_CURVES.__getitem__, default="val_accuracy", required=True, key="curve"
    )
    first, second = project.run(compared.run_a).metrics(), project.run(compared.run_b).metrics()
    chart = charts.two_curves(first, second, compared.run_a, compared.run_b, name, _CURVES[name])
    downloads.chart(chart, "curves", f"{_CURVES[name]} of both runs")


def _changed_predictions(key: str, project: Project, compared: RunComparison) -> None:
    st.header("Changed predictions")
    groups = changed_predictions(compared, project)
    group = st.segmented_control(
        "Show",
        list(groups),
        format_func=lambda name: f"{name} ({len(groups[name]):,})",
        default="gained",
        required=True,
        key="changed-predictions",
    )
    shown = groups[group][:_MAX_CHANGED]
    if not shown:
        st.caption("No image is in this group.")
        return
    st.html(image_grid.cards_html(key, project, [(item.image_id, item.lines(project.class_names)) for item in shown]))
    if len(groups[group]) > len(shown):
        st.caption(f"These are the first {len(shown)} of {len(groups[group]):,}.")
