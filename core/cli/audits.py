"""winnow audit: random images of a selection, one answer at a time, and what the answers prove."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core.base.errors import DecisionError
from core.base.types import Estimate
from core.cli.decisions import class_number
from core.cli.options import AsJson, Params, ProjectPath, Reviewer, Rule, RunId, answer, finite, percent, rule_params
from core.project import Project
from core.quality.audits import Audit, EarlierAudit


def audit(
    path: ProjectPath,
    run: RunId,
    rule: Rule = "fixed_threshold",
    param: Params = None,
    target: Annotated[float, typer.Option(help="Share of right labels to certify, above 0 and at most 1.")] = 0.95,
    alpha: Annotated[float, typer.Option(help="Risk of a false certificate, above 0 and at most 0.25.")] = 0.05,
    see: Annotated[
        str | None, typer.Option("--answer", help="The class seen on the next image, by name or number, or: none.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Write the certificate into this JSON file.")] = None,
    reviewer: Reviewer = "me",
    as_json: AsJson = False,
) -> None:
    """Audit what a rule keeps: name the next random image, record an answer, say what is certified so far."""
    project, params = Project.open(path), rule_params(rule, param)
    found = project.quality.audit(run, rule, target=target, alpha=alpha, **params)
    if see is not None:
        outcome = project.quality.answer_audit(found, None if see == "none" else class_number(project, see), reviewer)
        if outcome.status != "saved":
            raise DecisionError(outcome.reason)
        found = project.quality.audit(run, rule, target=target, alpha=alpha, **params)
    if save is not None:
        project.quality.save_certificate(found, save)
    facts = {
        "run": run, "rule": rule, "parameters": params, "ids_hash": found.ids_hash, "next_image": found.next_id,
        "waiting": found.num_waiting, "moved": _moved(found.moved), **asdict(found.certificate),
    }  # fmt: skip
    del facts["log_evidence"]  # may be infinite, which JSON cannot say
    answer(facts, _words(project, found), as_json=as_json)


def reviewers(
    path: ProjectPath,
    every: Annotated[
        int | None, typer.Option(help="Plant one wrong suggestion among so many cards of Review: 8, 12, 20; 0: none.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say of each reviewer whether planted wrong suggestions were caught, repeats answered alike, and how fast."""
    project = Project.open(path)
    if every is not None:
        project.quality.set_check_interval(every)
    found = project.quality.reviewers()
    people = [
        {
            "reviewer": item.reviewer, "decisions": item.num_decisions, "caught": _share(item.stamp.caught),
            "disagreement": _share(item.stamp.disagreement), "median_seconds": finite(item.stamp.median_seconds),
            "is_flagged": item.stamp.is_flagged,
        }
        for item in found
    ]  # fmt: skip
    lines = [
        f"{item.reviewer}: {item.num_decisions:,} decisions, caught {item.stamp.caught.count} of {item.num_planted} "
        f"wrong suggestions, {item.stamp.disagreement.count} of {item.num_repeats} repeats answered otherwise, median "
        f"{item.stamp.median_seconds:.1f} s{' · does not seem to look' if item.stamp.is_flagged else ''}"
        for item in found
    ]
    now = project.quality.check_interval
    lines.append(f"one wrong suggestion among {now} cards" if now else "no checks are planted: --every 8 plants some")
    answer({"every": now, "reviewers": people}, "\n".join(lines), as_json=as_json)


def _moved(moved: EarlierAudit | None) -> dict[str, Any] | None:
    return None if moved is None else {**asdict(moved), "invalid": moved.invalid.tolist()}


def _share(found: Estimate) -> dict[str, float | int | None]:
    return {**asdict(found), "value": finite(found.value)}


def _words(project: Project, audit: Audit) -> str:
    found = audit.certificate
    lines = [
        f"{found.num_right:,} of {found.num_answers:,} answers right, {found.size:,} images in the selection",
        f"certified: at least {percent(found.certified)} right, at {1 - found.alpha:.0%} confidence "
        f"(target {percent(found.target)}: {'certified' if found.is_certified else 'not yet'})",
    ]
    if found.next_target is not None and found.num_more is not None:
        lines.append(f"{found.num_more:,} more right answers in a row for {percent(found.next_target)}")
    if (moved := audit.moved) is not None:
        lines.append(
            f"of the answers under {moved.rule} {_params(moved.params)}: {moved.num_valid:,} remain valid, "
            f"{len(moved.invalid):,} lie outside this selection"
        )
        if moved.num_added:
            lines.append(
                f"by strata ({moved.num_kept:,} images kept, {moved.num_added:,} added): at least "
                f"{percent(moved.certified)} right, a promise of its own"
            )
    if audit.next_id is not None:
        lines.append(f"next image: {audit.next_id} ({project.images.names[audit.next_id]})")
    return "\n".join(lines)


def _params(params: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value:g}" if isinstance(value, int | float) else name for name, value in params.items())
