"""Report of a dry run: what a source is understood to be, and the parts that it would give."""

from collections.abc import Mapping
from dataclasses import asdict

from core.base.config import SplitConfig
from core.cli.output import answer
from core.data.sources.hub.hub_dataset import HubDataset, size_text
from core.data.sources.source_preview import SourcePreview, left_out_lines
from core.workspace.project_source import plan_split

SHOWN_CLASSES = 40


def report_source(found: SourcePreview, split: SplitConfig | None, *, hide_labels: bool, as_json: bool) -> None:
    """Print a preview.

    Args:
        found: The preview.
        split: Sizes that were asked for.
        hide_labels: Whether most labels would be hidden.
        as_json: Whether as one JSON object.
    """
    plan = plan_split(found, split, hide_labels=hide_labels)
    sizes, notes = dict(plan.sizes), list(plan.notes)
    if not (found.num_unlabeled or hide_labels) and found.classes:
        notes.append("To play with hidden labels instead: --hide-labels.")
    info = {
        **asdict(found),
        "examples": [{"class": name, "files": files} for name, files in found.examples.items()],
        "parts": sizes,
        "notes": notes,
    }
    answer(info, "\n".join(_lines(found, sizes, notes)), as_json=as_json)


def report_hub_dataset(dataset: HubDataset, *, as_json: bool) -> None:
    """Print what the Hugging Face hub says about a data set that is not on this machine.

    Args:
        dataset: What the hub says.
        as_json: Whether as one JSON object.
    """
    told = dataset.told
    info = {
        "source": dataset.source,
        **dataset.facts,
        "configs": list(dataset.configs),
        "files": len(dataset.files),
        "bytes": dataset.num_bytes,
        "bytes_to_download": dataset.num_missing_bytes,
        "images": dict(told.num_examples),
        "classes": {column: list(names) for column, names in told.class_names.items()},
    }
    lines = [
        f"{dataset.source}: {size_text(dataset.num_bytes)} in {len(dataset.files):,} files; nothing was downloaded",
        *[f"  {text}" for text in dataset.sentences()],
        *[f"  {count:>8,}  images in {split}" for split, count in told.num_examples.items()],
        *[f"  {len(names):,} classes in {column}: {_first(names)}" for column, names in told.class_names.items()],
        f"  To download ({dataset.download_text}) and make a project, leave --dry-run out. Once it is here, "
        "--dry-run shows classes, splits and sizes.",
    ]
    answer(info, "\n".join(lines), as_json=as_json)


def _first(names: tuple[str, ...]) -> str:
    return ", ".join(names[:SHOWN_CLASSES]) + (" …" if len(names) > SHOWN_CLASSES else "")


def _lines(found: SourcePreview, sizes: Mapping[str, int], notes: list[str]) -> list[str]:
    lines = [
        f"{found.source}: {found.layout}; {found.num_images:,} images, {len(found.classes):,} classes; "
        "nothing was written",
    ]
    for name in list(found.classes)[:SHOWN_CLASSES]:
        lines.append(f"  {found.classes[name]:>8,}  {name}{_examples(found.examples.get(name, ()))}")
    if len(found.classes) > SHOWN_CLASSES:
        lines.append(f"  … and {len(found.classes) - SHOWN_CLASSES:,} more classes")
    if found.num_unlabeled:
        lines.append(f"  {found.num_unlabeled:>8,}  without a class{_examples(found.examples.get(None, ()))}")
    if found.splits:
        given = ", ".join(f"{count:,} {name}" for name, count in found.splits.items())
        lines.append(f"  given splits: {given}")
    if found.num_groups:
        lines.append(f"  groups: {found.num_groups:,}")
    if found.columns:
        lines.append(f"  metadata: {', '.join(found.columns)}")
    lines += [f"  {text}" for text in found.remarks]
    lines += [f"  warning: {text}" for text in found.warnings]
    lines.append("  parts, before copies are taken out: " + " · ".join(f"{n:,} {name}" for name, n in sizes.items()))
    lines += [f"  {note}" for note in notes]
    return [*lines, *(f"  {line}" for line in left_out_lines(found.left_out))]


def _examples(names: tuple[str, ...]) -> str:
    return f": {', '.join(names)}" if names else ""
