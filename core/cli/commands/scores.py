"""Commands score, select, ood and label-issues: scores of the images, and of the given labels."""

from typing import Annotated, Any

import numpy as np
import typer

from core.base.errors import unknown_name
from core.cli.options import AsJson, Guarantee, Params, ProjectPath, Rule, RunId, TargetError, chosen_rule
from core.cli.output import answer, estimate_info, format_estimate, format_params, format_state, percent
from core.project import Project
from core.scoring.scores import RANKINGS, order
from core.workspace.pool_index import EMPTY_POOL


def score(
    path: ProjectPath,
    run: RunId,
    ranking: Annotated[
        str, typer.Option(help="What comes first: entropy, confidence, margin or most_confident.")
    ] = "entropy",
    count: Annotated[int, typer.Option(min=1, help="Number of images to list.")] = 10,
    as_json: AsJson = False,
) -> None:
    """List the first images of a ranking of the pool, with their scores.

    Where every image has a given label, so that the pool is empty, it lists those labels.
    """
    if ranking not in RANKINGS:
        raise unknown_name("ranking", ranking, RANKINGS)
    project = Project.open(path)
    pool, names = project.scores(run), project.class_names
    of_given = not len(pool.ids)
    pool = project.given_scores(run) if of_given else pool
    first = order(RANKINGS[ranking](pool.scores))[:count]
    rows: list[dict[str, Any]] = [
        {
            "image_id": int(pool.ids[row]),
            "name": str(project.images.names[pool.ids[row]]),
            "pseudo_label": names[int(pool.scores.pseudo_labels[row])] if pool.has_suggestions else "–",
            **({"given": names[int(project.workspace.given_labels[pool.ids[row]])]} if of_given else {}),
            "confidence": float(pool.scores.confidence[row]),
            "entropy": float(pool.scores.entropy[row]),
            "margin": float(pool.scores.margin[row]),
        }
        for row in first
    ]
    lines = [f"{EMPTY_POOL.format(path=path)}. Here are the labels:"] if of_given else []
    lines += [
        f"{row['image_id']:>8}  {row['name']:<24} {row['pseudo_label']:<16} confidence {row['confidence']:.3f}  "
        f"entropy {row['entropy']:.3f} bits  margin {row['margin']:.3f}{'  given ' + row['given'] if of_given else ''}"
        for row in rows
    ]
    info = {
        "run": run,
        "ranking": ranking,
        **({"of": "given labels"} if of_given else {}),
        "temperature": pool.temperature,
        "total": len(pool.ids),
        "images": rows,
    }
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


def label_issues(
    path: ProjectPath,
    count: Annotated[int, typer.Option(min=1, help="Number of labels to list.")] = 20,
    extractor: Annotated[
        str | None, typer.Option(help="Features to check on; hog by default, or those of the check before.")
    ] = None,
    neighbors: Annotated[int, typer.Option(min=0, max=20, help="Nearest labeled images to name beside each.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Check every given label by cross-validated heads; list the most doubtful, and contradictions."""
    project = Project.open(path)
    found, names = project.labels.check(extractor), project.class_names
    rows: list[dict[str, Any]] = []
    for image, given, likely, quality, confidence in zip(
        *(column[:count].tolist() for column in (found.ids, found.given, found.likely)),
        found.quality[:count].tolist(),
        found.self_confidence[:count].tolist(),
        strict=True,
    ):
        near = [names[label] for _, label in project.labels.neighbors(image, neighbors)] if neighbors else []
        rows.append(
            {"id": image, "name": str(project.images.names[image]), "given": names[given], "likely": names[likely],
             "quality": quality, "self_confidence": confidence, "neighbors": near}
        )  # fmt: skip
    contradicted = project.labels.contradictions()
    info = {
        "checked": found.num_checked,
        "issues": len(found.ids),
        "corrected": project.labels.num_corrected,
        "contradictions": [contradicted.members(group).tolist() for group in range(contradicted.num_groups)],
        "first": rows,
    }
    lines = [
        f"{len(found.ids):,} of {found.num_checked:,} given labels are doubted by heads that have not seen them.",
        *[_line(row) for row in rows],
        *([note] if (note := project.labels.contradiction_note()) else []),
        *([note] if (note := project.labels.corrected_note) else []),
        f"Correct them on the Review page with run=label_issues, or: winnow decide {path} label_issues "
        "--image ID --verdict relabel --label CLASS",
    ]
    answer(info, "\n".join(lines), as_json=as_json)


def _line(row: dict[str, Any]) -> str:
    near = f"  near: {', '.join(row['neighbors'])}" if row["neighbors"] else ""
    return f"  {row['id']:>6}  {row['quality']:.3f}  given {row['given']}, likely {row['likely']}  {row['name']}{near}"
