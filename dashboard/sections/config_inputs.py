"""Inputs grown from the fields of a config: range, help and default are the field's own."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from annotated_types import Interval
from pydantic.fields import FieldInfo

from core import Config


def inputs(
    config: type[Config],
    names: Sequence[str],
    prefix: str,
    *,
    columns: int = 3,
    usual: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Draw one input per named field, in rows of so many columns; answers with the values by field name.

    usual: values to begin with where they are not the fields' defaults.
    """
    values: dict[str, Any] = {}
    for start in range(0, len(names), columns):
        for place, name in zip(
            st.columns(columns, vertical_alignment="bottom"), names[start : start + columns], strict=False
        ):
            with place:
                field = config.model_fields[name]
                values[name] = _input(name, field, f"{prefix}-{name}", (usual or {}).get(name, field.default))
    return values


def _input(name: str, field: FieldInfo, key: str, begin: Any) -> Any:
    """The value stands in the session alone: a browser takes a new one from there, and not from another default."""
    label, text = name.replace("_", " "), field.description
    ends = next((item for item in field.metadata if isinstance(item, Interval)), None)
    is_float = ends is not None and field.annotation is not int
    st.session_state.setdefault(key, float(begin) if is_float else begin)
    if get_origin(field.annotation) is Literal:
        return st.selectbox(label, get_args(field.annotation), help=text, key=key)
    if field.annotation is bool:
        return st.toggle(label, help=text, key=key)
    if ends is None:
        return st.text_input(label, help=text, key=key)
    if not is_float:
        return st.number_input(label, int(str(ends.ge)), int(str(ends.le)), step=1, help=text, key=key)
    bottom, top = float(str(ends.ge)), float(str(ends.le))
    step = _step(float(begin) or 0.1, top)
    return st.number_input(label, bottom, top, step=step, format="%g", help=text, key=key)


def _step(usual: float, top: float) -> float:
    """A step of one in the first digit of the usual value, or of what is left up to the top where that is less."""
    return float(10.0 ** math.floor(math.log10(min(usual, top - usual))))
