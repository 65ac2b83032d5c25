"""Commands compare, control-run, review-value, export and export-model: gains and files of runs."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.commands.runs import Wait, follow
from core.cli.options import AsJson, ProjectPath, RunId
from core.cli.output import answer, format_estimate, format_points, percent
from core.experiments.control_runs import CONTROL_KINDS
from core.export.error_states import error_states
from core.export.export import RUN_EXPORTS
from core.export.kinds import EXPORTS
from core.project import Project
from core.quality.model_comparison import AverageComparison, RunComparison
from core.risk.comparison import PairedDifference


def compare(
    path: ProjectPath,
    run_a: Annotated[str, typer.Argument(metavar="RUN_A", help="The earlier run.")],
    run_b: Annotated[str, typer.Argument(metavar="RUN_B", help="The later run.")],
    average: Annotated[bool, typer.Option("--average", help="Also compare the average of both.")] = False,
    by: Annotated[str | None, typer.Option(help="Also for each value of this metadata column.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare two runs on the test images: accuracies, paired difference, exact McNemar test."""
    project = Project.open(path)
    result = project.compare(run_a, run_b)
    test = result.comparison
    a, b = test.accuracy_a, test.accuracy_b
    info: dict[str, Any] = {
        "run_a": run_a,
        "run_b": run_b,
        "n": a.n,
        "accuracy_a": {"value": a.value, "low": a.low, "high": a.high},
        "accuracy_b": {"value": b.value, "low": b.low, "high": b.high},
        "difference": {"value": test.difference, "low": test.low, "high": test.high},
        "gained": test.gained,
        "lost": test.lost,
        "p_value": test.p_value,
        "num_groups": test.num_groups,
        "flips": result.test_ids[test.flips],
    }
    lines = [
        f"{run_a}  {format_estimate(a, 2)}  n = {a.n:,}",
        f"{run_b}  {format_estimate(b, 2)}",
        f"difference {format_points(test.difference, test.low, test.high)}: "
        f"{test.gained} gained, {test.lost} lost, {_test_name(test.num_groups)} p = {test.p_value:.3g}",
        *([] if test.paired.is_clear else ["No gain that these test images can tell."]),
    ]
    info["corrected"] = project.labels.num_corrected
    lines += [note] if (note := project.labels.corrected_note) else []
    if average and result.average is not None:
        info["average"] = _average_info(result.average)
        lines += _average_lines(result, result.average)
    if by is not None:
        groups = project.compare_by(result, by)
        info["by"] = {one.name: _paired_info(one.paired) | {"n": one.paired.n} for one in groups}
        lines += [
            f"{by} {one.name}: {percent(one.accuracy_a.value)} and {percent(one.accuracy_b.value)}, "
            f"{format_points(one.paired.difference, *one.paired.interval)}, n = {one.paired.n:,}"
            for one in groups
        ]
    answer(info, "\n".join(lines), as_json=as_json)


def _test_name(num_groups: int) -> str:
    return f"over {num_groups:,} groups of test images (cluster-robust)" if num_groups else "exact McNemar"


def _average_info(average: AverageComparison) -> dict[str, Any]:
    value = average.accuracy
    return {
        "weight_b": average.weight,
        "accuracy": {"value": value.value, "low": value.low, "high": value.high},
        **{name: _paired_info(paired) for name, paired in (("over_a", average.over_a), ("over_b", average.over_b))},
    }


def _paired_info(paired: PairedDifference) -> dict[str, Any]:
    low, high = paired.interval
    return {"value": paired.difference, "low": low, "high": high, "gained": paired.gained, "lost": paired.lost}


def _average_lines(result: RunComparison, average: AverageComparison) -> list[str]:
    share = f"{percent(1 - average.weight, 0)} {result.run_a}, {percent(average.weight, 0)} {result.run_b}"
    return [
        f"average of both  {format_estimate(average.accuracy, 2)}  {share}, chosen on val",
        f"  over {result.run_a}: {average.over_a.sentence()}",
        f"  over {result.run_b}: {average.over_b.sentence()}",
    ]


def control_run(
    path: ProjectPath,
    run: RunId,
    kind: Annotated[str, typer.Option(help=f"What it trains on: {', '.join(CONTROL_KINDS)}.")] = CONTROL_KINDS[0],
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Train a curated run again without the person's labels: same seed, budget and parent."""
    follow(Project.open(path).start_control_run(run, kind), wait, as_json)


def review_value(path: ProjectPath, run: RunId, as_json: AsJson = False) -> None:
    """Show the accuracy that 100 decisions gained over each control run, and whether to go on reviewing."""
    project = Project.open(path)
    advice = project.stop_advice(run)
    values = {
        control: (kind, project.review_value(control, run)) for control, kind in project.control_runs(run).items()
    }
    info = {
        "run": run,
        "stop": advice.is_enough,
        "reasons": advice.reasons,
        "values": {
            control: {"arm": kind, "measurable": value.is_measurable, **asdict(value)}
            for control, (kind, value) in values.items()
        },
    }
    lines = [
        f"{value.sentence} over {control} ({kind}): {value.num_decisions:,} decisions, {value.n:,} test images"
        for control, (kind, value) in values.items()
    ]
    if not values:
        lines = [f"No control run of {run} has been trained yet: winnow control-run {path} {run}"]
    answer(info, "\n".join([*lines, advice.sentence, *(f"  {reason}" for reason in advice.reasons)]), as_json=as_json)


def export(
    path: ProjectPath,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write: new, empty or an earlier export.")],
    kind: Annotated[
        str, typer.Option("--format", "--kind", help=f"{', '.join(EXPORTS)}; of a run: {', '.join(RUN_EXPORTS)}.")
    ] = "csv",
    run: Annotated[
        str | None, typer.Option(help="Which run, for model and round_card; else whose predictions go along.")
    ] = None,
    files: Annotated[
        str,
        typer.Option(
            help="How images come along: copy, hardlink or symlink the original files (same bytes and names), "
            "resized (PNG of the project's size), or auto: copy where the originals are still there."
        ),
    ] = "auto",
    held_out: Annotated[
        bool | None,
        typer.Option("--held-out/--no-held-out", help="With or without the val, calibration and test labels."),
    ] = None,
    bom: Annotated[
        bool | None,
        typer.Option(
            "--bom/--no-bom",
            help="CSV with or without a byte order mark; by default with one where a cell is not ASCII.",
        ),
    ] = None,
    formula_safe: Annotated[
        bool,
        typer.Option(
            "--formula-safe/--no-formula-safe",
            help="CSV cells that a spreadsheet would compute get an apostrophe in front.",
        ),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Write the labels with their provenance in a format that other tools read, or a run's model or round card."""
    project = Project.open(path)
    written = project.export(kind, folder, run, files=files, held_out=held_out, bom=bom, formula_safe=formula_safe)
    states = error_states(project.quality, [*project.bulk_runs(), *([run] if kind in RUN_EXPORTS and run else [])])
    lines = [f"error of labels accepted by {name}: {one['state']}: {one['reason']}" for name, one in states.items()]
    info = {"kind": kind, "path": written, "error_states": states}
    answer(info, "\n".join([f"Written: {written}", *lines]), as_json=as_json)


def export_model(
    path: ProjectPath,
    run: RunId,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write: new, empty or an earlier export.")],
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help='Confidence below which it says "don\'t know"; else the one for 5 % expected error.'
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a network or head for use without Winnow: safetensors, ONNX, a model card and a Python example."""
    written = Project.open(path).export("onnx", folder, run, threshold=threshold)
    manifest = json.loads((folder.expanduser() / "manifest.json").read_text(encoding="utf-8"))
    check = manifest["onnx"]
    said = check.get("error") or (
        f"logits differ from the model's own by at most {check['difference']:.1e} on {check['num_images']} images"
    )
    answer(
        {"path": written, "files": manifest["outputs"], "onnx": check}, f"Written: {written}\n{said}", as_json=as_json
    )
