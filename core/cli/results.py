"""winnow compare, winnow export: what did it buy, and take it with me."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.options import AsJson, ProjectPath, answer, percent
from core.project import Project


def compare(
    path: ProjectPath,
    run_a: Annotated[str, typer.Argument(metavar="RUN_A", help="The earlier run.")],
    run_b: Annotated[str, typer.Argument(metavar="RUN_B", help="The later run.")],
    as_json: AsJson = False,
) -> None:
    """Compare two runs on the test images: accuracies, paired difference with interval, exact McNemar test."""
    result = Project.open(path).compare(run_a, run_b)
    test = result.comparison
    a, b = test.accuracy_a, test.accuracy_b
    facts = {
        "run_a": run_a,
        "run_b": run_b,
        "n": a.n,
        "accuracy_a": {"value": a.value, "low": a.low, "high": a.high},
        "accuracy_b": {"value": b.value, "low": b.low, "high": b.high},
        "difference": {"value": test.difference, "low": test.low, "high": test.high},
        "gained": test.gained,
        "lost": test.lost,
        "p_value": test.p_value,
        "flips": result.test_ids[test.flips],
    }
    lines = [
        f"{run_a}  {percent(a.value, 2)} [{percent(a.low)}, {percent(a.high)}]  n = {a.n:,}",
        f"{run_b}  {percent(b.value, 2)} [{percent(b.low)}, {percent(b.high)}]",
        f"difference {100 * test.difference:+.2f} points [{100 * test.low:+.2f}, {100 * test.high:+.2f}]: "
        f"{test.gained} gained, {test.lost} lost, exact McNemar p = {test.p_value:.3g}",
    ]
    answer(facts, "\n".join(lines), as_json=as_json)


def export(
    path: ProjectPath,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write.")],
    kind: Annotated[str, typer.Option(help="csv, parquet, folder_per_class; of a run: model, round_card.")] = "csv",
    run: Annotated[str | None, typer.Option(help="Which run, for model and round_card.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the curated labels with their provenance, or a run's model or round card."""
    written = Project.open(path).export(kind, folder, run)
    answer({"kind": kind, "path": written}, f"Written: {written}", as_json=as_json)
