"""Command import-predictions: another model's predictions as a run."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.options import AsJson, ProjectPath
from core.cli.output import answer, percent, print_feature_progress
from core.predictions.prediction_table import KINDS
from core.project import Project


def import_predictions(
    path: ProjectPath,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Predictions: .npy, .npz, .csv, .tsv, .parquet or .jsonl, a row per image."
        ),
    ],
    name: Annotated[str, typer.Option(help="Name of the model; by default that of the file.")] = "",
    kind: Annotated[str, typer.Option(help=f"What the numbers are: {', '.join(KINDS)}.")] = "auto",
    ignore_unknown: Annotated[
        bool,
        typer.Option("--ignore-unknown", help="Leave out classes that the project does not have, and go on."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Keep another model's logits, probabilities or labels as a run that suggests like any other."""
    project = Project.open(path)
    run = project.import_predictions(
        file, name, kind=kind, ignore_unknown=ignore_unknown, on_progress=print_feature_progress
    )
    source, accuracy = run.imported_from or {}, run.status.best_val_accuracy
    uncovered = source["num_images"] - source["num_covered"]
    others = source["num_rows"] - source["num_covered"]
    val = "no val image" if accuracy is None else f"val {percent(accuracy)}"
    lines = [
        f"{run.id}  {val}  temperature {run.temperature:.3f}",
        f"  {source['kind']} of {source['num_covered']:,} of {source['num_images']:,} images",
        *([f"  {uncovered:,} images without a row: all classes equally likely"] if uncovered else []),
        *([f"  {others:,} rows left out"] if others else []),
        *([f"  classes without a column: {', '.join(source['missing_classes'])}"] if source["missing_classes"] else []),
        *([f"  classes left out: {', '.join(source['ignored_classes'])}"] if source["ignored_classes"] else []),
    ]
    info = {"run": run.id, "temperature": run.temperature, "val_accuracy": accuracy, **source}
    answer(info, "\n".join(lines), as_json=as_json)
