"""Text about a project that was made or grew: sizes, parts, what is left out."""

import sys
import time
from collections.abc import Callable

from core.cli.output import answer
from core.data.sources.source_preview import left_out_lines
from core.project import Project
from core.workspace.project_source import SOURCES

_COMPARED_AT_ONCE = 20_000
"""Most images that are compared with each other while a project is made."""


def describe_project(project: Project, as_json: bool, *, kept: bool = True) -> None:
    """Print sizes, parts and notes of a project.

    Args:
        project: The project.
        as_json: Whether as one JSON object.
        kept: Whether the project stays.
    """
    summary = project.summary()
    notes = list(summary.size_notes)
    if summary.source not in SOURCES and summary.num_images <= _COMPARED_AT_ONCE:
        notes += [note] if (note := project.labels.contradiction_note()) else []
    if not len(project.splits.pool) and summary.split_sizes["labeled"]:
        notes.append("To play with hidden labels instead, make the project with --hide-labels.")
    groups, value_range = project.groups.current, summary.facts.get("value_range")
    notes += [groups.sentence, project.groups.leaks(duplicates=False).sentence] if groups is not None else []
    info = {
        "path": project.path if kept else None,
        "name": project.name,
        "images": summary.num_images,
        "classes": list(summary.class_names),
        "splits": dict(summary.split_sizes),
        "notes": notes,
        "set_aside": summary.num_set_aside,
        "layout": summary.facts.get("layout"),
        "remarks": summary.facts.get("remarks", []),
        "warnings": summary.facts.get("warnings", []),
        "value_range": value_range,
        "left_out": [{"reason": g.reason, "suffix": g.suffix, "count": g.count} for g in summary.left_out],
        "quarantined": [{"name": q.name, "reason": q.reason} for q in summary.quarantined],
    }
    left_out = left_out_lines(summary.left_out)
    lines = [
        f"{project.name}: {summary.num_images:,} images, {len(summary.class_names)} classes, "
        f"{f'in {project.path}' if kept else 'nothing was written'}",
        "  " + " · ".join(f"{count:,} {name}" for name, count in summary.split_sizes.items()),
        *[f"  {note}" for note in notes],
        *[f"  {remark}" for remark in summary.facts.get("remarks", [])],
        *([f"  {range_text(value_range)}"] if value_range else []),
        *([f"  {summary.num_set_aside} exact duplicates set aside"] if summary.num_set_aside else []),
        *[f"  {line}" for line in left_out],
        *([f"  The whole list: {project.path / 'left_out.csv'}"] if left_out and kept else []),
    ]
    answer(info, "\n".join(lines), as_json=as_json)


def range_text(value_range: tuple[float, float] | list[float]) -> str:
    """Return the sentence about the values that are black and white."""
    low, high = value_range
    return f"Values of 16-bit and float images: {low:g} is black, {high:g} is white (--value-range {low:g}:{high:g})."


def print_warnings(project: Project) -> None:
    """Print what may be wrong in the source on the error output."""
    for warning in project.summary().facts.get("warnings", ()):
        print(f"warning: {warning}", file=sys.stderr)


def print_image_progress() -> Callable[[int, int], None] | None:
    """Return a function that shows on a terminal how many images are read, how fast, and the time left."""
    if not sys.stderr.isatty():
        return None
    begin, shown = time.monotonic(), [0.0]

    def show(done: int, total: int) -> None:
        now = time.monotonic()
        if now - shown[0] < 0.2 and done < total:
            return
        shown[0], rate = now, done / max(1e-9, now - begin)
        text = f"images: {done:,} of {total:,}, {rate:,.0f} a second, {(total - done) / rate:,.0f} s left"
        print(f"\r{text:<78}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return show
