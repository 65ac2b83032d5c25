"""Commands score, select and ood: scores of the images under a run."""

from typing import Annotated

import numpy as np
import typer

from core.base.errors import unknown_name
from core.cli.options import AsJson, Guarantee, Params, ProjectPath, Rule, RunId, TargetError, chosen_rule
from core.cli.output import answer, estimate_info, format_estimate, format_params, format_state, percent
from core.project import Project
from core.scoring.scores import RANKINGS, order


def score(
    path: ProjectPath,
    run: RunId,
    ranking: Annotated[
        str, typer.Option(help="What comes first: entropy, confidence, margin or most_confident.")
    ] = "entropy",
    count: Annotated[int, typer.Option(min=1, help="Number of images to list.")] = 10,
    as_json: AsJson = False,
) -> None:
    """List the first images of a ranking of the pool, with their scores."""
    if ranking not in RANKINGS:
        raise unknown_name("ranking", ranking, RANKINGS)
    project = Project.open(path)
    pool = project.scores(run)
    first = order(RANKINGS[ranking](pool.scores))[:count]
    rows = [
        {
            "image_id": int(pool.ids[row]),
            "name": str(project.images.names[pool.ids[row]]),
            "pseudo_label": project.class_names[int(pool.scores.pseudo_labels[row])] if pool.has_suggestions else "–",
            "confidence": float(pool.scores.confidence[row]),
            "entropy": float(pool.scores.entropy[row]),
            "margin": float(pool.scores.margin[row]),
        }
        for row in first
    ]
    lines = [
        f"{row['image_id']:>8}  {row['name']:<24} {row['pseudo_label']:<16} confidence {row['confidence']:.3f}  "
        f"entropy {row['entropy']:.3f} bits  margin {row['margin']:.3f}"
        for row in rows
    ]
    info = {"run": run, "ranking": ranking, "temperature": pool.temperature, "total": len(pool.ids), "images": rows}
    answer(info, "\n".join(lines), as_json=as_json)


def select(
    path: ProjectPath,
    run: RunId,
    rule: Rule = "fixed_threshold",
    param: Params = None,
    target_error: TargetError = None,
    guarantee: Guarantee = "conformal",
    as_json: AsJson = False,
) -> None:
    """Show how much of the pool a rule keeps, with an estimate of its error from the calibration items."""
    project = Project.open(path)
    rule, params = chosen_rule(project, run, rule, param, target_error, guarantee)
    selection = project.select(run, rule, **params)
    error = estimate_info(selection.error)
    info = {
        "run": run,
        "rule": rule,
        "parameters": params,
        "count": selection.count,
        "pool": len(selection.pool_ids),
        "coverage": selection.coverage,
        "error": {name: error[name] for name in ("value", "low", "high", "count", "n")},
        "state": selection.state,
        "reason": selection.reason,
        "per_class": dict(zip(project.class_names, selection.class_counts.tolist(), strict=False)),
    }
    n = selection.error.n
    source = f", {selection.error.count} wrong of {n} calibration items" if n else " (no calibration item is kept)"
    text = (
        f"{rule} {format_params(params)} keeps {selection.count:,} of {len(selection.pool_ids):,} "
        f"({percent(selection.coverage)}); estimated error {format_estimate(selection.error)}{source}\n"
        f"{format_state(selection.state, selection.reason)}"
    )
    answer(info, text, as_json=as_json)


def ood(
    path: ProjectPath,
    run: RunId,
    other: Annotated[
        str | None,
        typer.Option(help="Other images to compare with: a built-in data set, an image folder or a project."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how well entropy, energy and neighbor distance tell noise and other images from the run's own."""
    report = Project.open(path).quality.check_ood(run, other)
    lines = []
    for score, groups in report.scores.items():
        medians = [f"{_GROUPS.get(name, name)} median {np.median(values):.3f}" for name, values in groups.items()]
        aurocs = [f"AUROC {value:.3f} against {_GROUPS.get(name, name)}" for name, value in report.auroc[score].items()]
        lines.append(f"{score:<18} {', '.join(medians)}; {', '.join(aurocs)}")
    answer({"run": run, "auroc": report.auroc}, "\n".join(lines), as_json=as_json)


_GROUPS = {"foreign": "other"}
"""Groups of images whose name in the run folder and in JSON is not the one to print."""
