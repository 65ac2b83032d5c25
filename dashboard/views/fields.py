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
    label, text = name.replace("_", " "), field.description
    if get_origin(field.annotation) is Literal:
        options = get_args(field.annotation)
        return st.selectbox(label, options, index=options.index(begin), help=text, key=key)
    if field.annotation is bool:
        return st.toggle(label, value=begin, help=text, key=key)
    ends = next((item for item in field.metadata if isinstance(item, Interval)), None)
    if ends is None:
        return st.text_input(label, value=begin, help=text, key=key)
    if field.annotation is int:
        low, high = int(str(ends.ge)), int(str(ends.le))
        return st.number_input(label, low, high, value=int(begin), step=1, help=text, key=key)
    bottom, top, usual = float(str(ends.ge)), float(str(ends.le)), float(begin)
    step = _step(usual or 0.1, top)
    return st.number_input(label, bottom, top, usual, step=step, format="%g", help=text, key=key)


def _step(usual: float, top: float) -> float:
    """A step of one in the first digit of the usual value, or of what is left up to the top where that is less."""
    return float(10.0 ** math.floor(math.log10(min(usual, top - usual))))
