"""Widgets that set a cut: any rule with its numbers kept in the URL, one threshold a class, and a target error each."""

from typing import Any

import numpy as np
import streamlit as st

from core import RULES, Project, class_thresholds, parameters
from dashboard import charts, formatting
from dashboard.state import url

_RULE, _CUT = "rule", "cut"


def choose(project: Project, run: str) -> tuple[str, dict[str, Any]]:
    """A rule and its numbers, as the URL says them and as the person changes them; a refresh keeps them."""
    _recall(run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rule = st.selectbox("Rule", list(RULES), format_func=lambda name: name.replace("_", " "), key="audit-rule")
        params: dict[str, Any] = {}
        for item in parameters(rule):
            key = f"audit-{rule}-{item.name}"
            high = (
                charts.limits("entropy", len(project.class_names))[1]
                if rule.startswith("entropy")
                else float(item.high)
            )
            st.session_state.setdefault(key, _first(rule, item.name, item.default, high))
            if item.is_integer:
                params[item.name] = st.number_input(item.name, int(item.low), int(item.high), key=key)
            else:
                params[item.name] = st.number_input(
                    item.name, item.low, high, step=_step(high), format=_format(high), key=key
                )
    if rule == "fixed_threshold":
        url.write("threshold", f"{params['threshold']:.9g}")
        _whole_target(project, run)
    if rule == "per_class_threshold":
        left, right = st.columns(2, gap="large")
        with right:
            class_target(project, run)
        with left:
            params["thresholds"] = class_table(project, run, params["threshold"])
    _remember(run, rule, params)
    return rule, params


def class_table(project: Project, run: str, threshold: float) -> dict[str, float | None]:
    """One threshold for each class, to be edited; an empty one keeps nothing of that class."""
    known: dict[str, float | None] = st.session_state.get(_place(run), {})
    rows: list[dict[str, Any]] = [
        {"class": name, "threshold": known.get(str(label), threshold)} for label, name in enumerate(project.class_names)
    ]
    column = {"threshold": st.column_config.NumberColumn(min_value=0.0, max_value=1.0, step=0.001)}
    key = f"per-class-{run}-{threshold}-{hash(tuple(known.items()))}"
    edited = st.data_editor(rows, column_config=column, disabled=["class"], hide_index=True, height=240, key=key)
    return {str(number): row["threshold"] for number, row in enumerate(edited)}


def class_target(project: Project, run: str) -> None:
    """The error one can live with in each class, and the thresholds that keep it, each from its own items."""
    target = st.slider("At most this much wrong in each class (%)", 0.5, 30.0, 10.0, step=0.5, key="class-target") / 100
    cuts = project.quality.conformal_thresholds_per_class(run, target)
    none = [name for name, cut in zip(project.class_names, cuts, strict=True) if cut.threshold is None]
    st.button("Set each class's threshold", on_click=_set_classes, args=(run, class_thresholds(cuts)))
    kept = sum(cut.num_kept for cut in cuts)
    st.markdown(
        f"Of the {kept:,} open images it accepts, at most **{formatting.percent(target)}** of each class are wrong, on "
        "average over draws of that class's calibration items."
    )
    if none:
        st.caption(
            f"Nothing is kept of {', '.join(none)}: too few calibration items are called so, or too many of them wrong."
        )


def _whole_target(project: Project, run: str) -> None:
    with st.popover("From a target error"):
        target = st.slider("At most this much wrong (%)", 0.5, 20.0, 5.0, step=0.5, key="audit-target-error") / 100
        cut = project.quality.conformal_threshold(run, target)
        if cut.threshold is None:
            st.caption("No threshold can promise this with the calibration items there are: audit a cut instead.")
            return
        st.markdown(f"At {cut.threshold:.3f}, {cut.num_kept:,} open images are kept; it holds on average.")
        st.button("Take this threshold", on_click=_set_whole, args=(cut.threshold,))


def _set_whole(threshold: float) -> None:
    st.session_state["audit-fixed_threshold-threshold"] = float(np.float32(threshold))


def _set_classes(run: str, thresholds: dict[str, float | None]) -> None:
    found = {label: None if value is None else float(np.float32(value)) for label, value in thresholds.items()}
    st.session_state[_place(run)] = found


def _place(run: str) -> str:
    return f"class-thresholds-{run}"


def _format(high: float) -> str:
    return "%.1f" if high >= 100 else "%.3f"


def _step(high: float) -> float:
    return 1.0 if high >= 100 else 0.001


def _first(rule: str, name: str, default: float, high: float) -> float | int:
    known: dict[str, Any] = st.session_state.get("cut-recalled", {})
    if known.get("rule") == rule and name in known:
        return type(default)(min(high, max(0.0, known[name])))
    return url.threshold() if rule == "fixed_threshold" else min(default, high)


def _recall(run: str) -> None:
    """The cut that the URL names, else the one this tab remembers, when the page is opened."""
    if "audit-rule" in st.session_state:
        return
    rule, cut = st.query_params.get(_RULE), st.query_params.get(_CUT)
    if rule is None:
        rule, cut = st.session_state.get("cut-kept", (None, None))
    if rule not in RULES:
        return
    st.session_state["audit-rule"] = rule
    numbers, classes = _read(cut or "")
    names = [item.name for item in parameters(rule)]
    st.session_state["cut-recalled"] = {"rule": rule, **dict(zip(names, numbers, strict=False))}
    if classes:
        st.session_state[_place(run)] = classes


def _read(cut: str) -> tuple[list[float], dict[str, float | None]]:
    """Numbers and class thresholds from a text such as 0.95,0:0.9,3:none; what cannot be read is left out."""
    numbers: list[float] = []
    classes: dict[str, float | None] = {}
    for word in cut.split(","):
        label, colon, text = word.rpartition(":")
        try:
            value = None if colon and text == "none" else float(text)
        except ValueError:
            continue
        if colon and label.isdecimal() and (value is None or 0 <= value <= 1):
            classes[label] = value
        elif not colon and value is not None and np.isfinite(value):
            numbers.append(value)
    return numbers, classes


def _remember(run: str, rule: str, params: dict[str, Any]) -> None:
    classes: dict[str, float | None] = params.get("thresholds", {})
    own = {label: value for label, value in classes.items() if value != params["threshold"]}
    st.session_state[_place(run)] = own if rule == "per_class_threshold" else st.session_state.get(_place(run), {})
    numbers = [f"{value:.9g}" for name, value in params.items() if name != "thresholds"]
    each = [f"{label}:{'none' if value is None else f'{value:.9g}'}" for label, value in own.items()]
    st.session_state["cut-kept"] = (rule, ",".join(numbers + each))
    st.query_params[_RULE], st.query_params[_CUT] = st.session_state["cut-kept"]
