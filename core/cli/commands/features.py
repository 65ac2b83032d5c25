"""Commands features and compare-extractors: stored features, and which of them suit the labeled images."""

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from core.base.errors import InputError
from core.cli.options import AsJson, ProjectPath
from core.cli.output import answer, percent, print_feature_progress
from core.experiments.extractor_comparison import ExtractorComparison
from core.features.store import FeatureRecord
from core.project import Project


def features(
    path: ProjectPath,
    extractor: Annotated[
        str | None,
        typer.Option(
            help="Compute these where they are missing: hog, pixels, patches, efficientnet_lite0, timm:NAME, …"
        ),
    ] = None,
    own: Annotated[
        Path | None, typer.Option(help="Store your own: .npy, .npz, .parquet, .csv, .tsv or .jsonl, a row per image.")
    ] = None,
    allow_download: Annotated[
        bool, typer.Option("--allow-download", help="Whether weights that are not on this machine may be downloaded.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compute or import features of all images, and list those that the project has stored."""
    project, lines = Project.open(path), []
    if extractor is not None and own is not None:
        raise InputError("Give either --extractor or --own, not both.")
    name = extractor if own is None else f"own:{own}"
    info: dict[str, Any] = {"path": project.path}
    if name is not None:
        before, begin = project.stored_features(), time.monotonic()
        values = project.features(name, allow_download=allow_download, on_progress=print_feature_progress)
        is_new = project.stored_features() != before
        seconds = time.monotonic() - begin
        state = f"stored in {seconds:,.1f} s" if is_new else "are there already"
        lines = [f"{len(values):,} × {values.shape[1]:,} features of {name} {state}."]
        info |= {"extractor": name, "num_images": len(values), "num_features": values.shape[1], "is_new": is_new}
    stored = project.stored_features()
    info["stored"] = [_facts(record) for record in stored]
    lines += [_line(record) for record in stored] or [
        f"No features yet. Compute some with: winnow features {path} --extractor hog"
    ]
    answer(info, "\n".join(lines), as_json=as_json)


def _facts(record: FeatureRecord) -> dict[str, Any]:
    extractor = record.extractor
    return {
        "folder": extractor.key, "name": extractor.name, "version": extractor.version, "images": record.num_images,
        "features": record.num_features, "licence": extractor.licence, "sha256": extractor.sha256,
        "created": record.created, "images_per_second": record.images_per_second,
    }  # fmt: skip


def _line(record: FeatureRecord) -> str:
    extractor = record.extractor
    digest = f"  sha256 {extractor.sha256}" if extractor.sha256 else ""
    return (
        f"{extractor.name:<24} {record.num_images:>9,} × {record.num_features:<6,} {record.created[:10]}  licence "
        f"{extractor.licence or 'unknown'}{digest}"
    )


def compare_extractors(
    path: ProjectPath,
    extractor: Annotated[
        list[str] | None,
        typer.Option(help="Features to compare, the simplest first; may be given again. Default: all that are here."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find the features and the head that suit the labeled images; head runs then take them. Downloads nothing."""
    table = Project.open(path).compare_extractors(extractor, _print_progress)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    answer(table.facts(), _text(table), as_json=as_json)


def _print_progress(message: str, done: int, total: int) -> None:
    """Show the progress on a terminal, over the line before."""
    if sys.stderr.isatty():
        print(f"\r{done + 1} of {total}: {message:<70}", end="", file=sys.stderr, flush=True)


def _text(table: ExtractorComparison) -> str:
    best = table.recommended
    lines = [f"{'features':<22} {'head':<18} {'accuracy':<15} {'features, s':>11} {'head, s':>8}"]
    for line in table.lines:
        accuracy = f"{percent(line.accuracy)} ± {100 * line.standard_error:.1f}"
        mark = "  recommended" if (line.extractor, line.kind) == (best.extractor, best.kind) else ""
        lines.append(
            f"{line.extractor:<22} {line.kind:<18} {accuracy:<15} {line.feature_seconds:>11,.1f} "
            f"{line.head_seconds:>8,.2f}{mark}"
        )
    lines += [f"{name} is left out. {reason}" for name, reason in table.skipped.items()]
    share = f"Cross-validated on {best.num_labels:,} labeled images; ± is one standard error."
    return "\n".join([*lines, share, f"winnow train --method head now takes {best.extractor} and {best.kind}."])
