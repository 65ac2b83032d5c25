"""Preview of a source: what was understood, before anything is written."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from core.base.types import QuarantinedFile
from core.data.sources.source_table import GIVEN_SPLITS, SourceTable

EXAMPLES = 3
_DETAIL = re.compile(r" ?\([^)]*\)|\d[\d,]*")


@dataclass(frozen=True)
class LeftOut:
    """Files that are left out for one reason.

    Attributes:
        reason: The reason, of the first of them.
        suffix: End of their names, "" without one.
        count: How many.
        examples: Up to three of them.
    """

    reason: str
    suffix: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class SourcePreview:
    """What a source was understood to be.

    Attributes:
        source: Folder or file.
        layout: Its kind, in a few words.
        num_images: Files that look like images.
        classes: Class → images; classes without an image too, with 0.
        num_unlabeled: Images without a class.
        splits: Given split → images; empty where the source names none.
        num_groups: Different groups that the source names.
        columns: Names of its metadata columns.
        examples: Class → up to three image names; None: of images without a class.
        left_out: What is left out, by reason and suffix, the most first.
        remarks: Sentences: how the layout was understood.
        warnings: Sentences: what may be wrong.
    """

    source: str
    layout: str
    num_images: int
    classes: Mapping[str, int]
    num_unlabeled: int
    splits: Mapping[str, int]
    num_groups: int
    columns: tuple[str, ...]
    examples: Mapping[str | None, tuple[str, ...]]
    left_out: tuple[LeftOut, ...]
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())


def preview(table: SourceTable) -> SourcePreview:
    """Summarize a source.

    Args:
        table: Its images.

    Returns:
        Counts, and three examples of each kind.
    """
    counts = Counter(table.classes)
    examples: dict[str | None, list[str]] = {name: [] for name in table.class_names}
    for name, given in zip(table.names, table.classes, strict=True):
        shown = examples.setdefault(given, [])
        if len(shown) < EXAMPLES:
            shown.append(name)
    split_counts = Counter(table.splits)
    return SourcePreview(
        source=str(table.root),
        layout=table.layout,
        num_images=len(table.files),
        classes={name: counts[name] for name in table.class_names},
        num_unlabeled=counts[None],
        splits={name: split_counts[name] for name in GIVEN_SPLITS if split_counts[name]},
        num_groups=len(set(table.groups) - {""}),
        columns=tuple(table.metadata),
        examples={name: tuple(shown) for name, shown in examples.items()},
        left_out=grouped(table.problems),
        remarks=table.remarks,
        warnings=table.warnings,
    )


def grouped(problems: Iterable[QuarantinedFile]) -> tuple[LeftOut, ...]:
    """Group files that are left out by reason and suffix.

    Args:
        problems: The files.

    Returns:
        The groups, the largest first.
    """
    groups: dict[tuple[str, str], list[QuarantinedFile]] = {}
    for problem in problems:
        key = (_DETAIL.sub("", problem.reason), PurePosixPath(problem.name).suffix.lower())
        groups.setdefault(key, []).append(problem)
    found = [
        LeftOut(items[0].reason, suffix, len(items), tuple(item.name for item in items[:EXAMPLES]))
        for (_, suffix), items in groups.items()
    ]
    return tuple(sorted(found, key=lambda group: -group.count))


def left_out_lines(groups: Sequence[LeftOut], most: int = 12) -> list[str]:
    """Return a line for each group of files that are left out.

    Args:
        groups: The groups.
        most: Lines at most; one more says how many are not shown.
    """
    lines = []
    for group in groups[:most]:
        kind = f"{group.suffix} files" if group.suffix else "files"
        what = group.examples[0] if group.count == 1 else f"{group.count:,} {kind} such as {group.examples[0]}"
        lines.append(f"left out: {what}: {group.reason}")
    hidden = sum(group.count for group in groups[most:])
    return [*lines, f"left out: {hidden:,} more for {len(groups) - most:,} other reasons"] if hidden else lines
