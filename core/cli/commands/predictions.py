"""Commands import-predictions, zero-shot and predict: predictions of other models as a run, and an exported model's."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.base.errors import unknown_name
from core.cli.options import AsJson, ProjectPath
from core.cli.output import answer, percent, print_feature_progress
from core.export.kinds import EXPORTS
from core.export.label_table import ExportOptions
from core.export.predicted_table import write_predicted_labels
from core.predictions.folder_predictions import predict_folder, write_predictions
from core.predictions.model_folder import open_model
from core.predictions.prediction_table import KINDS
from core.predictions.zero_shot import GUESSES, PROMPT
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
        *filter(None, [run.val_note(len(project.splits.val))]),
        f"  {source['kind']} of {source['num_covered']:,} of {source['num_images']:,} images",
        *([f"  {uncovered:,} images without a row: all classes equally likely"] if uncovered else []),
        *([f"  {others:,} rows left out"] if others else []),
        *([f"  classes without a column: {', '.join(source['missing_classes'])}"] if source["missing_classes"] else []),
        *([f"  classes left out: {', '.join(source['ignored_classes'])}"] if source["ignored_classes"] else []),
    ]
    info = {"run": run.id, "temperature": run.temperature, "val_accuracy": accuracy, **source}
    answer(info, "\n".join(lines), as_json=as_json)


def zero_shot(
    path: ProjectPath,
    prompt: Annotated[str, typer.Option(help="Text with {} in the place of a class name.")] = PROMPT,
    as_json: AsJson = False,
) -> None:
    """Let a text model guess from the class names, without any label; kept as a run. Needs features of clip:FOLDER."""
    project = Project.open(path)
    run = project.zero_shot(prompt, print_feature_progress)
    accuracy = run.status.best_val_accuracy
    val = "no val image" if accuracy is None else f"val {percent(accuracy)}"
    info = {"run": run.id, "temperature": run.temperature, "val_accuracy": accuracy, "note": GUESSES}
    lines = [f"{run.id}  {val}", *filter(None, [run.val_note(len(project.splits.val))]), GUESSES]
    answer(info, "\n".join(lines), as_json=as_json)


def predict(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="Folder that export-model wrote, or PROJECT/runs/RUN of a network.")
    ],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of images, at any depth.")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="File to write, replaced if there: .csv, .parquet or .jsonl; predictions.csv by default. With "
            "--format a folder: new, empty or an earlier export; by default predictions."
        ),
    ] = None,
    kind: Annotated[
        str, typer.Option("--format", help=f"Write a folder in a format of `winnow export`: {', '.join(EXPORTS)}.")
    ] = "",
    files: Annotated[
        str, typer.Option(help="With --format: how images come along, copy, hardlink or symlink.")
    ] = "copy",
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Confidence below which the label is \"don't know\"; else the model's own."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Name the classes of a folder of images with an exported model; no project is needed."""
    if kind and kind not in EXPORTS:
        raise unknown_name("format", kind, EXPORTS)
    found = predict_folder(open_model(model), folder, threshold, _print_progress)
    if kind:
        place, options = out or Path("predictions"), ExportOptions(files)
        out = write_predicted_labels(kind, found, folder, model.expanduser().resolve().name, place, options)
    else:
        out = out or Path("predictions.csv")
        write_predictions(found, out)
    num = len(found.names)
    info = {"path": out, "images": num, "known": found.num_known, "threshold": found.threshold,
            "left_out": dict(found.left_out)}  # fmt: skip
    limit = "no threshold is known" if found.threshold is None else f"confidence at least {found.threshold:.4f}"
    lines = [f"Written: {out}", f"{found.num_known:,} of {num:,} images named ({limit})"]
    lines += [f"  left out: {name} ({reason})" for name, reason in list(found.left_out.items())[:10]]
    answer(info, "\n".join(lines), as_json=as_json)


def _print_progress(done: int, total: int) -> None:
    if sys.stderr.isatty() and (done % 64 == 0 or done == total):
        print(f"\r{done:,} of {total:,} images", end="\n" if done == total else "", file=sys.stderr, flush=True)
