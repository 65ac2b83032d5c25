"""Inputs grown from the fields of a config: range, help and default are the field's own."""

from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from annotated_types import Interval
from pydantic.fields import FieldInfo

from core import Config


def inputs(config: type[Config], names: Sequence[str], prefix: str, *, columns: int = 3) -> dict[str, Any]:
    """Draw one input per named field, in rows of so many columns; answers with the values by field name."""
    values: dict[str, Any] = {}
    for start in range(0, len(names), columns):
        for place, name in zip(st.columns(columns), names[start : start + columns], strict=False):
            with place:
                values[name] = _input(name, config.model_fields[name], f"{prefix}-{name}")
    return values


def _input(name: str, field: FieldInfo, key: str) -> Any:
    label, text = name.replace("_", " "), field.description
    if get_origin(field.annotation) is Literal:
        options = get_args(field.annotation)
        return st.selectbox(label, options, index=options.index(field.default), help=text, key=key)
    if field.annotation is bool:
        return st.toggle(label, value=field.default, help=text, key=key)
    ends = next((item for item in field.metadata if isinstance(item, Interval)), None)
    if ends is None:
        return st.text_input(label, value=field.default, help=text, key=key)
    if field.annotation is int:
        low, high = int(str(ends.ge)), int(str(ends.le))
        return st.number_input(label, low, high, value=int(field.default), step=1, help=text, key=key)
    low_float, high_float = float(str(ends.ge)), float(str(ends.le))
    return st.number_input(
        label, low_float, high_float, float(field.default), step=None, format="%g", help=text, key=key
    )
