"""winnow score, select, decide, curate: from scores to labels."""

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import typer

from core.base.errors import DecisionError, InputError
from core.base.types import Estimate, Source
from core.cli.options import (
    AsJson,
    Params,
    ProjectPath,
    Reviewer,
    Rule,
    RunId,
    answer,
    percent,
    rule_params,
)
from core.cli.queues import Drawn, Eta
from core.project import Project
from core.review.cards import PageQuery
from core.review.decisions import Outcome
from core.review.random_queues import ETA
from core.scoring.scores import RANKINGS, order

_PROMISES: dict[str, Callable[[Project, str, float], float | None]] = {
    "conformal": lambda project, run, target: project.quality.conformal_threshold(run, target).threshold,
    "careful": lambda project, run, target: project.quality.high_probability_threshold(run, target).threshold,
    "plug_in": lambda project, run, target: project.quality.plug_in_threshold(run, target),
}
Promise = Annotated[
    str, typer.Option(help="conformal: on average; careful: with 90 % probability; plug_in: estimated, not promised.")
]
TargetError = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="Take the lowest threshold that keeps this error, in the sense of --promise."),
]


def score(
    path: ProjectPath,
    run: RunId,
    ranking: Annotated[
        str, typer.Option(help="entropy, confidence, margin or most_confident: what comes first.")
    ] = "entropy",
    count: Annotated[int, typer.Option(min=1, help="How many images to list.")] = 10,
    as_json: AsJson = False,
) -> None:
    """List the pool's images in the order of a ranking, with their scores under a run."""
    if ranking not in RANKINGS:
        raise InputError(f"There is no ranking called {ranking!r}. There are: {', '.join(RANKINGS)}.")
    project = Project.open(path)
    pool = project.scores(run)
    first = order(RANKINGS[ranking](pool.scores))[:count]
    rows = [
        {
            "image_id": int(pool.ids[row]),
            "name": str(project.images.names[pool.ids[row]]),
            "pseudo_label": project.class_names[int(pool.scores.pseudo_labels[row])],
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
    facts = {"run": run, "ranking": ranking, "temperature": pool.temperature, "total": len(pool.ids), "images": rows}
    answer(facts, "\n".join(lines), as_json=as_json)


def select(
    path: ProjectPath,
    run: RunId,
    rule: Rule = "fixed_threshold",
    param: Params = None,
    target_error: TargetError = None,
    promise: Promise = "conformal",
    as_json: AsJson = False,
) -> None:
    """Show what a rule would keep of the pool, and the error that the calibration items estimate for it."""
    project = Project.open(path)
    rule, params = _rule(project, run, rule, param, target_error, promise)
    selection = project.select(run, rule, **params)
    facts = {
        "run": run,
        "rule": rule,
        "parameters": params,
        "count": selection.count,
        "pool": len(selection.pool_ids),
        "coverage": selection.coverage,
        "error": _estimate(selection.error),
        "per_class": dict(zip(project.class_names, selection.class_counts.tolist(), strict=True)),
    }
    text = (
        f"{rule} {_words(params)} keeps {selection.count:,} of {len(selection.pool_ids):,} "
        f"({percent(selection.coverage)}); estimated error {_interval(selection.error)}"
    )
    answer(facts, text, as_json=as_json)


def decide(
    path: ProjectPath,
    run: Annotated[str, typer.Argument(metavar="RUN", help="Run whose suggestion is judged.")],
    image: Annotated[int | None, typer.Option(help="One image, by its id.")] = None,
    verdict: Annotated[str, typer.Option(help="accept, relabel, reject, none, skip or unsure.")] = "accept",
    label: Annotated[str | None, typer.Option(help="The class for relabel, by name or number.")] = None,
    accept_all: Annotated[
        bool, typer.Option("--accept-all", help="Accept every undecided image that the rule keeps.")
    ] = False,
    class_cap: Annotated[
        float | None,
        typer.Option(min=1, help="With --accept-all: no class beyond so many times its share of the labeled images."),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back your latest decision.")] = False,
    rule: Rule = "fixed_threshold",
    param: Params = None,
    target_error: TargetError = None,
    promise: Promise = "conformal",
    shown_by: Annotated[
        str | None, typer.Option("--order", help="The queue of `winnow queue` that showed the image.")
    ] = None,
    eta: Eta = ETA,
    drawn: Drawn = None,
    reviewer: Reviewer = "me",
    as_json: AsJson = False,
) -> None:
    """Decide about one image, accept all that a rule keeps, or undo: one line in the log each."""
    if [image is not None, accept_all, undo].count(True) != 1:
        raise InputError("Say what to decide: --image ID, --accept-all or --undo, one of the three.")
    project = Project.open(path)
    if undo:
        outcome = project.undo(run, reviewer)
    elif accept_all:
        rule, params = _rule(project, run, rule, param, target_error, promise)
        cap = {} if class_cap is None else {"class_cap": class_cap}
        outcome = project.bulk_accept(run, rule, reviewer, **params, **cap)
    else:
        assert image is not None
        shown = {} if shown_by is None else project.review(run).shown(image, PageQuery(shown_by, eta=eta, drawn=drawn))
        outcome = project.decide(run, verdict, image, class_number(project, label), reviewer, **shown)
    _report(project, outcome, as_json)


def curate(path: ProjectPath, as_json: AsJson = False) -> None:
    """Show what the next run would train on: labels by source, and their digest."""
    curated = Project.open(path).curate()
    labels = {source.name.lower(): int((curated.sources == source).sum()) for source in Source}
    facts = {"digest": curated.digest, "labels": labels, "rejects": len(curated.reject_ids)}
    text = " · ".join(f"{count:,} {name}" for name, count in labels.items())
    answer(facts, f"{text} · {len(curated.reject_ids):,} rejects\ndigest {curated.digest}", as_json=as_json)


def noise(
    path: ProjectPath,
    run: RunId,
    foreign: Annotated[
        str | None, typer.Option(help="Another data set to compare with: its name, an image folder or a project.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask a run about random noise and foreign images: can entropy, energy or neighbor distance tell them apart?"""
    report = Project.open(path).quality.check_ood(run, foreign)
    lines = []
    for score, groups in report.scores.items():
        told = [f"{name} median {np.median(values):.3f}" for name, values in groups.items()]
        apart = [f"AUROC {value:.3f} against {name}" for name, value in report.auroc[score].items()]
        lines.append(f"{score:<18} {', '.join(told)}; {', '.join(apart)}")
    answer({"run": run, "auroc": report.auroc}, "\n".join(lines), as_json=as_json)


def _rule(
    project: Project, run: str, rule: str, param: list[str] | None, target_error: float | None, promise: str
) -> tuple[str, dict[str, Any]]:
    if target_error is None:
        return rule, rule_params(rule, param)
    if promise not in _PROMISES:
        raise InputError(f"There is no promise called {promise!r}. There are: {', '.join(_PROMISES)}.")
    threshold = _PROMISES[promise](project, run, target_error)
    if threshold is None:
        raise InputError(
            f"No threshold keeps the error of {run} at {percent(target_error)} ({promise}): allow more, or label more."
        )
    return "fixed_threshold", {"threshold": threshold}


def class_number(project: Project, label: str | None) -> int | None:
    """A class by its name or number; None stays None, InputError where there is no such class."""
    if label is None:
        return None
    if label in project.class_names:
        return project.class_names.index(label)
    if label.isdigit() and int(label) < len(project.class_names):
        return int(label)
    raise InputError(f"There is no class {label!r}. The classes: {', '.join(project.class_names)}.")


def _report(project: Project, outcome: Outcome, as_json: bool) -> None:
    if outcome.status != "saved":
        raise DecisionError(outcome.reason)
    decision = next(d for d in project.decisions.latest(50) if d.id == outcome.decision)
    facts = {"decision": decision.id, "verdict": decision.verdict, "num_images": decision.num_images}
    text = f"saved #{decision.id}: {decision.verdict}, {decision.num_images:,} image(s)"
    answer(facts, text, as_json=as_json)


def _words(params: dict[str, Any]) -> str:
    return " ".join(f"{name}={value:.6g}" for name, value in params.items())


def _estimate(estimate: Estimate) -> dict[str, float | int | None]:
    value = None if np.isnan(estimate.value) else estimate.value
    return {"value": value, "low": estimate.low, "high": estimate.high, "count": estimate.count, "n": estimate.n}


def _interval(estimate: Estimate) -> str:
    if not estimate.n:
        return "unknown (no calibration item is kept)"
    low, high = percent(estimate.low), percent(estimate.high)
    return f"{percent(estimate.value)} [{low}, {high}], {estimate.count} wrong of {estimate.n} calibration items"
