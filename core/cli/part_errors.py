"""Text and JSON of errors and guarantees by class and by group."""

from dataclasses import asdict
from typing import Any

from core.cli.output import estimate_info, format_estimate, format_state
from core.project import Project
from core.quality.calibration.part_errors import ClassGuarantee, PartError, PartErrors


def part_report(
    project: Project, run: str, threshold: float, *, per_class: bool, per_group: str | None, target: float | None
) -> tuple[dict[str, Any], list[str]]:
    """Return what `winnow estimate` adds for classes and groups.

    Args:
        project: The project.
        run: A finished run.
        threshold: Confidence, [0, 1].
        per_class: Whether by predicted class.
        per_group: A metadata column, or groups; None: not by group.
        target: Target error whose guarantee is told for each class; None: none.

    Returns:
        Entries for JSON, and lines.
    """
    info: dict[str, Any] = {}
    lines: list[str] = []
    if per_class:
        found = project.quality.class_errors(run, threshold)
        info["per_class"], lines = _info(found), _lines(found)
        if project.workspace.classes.groups:
            grouped = project.quality.class_group_errors(run, threshold)
            info["per_class_group"], lines = _info(grouped), [*lines, *_lines(grouped)]
    if per_class and target is not None:
        rows = project.quality.class_guarantees(run, target)
        info["guarantees"] = [asdict(row) for row in rows]
        lines += [f"Target error {target:.1%}, class by class:", *(_guarantee_line(row) for row in rows)]
    if per_group is not None:
        found = project.quality.group_errors(run, threshold, per_group)
        info["per_group"], lines = _info(found), lines + _lines(found)
    return info, lines


def _info(found: PartErrors) -> dict[str, Any]:
    parts = [_part_info(part) for part in found.parts]
    worst = None if found.worst is None else found.worst.name
    return {"by": found.by, "threshold": found.threshold, "parts": parts, "worst": worst, "sentence": found.sentence,
            "state": found.state, "reason": found.reason}  # fmt: skip


def _part_info(part: PartError) -> dict[str, Any]:
    within = {} if part.within is None else {"within": estimate_info(part.within)}
    facts = {name: value for name, value in asdict(part).items() if name != "within"}
    return {**facts, "error": estimate_info(part.error), **within}


def _lines(found: PartErrors) -> list[str]:
    width = max([len(part.name) for part in found.parts], default=0)
    rows = [
        f"  {part.name:<{width}}  error {format_estimate(part.error)}, n = {part.error.n:,}; keeps {part.num_kept:,} "
        f"of {part.num_pool:,}"
        + (f"; {part.within.count:,} of the {part.error.count:,} wrong ones within the group" if part.within else "")
        for part in found.parts
    ]
    head = f"Error at confidence {found.threshold:g} and above by {found.by}:"
    return [head, *rows, found.sentence, format_state(found.state, found.reason)]


def _guarantee_line(row: ClassGuarantee) -> str:
    threshold = "" if row.threshold is None else f" Threshold {row.threshold:.3f} keeps {row.num_kept:,}."
    return f"  {row.sentence}{threshold}"
