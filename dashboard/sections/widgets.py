"""Widgets: inputs of config fields, class selection, rows of metrics."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from annotated_types import Interval
from pydantic.fields import FieldInfo

from core import Config, Project


def config_inputs(
    config: type[Config],
    names: Sequence[str],
    prefix: str,
    *,
    columns: int = 3,
    initial: Mapping[str, Any] | None = None,
    label: Callable[[str], str] = lambda name: name.replace("_", " "),
) -> dict[str, Any]:
    """Draw one input for each named field, with the field's own range, help text and default.

    Args:
        config: The class with the fields.
        names: Names of the fields, in order.
        prefix: First part of the session keys of the inputs.
        columns: Inputs in a row.
        initial: Values by field name that replace the defaults.
        label: Makes the label of an input from its field name.

    Returns:
        The values by field name.
    """
    values: dict[str, Any] = {}
    for start in range(0, len(names), columns):
        for column, name in zip(
            st.columns(columns, vertical_alignment="bottom"), names[start : start + columns], strict=False
        ):
            with column:
                field = config.model_fields[name]
                values[name] = _input(label(name), field, f"{prefix}-{name}", (initial or {}).get(name, field.default))
    return values


def class_input(project: Project, label: str, key: str) -> int | None:
    """Draw a selection box of the classes.

    Args:
        project: The project with the classes.
        label: Label of the box.
        key: Its session key.

    Returns:
        The chosen class number; None for all classes.
    """
    names = {number: project.workspace.classes.isolated_label(number) for number in project.workspace.classes.order}
    chosen = st.selectbox(label, [-1, *names], format_func=lambda i: names.get(i, "all classes"), key=key, width=220)
    return chosen if chosen in names else None


def metric_row(values: Mapping[str, str], widths: Sequence[int] | None = None) -> None:
    """Draw values in one row of bordered columns.

    Args:
        values: Text of each value by its label.
        widths: Relative widths of the columns; None for equal ones.
    """
    for column, (label, value) in zip(st.columns(widths or len(values)), values.items(), strict=True):
        column.metric(label, value, border=True)


def _input(label: str, field: FieldInfo, key: str, value: Any) -> Any:
    """Draw one input; its value is in the session alone, because a browser ignores a changed default."""
    help_text = field.description
    ends = next((item for item in field.metadata if isinstance(item, Interval)), None)
    is_float = ends is not None and field.annotation is not int
    st.session_state.setdefault(key, float(value) if is_float else value)
    if get_origin(field.annotation) is Literal:
        return st.selectbox(label, get_args(field.annotation), help=help_text, key=key)
    if field.annotation is bool:
        return st.toggle(label, help=help_text, key=key)
    if ends is None:
        return st.text_input(label, help=help_text, key=key)
    if not is_float:
        return st.number_input(label, int(str(ends.ge)), int(str(ends.le)), step=1, help=help_text, key=key)
    bottom, top = float(str(ends.ge)), float(str(ends.le))
    step = _step(float(value) or 0.1, top)
    return st.number_input(label, bottom, top, step=step, format="%g", help=help_text, key=key)


def _step(value: float, top: float) -> float:
    """Return one unit of the first digit of the value, or of its distance to the top if less."""
    return float(10.0 ** math.floor(math.log10(min(value, top - value))))
