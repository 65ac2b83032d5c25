"""winnow audit: random images of a selection, one answer at a time, and what the answers prove."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.base.errors import DecisionError
from core.cli.deciding import class_number
from core.cli.options import AsJson, Params, ProjectPath, Reviewer, Rule, RunId, answer, percent, rule_params
from core.project.audit import Audit
from core.project.project import Project


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
    found = project.promises.audit(run, rule, target=target, alpha=alpha, **params)
    if see is not None:
        outcome = project.promises.answer_audit(found, None if see == "none" else class_number(project, see), reviewer)
        if outcome.status != "saved":
            raise DecisionError(outcome.reason)
        found = project.promises.audit(run, rule, target=target, alpha=alpha, **params)
    if save is not None:
        project.promises.save_certificate(found, save)
    facts = {
        "run": run, "rule": rule, "parameters": params, "ids_hash": found.ids_hash, "next_image": found.next_id,
        "waiting": found.num_waiting, **asdict(found.certificate),
    }  # fmt: skip
    del facts["log_evidence"]  # may be infinite, which JSON cannot say
    answer(facts, _words(project, found), as_json=as_json)


def _words(project: Project, audit: Audit) -> str:
    found = audit.certificate
    lines = [
        f"{found.num_right:,} of {found.num_answers:,} answers right, {found.size:,} images in the selection",
        f"certified: at least {percent(found.certified)} right, at {1 - found.alpha:.0%} confidence "
        f"(target {percent(found.target)}: {'certified' if found.is_certified else 'not yet'})",
    ]
    if found.next_target is not None and found.num_more is not None:
        lines.append(f"{found.num_more:,} more right answers in a row for {percent(found.next_target)}")
    if audit.next_id is not None:
        lines.append(f"next image: {audit.next_id} ({project.images.names[audit.next_id]})")
    return "\n".join(lines)
