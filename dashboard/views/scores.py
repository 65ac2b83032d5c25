"""Scores page: histograms, calibration, coverage against error, rules, OOD and label issues."""

from typing import Any

import numpy as np
import streamlit as st

from core import Project, RuleParameter, Selection, constants, rule_parameters
from dashboard import charts, downloads, formatting, image_grid
from dashboard.messages import page_head, page_link, show_errors
from dashboard.sections.errors import part_errors, pool_state, target_error
from dashboard.sections.rule_inputs import class_target_input, class_threshold_table
from dashboard.sections.widgets import class_input, metric_row
from dashboard.state import url
from dashboard.state.current import current_project, scored_run


def show() -> None:
    """Show the scores of the current run, and the selection of a rule."""
    page_head("Scores", "Can I trust its confidence?")
    key, project = current_project()
    run = scored_run(project).id
    _histograms(project, run)
    selection = _rule(project, run)
    left, right = st.columns(2, gap="large")
    with left:
        _coverage(project, run, selection)
    with right:
        _reliability(project, run)
    part_errors.show(project, run)
    _ood_check(project, run)
    _ood_images(key, project, run)
    _label_issues(key, project, run)


def _histograms(project: Project, run: str) -> None:
    with st.container(horizontal=True, vertical_alignment="top"):
        score = st.segmented_control(
            "Score", ["confidence", "entropy", "margin"], default="confidence", required=True, key="score"
        )
        predicted = class_input(project, "Predicted class", "predicted")
    left, right = st.columns(2, gap="large")
    with left:
        pool = project.scores(run)
        st.header("Pool")
        chart = charts.pool_histogram(pool, score, predicted)
        downloads.chart(chart, "pool-histogram", f"Histogram of {score} in the pool")
        st.caption(f"{len(pool.ids):,} images of the pool; temperature {pool.temperature:.2f}.")
    with right:
        known = project.quality.known_scores(run)
        st.header("Known labels")
        chart = charts.right_wrong_histogram(known, score, predicted)
        downloads.chart(chart, "known-histogram", f"Histogram of {score}, right and wrong")
        st.caption(f"{len(known.ids):,} images of the val split and the hidden calibration split.")


def _coverage(project: Project, run: str, selection: Selection) -> None:
    st.header("Coverage against error")
    curve = project.quality.coverage_error(run)
    chart = charts.coverage_error(curve, selection)
    downloads.chart(chart, "coverage", "Estimated error against coverage")
    st.caption(
        "Each point is a confidence threshold: the share of the pool that it keeps, and the error among the kept "
        "images, estimated on the hidden calibration items. The band is the exact (Clopper–Pearson) 95 % interval."
        + (" Not valid here: the calibration items are unlike the pool." if curve.state == pool_state.NOT_VALID else "")
    )


def _reliability(project: Project, run: str) -> None:
    st.header("Calibration")
    report = project.quality.calibration_report(run)
    if not report.n:
        st.caption("This project has no val images, so its calibration cannot be measured.")
        return
    chart = charts.reliability_diagram(report)
    downloads.chart(chart, "reliability", "Accuracy against confidence")
    st.caption(
        f"{report.n:,} val images in 15 bins. The temperature T = {report.temperature:.2f} divides the logits and is "
        "fitted on the same images. ECE (expected calibration error) is the mean gap to the diagonal."
    )


def _ood_check(project: Project, run: str) -> None:
    st.header("Out-of-distribution check")
    report = project.quality.ood_report(run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        help_text = "A built-in data set, an image folder or a project folder. Empty: only noise."
        source = st.text_input("Out-of-distribution data set", key="ood-source", help=help_text, width=420)
        is_pressed = st.button("Run the OOD check", type="primary" if report is None else "secondary")
    if is_pressed:
        with show_errors(), st.spinner("Predicting out-of-distribution images…"):
            report = project.quality.check_ood(run, source.strip() or None)
    if report is None:
        st.caption("A model can be sure of pure noise. The check measures its scores on noise and on another data set.")
        return
    for column, score in zip(st.columns(len(report.scores), gap="large"), report.scores, strict=True):
        with column:
            chart = charts.ood_histogram(report, score)
            downloads.chart(chart, f"ood-{score}", f"{score} of noise and images")
            auroc = [f"{value:.3f} for {name}" for name, value in report.auroc[score].items()]
            st.caption(f"AUROC {', '.join(auroc)}.")
    st.caption(
        "AUROC: how often an out-of-distribution image scores higher than a held-out one. 1 separates all of them, 0.5 "
        "is chance. Entropy alone can miss noise, so energy and the distance to the labeled images are shown too."
    )


def _ood_images(key: str, project: Project, run: str) -> None:
    st.header("Out-of-distribution images")
    with st.container(horizontal=True, vertical_alignment="top"):
        score = st.segmented_control(
            "OOD score", constants.OOD_SCORES, default="energy", required=True, key="ood-score"
        )
        rate = st.slider("False alarm rate (%)", 0.0, 10.0, 0.0, step=0.5, key="false-alarm-rate")
    if not rate:
        st.caption("Set a false alarm rate above 0 % to see the pool images least like the val images.")
        return
    ood = project.quality.out_of_distribution(run, score, rate / 100)
    st.caption(
        f"{len(ood.ids):,} of {ood.num_pool:,} pool images are out of distribution. At most {rate:g} % of images like "
        f"the {ood.num_val:,} val images are flagged by mistake."
    )
    items = [(i, [f"p = {p:.3f}"]) for i, p in zip(ood.ids[:24].tolist(), ood.p_values.tolist(), strict=False)]
    if items:
        st.html(image_grid.cards_html(key, project, items))


def _label_issues(key: str, project: Project, run: str) -> None:
    st.header("Label issues")
    if not st.toggle("Find label issues", key="label-issues"):
        return
    issues = project.quality.label_issues(run)
    st.caption(
        f"{len(issues.ids):,} of {issues.num_checked:,} given labels are probably wrong, by confident learning. It "
        "checks only labels that did not train this run: those of the val split and the hidden calibration split. The "
        "Data page checks the labels of all parts, and corrects them."
    )
    names = project.class_names
    shown = zip(issues.ids[:24].tolist(), issues.given.tolist(), issues.suggested.tolist(), strict=False)
    items = [(image, [f"given {names[a]}", f"suggested {names[b]}"]) for image, a, b in shown]
    if items:
        st.html(image_grid.cards_html(key, project, items))


def _rule(project: Project, run: str) -> Selection:
    st.header("Selection by a rule")
    left, right = st.columns([2, 3], gap="large")
    with left:
        rule = st.selectbox("Rule", list(constants.RULES), format_func=lambda name: name.replace("_", " "), key="rule")
        st.caption((constants.RULES[rule].__doc__ or "").partition("\n")[0])
        params: dict[str, Any] = {item.name: _slider(rule, item, project) for item in rule_parameters(rule)}
        if rule == "per_class_threshold":
            params["thresholds"] = class_threshold_table(project, run, params["threshold"])
            class_target_input(project, run)
        if rule == "fixed_threshold":
            _target_error(project, run)
    selection = project.select(run, rule, **params)
    with right:
        metric_row(
            {
                "Kept": f"{selection.count:,}",
                "Coverage": formatting.percent(selection.coverage),
                pool_state.label("Estimated error", selection.state): formatting.percent(selection.error.value),
            }
        )
        pool_state.show(project, run)
        st.caption(f"Error among the kept images: {formatting.estimate(selection.error)} hidden calibration items.")
        chart = charts.class_mix(selection, project.class_names)
        downloads.chart(chart, "class-mix", "Kept images per class")
        _class_shares(project, run, rule, params)
        page_link("review", "Review and accept")
    return selection


def _class_shares(project: Project, run: str, rule: str, params: dict[str, Any]) -> None:
    """Name the classes that have more than twice their share of the labeled images."""
    names = project.class_names
    over = [
        f"{names[item.label]} ({formatting.percent(item.share)} of the kept, "
        f"{formatting.percent(item.prior)} of the labeled)"
        for item in project.quality.class_shares(run, rule, **params)
        if item.is_over
    ]
    if over:
        st.caption(
            f"Classes with more than twice their share of the labeled images: {', '.join(over)}. “Accept all” on the "
            "Review page can cap a class at this; its least confident images then stay undecided."
        )


def _slider(rule: str, item: RuleParameter, project: Project) -> float | int:
    key, label = f"{rule}-{item.name}", item.name
    if item.is_integer:
        return st.number_input(label, int(item.low), int(item.high), int(item.default), key=key)
    if rule == "fixed_threshold":
        if key not in st.session_state:
            st.session_state[key] = url.threshold()
        return st.slider(
            label, item.low, item.high, step=0.001, format="%.3f", key=key, on_change=_store_threshold, args=(key,)
        )
    high = (
        min(item.high, charts.score_range("entropy", len(project.class_names))[1]) if label == "entropy" else item.high
    )
    return st.slider(label, item.low, high, min(item.default, high), key=key)


def _store_threshold(key: str) -> None:
    url.write("threshold", f"{st.session_state[key]:g}")


def _target_error(project: Project, run: str) -> None:
    threshold = target_error.threshold_input(project, run, "target-error")
    if threshold is not None:
        st.button(f"Set the threshold to {threshold:.3f}", on_click=_set_threshold, args=(threshold,))


def _set_threshold(threshold: float) -> None:
    st.session_state["fixed_threshold-threshold"] = float(np.float32(threshold))
    _store_threshold("fixed_threshold-threshold")
