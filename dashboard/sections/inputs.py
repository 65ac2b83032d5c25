"""Input widgets for config fields and for a class."""

import math
from collections.abc import Mapping, Sequence
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
    usual: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Draw one input per named field and return the values by field name.

    Range, help text and default are the field's own.
    usual: initial values that differ from the defaults.
    """
    values: dict[str, Any] = {}
    for start in range(0, len(names), columns):
        for column, name in zip(
            st.columns(columns, vertical_alignment="bottom"), names[start : start + columns], strict=False
        ):
            with column:
                field = config.model_fields[name]
                values[name] = _input(name, field, f"{prefix}-{name}", (usual or {}).get(name, field.default))
    return values


def class_input(project: Project, label: str, key: str) -> int | None:
    """Draw a selection box of the classes; None means all classes."""
    names = dict(enumerate(project.class_names))
    chosen = st.selectbox(label, [-1, *names], format_func=lambda i: names.get(i, "all classes"), key=key, width=220)
    return chosen if chosen in names else None


def _input(name: str, field: FieldInfo, key: str, initial: Any) -> Any:
    """Keep the value in the session alone: the browser ignores a changed default of a widget."""
    label, text = name.replace("_", " "), field.description
    ends = next((item for item in field.metadata if isinstance(item, Interval)), None)
    is_float = ends is not None and field.annotation is not int
    st.session_state.setdefault(key, float(initial) if is_float else initial)
    if get_origin(field.annotation) is Literal:
        return st.selectbox(label, get_args(field.annotation), help=text, key=key)
    if field.annotation is bool:
        return st.toggle(label, help=text, key=key)
    if ends is None:
        return st.text_input(label, help=text, key=key)
    if not is_float:
        return st.number_input(label, int(str(ends.ge)), int(str(ends.le)), step=1, help=text, key=key)
    bottom, top = float(str(ends.ge)), float(str(ends.le))
    step = _step(float(initial) or 0.1, top)
    return st.number_input(label, bottom, top, step=step, format="%g", help=text, key=key)


def _step(usual: float, top: float) -> float:
    """Return one unit of the first digit of the usual value, or of its distance to the top if less."""
    return float(10.0 ** math.floor(math.log10(min(usual, top - usual))))
