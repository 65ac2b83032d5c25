"""Inputs of a rule and its parameters: thresholds, class thresholds, target errors."""

from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import Project, RuleParameter, constants, rule_parameters
from dashboard import charts, formatting
from dashboard.sections.errors import pool_state, target_error
from dashboard.state import url

_RULE, _PARAMS = "rule", "cut"
_MAX_DIGITS = 10  # of a class number
"""Query parameters of the Audit page: name of the rule, and its parameters as text (an old name: URLs stay valid)."""


def rule_inputs(project: Project, run: str, row: DeltaGenerator) -> tuple[str, dict[str, Any]]:
    """Draw the inputs of the Audit page for a rule, and store them in its URL.

    Args:
        project: The project.
        run: Id of the run that the rule selects from.
        row: Where the inputs stand side by side.

    Returns:
        Name of the rule, and its parameters by name.
    """
    _restore(run)
    with row:
        rule = st.selectbox(
            "Rule", list(constants.RULES), format_func=lambda name: name.replace("_", " "), key="audit-rule", width=220
        )
        params: dict[str, Any] = {item.name: _number_input(project, rule, item) for item in rule_parameters(rule)}
        if rule == "fixed_threshold":
            url.write("threshold", f"{params['threshold']:.9g}")
            _target_error_input(project, run)
    if rule == "per_class_threshold":
        with st.expander("Class thresholds"):
            left, right = st.columns(2, gap="large")
        with right:
            class_target_input(project, run)
        with left:
            params["thresholds"] = class_threshold_table(project, run, params["threshold"])
    _store(run, rule, params)
    return rule, params


def class_threshold_table(project: Project, run: str, threshold: float) -> dict[str, float | None]:
    """Draw an editable table of class thresholds.

    Args:
        project: The project.
        run: Id of the run; its own thresholds are stored in the session.
        threshold: Confidence threshold of classes without their own, in [0, 1].

    Returns:
        Threshold by class number; None keeps no image of that class.
    """
    stored: dict[str, float | None] = st.session_state.get(_classes_key(run), {})
    rows: list[dict[str, Any]] = [
        {"class": name, "threshold": stored.get(str(label), threshold)}
        for label, name in enumerate(project.class_names)
    ]
    column = {"threshold": st.column_config.NumberColumn(min_value=0.0, max_value=1.0, step=0.001)}
    key = f"per-class-{run}-{threshold}-{hash(tuple(stored.items()))}"
    edited = st.data_editor(rows, column_config=column, disabled=["class"], hide_index=True, height=240, key=key)
    return {str(number): row["threshold"] for number, row in enumerate(edited)}


def class_target_input(project: Project, run: str) -> None:
    """Draw a target error for each class, and a button that sets the conformal class thresholds.

    Classes with too few calibration images for themselves share one threshold, as in `Quality.class_guarantees`.
    """
    target = st.slider("Target error of each class (%)", 0.5, 30.0, 10.0, step=0.5, key="class-target") / 100
    rows = project.quality.class_guarantees(run, target)
    state = project.quality.pool_check(run).state
    thresholds = {str(label): row.threshold for label, row in enumerate(rows)}
    st.button("Set the class thresholds", on_click=_set_class_thresholds, args=(run, thresholds))
    kept = sum(row.num_kept for row in rows)
    small = [row.name for row in rows if row.pooled_with]
    what = (
        f"At most **{formatting.percent(target)}** of each class are wrong, on average over draws of the class's "
        f"calibration items ({state})"
    )
    if small:
        what += f"; of {', '.join(small)} together, not of each, as these have too few for themselves"
    is_unknown = state == pool_state.NOT_VALID
    st.markdown(
        f"They keep {kept:,} open images. "
        + ("**Not valid here:** how many of them are wrong is not known." if is_unknown else f"{what}.")
    )
    with st.expander("What it says of each class"):
        for row in rows:
            st.markdown(f"- {row.sentence}")


def _number_input(project: Project, rule: str, item: RuleParameter) -> float | int:
    key = f"audit-{rule}-{item.name}"
    high = (
        charts.score_range("entropy", len(project.class_names))[1] if rule.startswith("entropy") else float(item.high)
    )
    st.session_state.setdefault(key, _initial(rule, item.name, item.default, high))
    if item.is_integer:
        return st.number_input(item.name, int(item.low), int(item.high), key=key, width=160)
    step, number_format = (1.0, "%.1f") if high >= 100 else (0.001, "%.3f")
    return st.number_input(item.name, item.low, high, step=step, format=number_format, key=key, width=160)


def _target_error_input(project: Project, run: str) -> None:
    with st.popover("Set from a target error"):
        threshold = target_error.threshold_input(project, run, "audit-target-error")
        if threshold is not None:
            st.button("Set this threshold", on_click=_set_threshold, args=(threshold,))


def _set_threshold(threshold: float) -> None:
    st.session_state["audit-fixed_threshold-threshold"] = float(np.float32(threshold))


def _set_class_thresholds(run: str, thresholds: dict[str, float | None]) -> None:
    rounded = {label: None if value is None else float(np.float32(value)) for label, value in thresholds.items()}
    st.session_state[_classes_key(run)] = rounded


def _classes_key(run: str) -> str:
    return f"class-thresholds-{run}"


def _initial(rule: str, name: str, default: float, high: float) -> float | int:
    restored: dict[str, Any] = st.session_state.get("rule-restored", {})
    if restored.get("rule") == rule and name in restored:
        return type(default)(min(high, max(0.0, restored[name])))
    return url.threshold() if rule == "fixed_threshold" else min(default, high)


def _restore(run: str) -> None:
    """Set the inputs of a newly opened page from the URL, else from the tab's session."""
    if "audit-rule" in st.session_state:
        return
    rule, text = st.query_params.get(_RULE), st.query_params.get(_PARAMS)
    if rule is None:
        rule, text = st.session_state.get("rule-stored", (None, None))
    if rule not in constants.RULES:
        return
    st.session_state["audit-rule"] = rule
    numbers, classes = _parse(text or "")
    names = [item.name for item in rule_parameters(rule)]
    st.session_state["rule-restored"] = {"rule": rule, **dict(zip(names, numbers, strict=False))}
    if classes:
        st.session_state[_classes_key(run)] = classes


def _parse(text: str) -> tuple[list[float], dict[str, float | None]]:
    """Parse numbers and class thresholds such as 0.95,0:0.9,3:none; skip invalid parts."""
    numbers: list[float] = []
    classes: dict[str, float | None] = {}
    for part in text.split(","):
        label, colon, number = part.rpartition(":")
        try:
            value = None if colon and number == "none" else float(number)
        except ValueError:
            continue
        if colon and label.isdecimal() and len(label) < _MAX_DIGITS and (value is None or 0 <= value <= 1):
            classes[label] = value
        elif not colon and value is not None and np.isfinite(value):
            numbers.append(value)
    return numbers, classes


def _store(run: str, rule: str, params: dict[str, Any]) -> None:
    """Store the rule and its parameters in URL and session."""
    classes: dict[str, float | None] = params.get("thresholds", {})
    own = {label: value for label, value in classes.items() if value != params["threshold"]}
    key = _classes_key(run)
    st.session_state[key] = own if rule == "per_class_threshold" else st.session_state.get(key, {})
    numbers = [f"{value:.9g}" for name, value in params.items() if name != "thresholds"]
    each = [f"{label}:{'none' if value is None else f'{value:.9g}'}" for label, value in own.items()]
    st.session_state["rule-stored"] = (rule, ",".join(numbers + each))
    st.query_params[_RULE], st.query_params[_PARAMS] = st.session_state["rule-stored"]
