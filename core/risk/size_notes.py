"""What the sizes of a project's parts can and cannot show, in sentences."""

from collections.abc import Mapping

import numpy as np

CERTAINTY = 0.95
"""Probability with which the named errors can be excluded."""


def smallest_error(num: int, certainty: float = CERTAINTY) -> float:
    """Return the error that n right answers of n exclude, (0, 1]; high for few answers.

    Args:
        num: Answers, 0 or more.
        certainty: Probability that the statement holds, (0, 1).

    Source: the exact binomial bound with no error, 1 − (1 − certainty)^(1/n).
    """
    return float(1 - (1 - certainty) ** (1 / num)) if num else 1.0


def size_notes(sizes: Mapping[str, int], num_hidden: int = 0, num_groups: int | None = None) -> tuple[str, ...]:
    """Say what each part can and cannot show at its size.

    Args:
        sizes: Images of each part, by name.
        num_hidden: Images of the unlabeled part whose label is known.
        num_groups: Groups of the calibration images, of which one image each counts; None without groups.

    Returns:
        One sentence for each part that matters, and for labels that are hidden.
    """
    labeled, val, calibration, test = (int(sizes.get(name, 0)) for name in ("labeled", "val", "calibration", "test"))
    if not labeled:
        return ()
    has_pool = bool(sizes.get("unlabeled", 0) or calibration)
    notes = [_hidden_note(num_hidden)] if num_hidden else []
    if not has_pool:
        notes.append("All images have a label, and none is hidden: find the wrong ones among them.")
    notes.append(_val_note(val))
    if has_pool:
        notes.append(_calibration_note(calibration, num_groups))
    notes.append(_test_note(test))
    return tuple(notes)


def source_group_notes(sizes: Mapping[str, int], num_groups: int) -> tuple[str, ...]:
    """Say of a source, whose parts are not drawn yet, that its groups make calibration images count less.

    Args:
        sizes: Images of each part, by name.
        num_groups: Groups that the source names; 0 without any.
    """
    if not num_groups or not sizes.get("calibration", 0):
        return ()
    text = "one calibration image of each group counts, so that less is guaranteed than these numbers say"
    return (f"The source names {num_groups:,} groups: {text}.",)


def _hidden_note(num_hidden: int) -> str:
    return (
        f"{num_hidden:,} images of the pool have a label that is hidden: they play unlabeled images, and train nothing."
    )


def _val_note(num: int) -> str:
    if not num:
        return "No val images: temperature and checkpoint are not chosen on held-out labels; confidences are raw."
    return f"{num:,} val images: accuracy is known to about ± {_reach(num):.0f} points."


def _calibration_note(num: int, num_groups: int | None) -> str:
    if not num:
        return (
            "No calibration images: no target error can be guaranteed. Random answers and audits still measure errors."
        )
    what = f"{num:,} calibration images"
    if num_groups is not None:
        what, num = f"{what} of {num_groups:,} groups, of which one image each counts", num_groups
    return (
        f"{what}: target errors below {100 * smallest_error(num):.1f} % cannot be guaranteed "
        f"(95 %), nor below {100 / (num + 1):.1f} % on average, even if every one of them is right."
    )


def _test_note(num: int) -> str:
    if not num:
        return "No test images: two runs cannot be compared."
    return f"{num:,} test images: accuracy is known to about ± {_reach(num):.0f} points; smaller gains do not show."


def _reach(num: int) -> float:
    """Half the 95 % interval in points, at an accuracy of 85 %."""
    return max(1.0, 196 * float(np.sqrt(0.85 * 0.15 / num)))
