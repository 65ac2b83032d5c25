"""Command compare-extractors: which features and head suit the labeled images."""

import sys
from typing import Annotated

import typer

from core.cli.options import AsJson, ProjectPath
from core.cli.output import answer, percent
from core.experiments.extractor_comparison import ExtractorComparison
from core.project import Project


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
