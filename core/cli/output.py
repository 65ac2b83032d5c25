"""Output of the commands: one JSON object or text, and one format for numbers."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import typer

from core.base.types import Estimate
from core.features.store import FeatureStatus
from core.risk.sampling_estimates import MeanEstimate


def answer(info: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Print the result as one JSON object or as text."""
    typer.echo(json.dumps(info, ensure_ascii=False, default=_plain) if as_json else text)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return str(value)


def print_feature_progress(status: FeatureStatus) -> None:
    """Show on a terminal, over the line before, how many images have features, how fast, and the time left."""
    if sys.stderr.isatty():
        left = "" if status.eta_seconds is None else f", {status.eta_seconds:,.0f} s left"
        text = f"features: {status.done:,} of {status.total:,} images, {status.images_per_second:,.0f} a second{left}"
        is_last = status.done == status.total or status.state != "running"
        print(f"\r{text:<78}", end="\n" if is_last else "", file=sys.stderr, flush=True)


def finite(value: float) -> float | None:
    """Return the number, or None (null in JSON) for nan."""
    return None if np.isnan(value) else value


def estimate_info(estimate: Estimate | MeanEstimate) -> dict[str, Any]:
    """Return the fields of an estimate for JSON; an unknown value is None."""
    return {**asdict(estimate), "value": finite(estimate.value)}


def percent(value: float, digits: int = 1) -> str:
    """Format a proportion in percent, or "unknown" for nan."""
    return "unknown" if np.isnan(value) else f"{100 * value:.{digits}f} %"


def format_interval(low: float, high: float) -> str:
    """Format an interval of proportions: "[1.0 %, 5.0 %]"."""
    return f"[{percent(low)}, {percent(high)}]"


def format_estimate(estimate: Estimate | MeanEstimate, digits: int = 1) -> str:
    """Format a proportion and its interval: "2.5 % [1.0 %, 5.0 %]".

    Without data it is "unknown".
    """
    if not estimate.n:
        return "unknown"
    return f"{percent(estimate.value, digits)} {format_interval(estimate.low, estimate.high)}"


def format_state(state: str, reason: str) -> str:
    """Format what holds for an error, and why, as a line: "Estimated: …"."""
    return f"{state[:1].upper()}{state[1:]}: {reason}"


def format_range(low: float, high: float) -> str:
    """Format the lowest and highest of several proportions: "80.0 % to 85.0 %"."""
    return f"{percent(low)} to {percent(high)}"


def format_points(difference: float, low: float, high: float) -> str:
    """Format a difference of proportions in percentage points: "+1.20 points [-0.10, +2.50]"."""
    return f"{100 * difference:+.2f} points [{100 * low:+.2f}, {100 * high:+.2f}]"


def format_params(params: Mapping[str, Any]) -> str:
    """Format the parameters of a rule: "threshold=0.95".

    Of one that is not a number, only the name is shown.
    """
    return " ".join(f"{name}={value:g}" if isinstance(value, int | float) else name for name, value in params.items())
