"""winnow score, select, decide, curate: from scores to labels."""

from typing import Annotated, Any

import numpy as np
import typer

from core.base.errors import DecisionError, InputError
from core.base.records import Estimate, Source
from core.cli.options import AsJson, ProjectPath, Reviewer, RunId, answer, percent
from core.curate.scores import RANKINGS, order
from core.curate.selection import parameters
from core.project.desk import Outcome
from core.project.project import Project

Rule = Annotated[
    str, typer.Option(help="fixed_threshold, entropy_at_most, lowest_entropy, per_class_threshold, top_per_class.")
]
Params = Annotated[
    list[str] | None, typer.Option("--param", help="A parameter of the rule, as name=number; may be given again.")
]
TargetError = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="Take the lowest confidence threshold that keeps this error on average."),
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
    as_json: AsJson = False,
) -> None:
    """Show what a rule would keep of the pool, and the error that the calibration items estimate for it."""
    project = Project.open(path)
    rule, params = _rule(project, run, rule, param, target_error)
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
    undo: Annotated[bool, typer.Option("--undo", help="Take back your latest decision.")] = False,
    rule: Rule = "fixed_threshold",
    param: Params = None,
    target_error: TargetError = None,
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
        rule, params = _rule(project, run, rule, param, target_error)
        outcome = project.accept_all(run, rule, reviewer, **params)
    else:
        assert image is not None
        outcome = project.decide(run, verdict, image, class_number(project, label), reviewer)
    _report(project, outcome, as_json)


def curate(path: ProjectPath, as_json: AsJson = False) -> None:
    """Show what the next run would train on: labels by source, and their digest."""
    curated = Project.open(path).curate()
    labels = {source.name.lower(): int((curated.sources == source).sum()) for source in Source}
    facts = {"digest": curated.digest, "labels": labels, "rejects": len(curated.reject_ids)}
    text = " · ".join(f"{count:,} {name}" for name, count in labels.items())
    answer(facts, f"{text} · {len(curated.reject_ids):,} rejects\ndigest {curated.digest}", as_json=as_json)


def _rule(
    project: Project, run: str, rule: str, param: list[str] | None, target_error: float | None
) -> tuple[str, dict[str, Any]]:
    if target_error is None:
        return rule, rule_params(rule, param)
    threshold = project.promises.conformal_cut(run, target_error).threshold
    if threshold is None:
        raise InputError(
            f"No threshold can promise an error of {percent(target_error)} on average for {run} with the calibration "
            "items there are: allow a larger error, or audit what you accept."
        )
    return "fixed_threshold", {"threshold": threshold}


def rule_params(rule: str, texts: list[str] | None) -> dict[str, Any]:
    """The parameters typed as name=number; InputError for another form."""
    params: dict[str, Any] = {}
    whole = {parameter.name for parameter in parameters(rule) if parameter.is_integer}
    for text in texts or []:
        name, _, number = text.partition("=")
        try:
            params[name] = int(number) if name in whole else float(number)
        except ValueError as error:
            raise InputError(f"--param {text} is not of the form name=number, such as threshold=0.95.") from error
    return params


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
    decision = next(d for d in project.desk.history(50) if d.id == outcome.decision)
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
