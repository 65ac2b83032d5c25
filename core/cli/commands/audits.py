"""Commands audit, estimate, calibrate and reviewers: accuracy of labels and reviewers."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core.base.errors import DecisionError, InputError
from core.cli.options import (
    AsJson,
    Params,
    ProjectPath,
    Reviewer,
    Rule,
    RunId,
    Threshold,
    class_number,
    rule_params,
)
from core.cli.output import answer, estimate_info, finite, format_estimate, format_params, percent
from core.cli.part_errors import part_report
from core.project import Project
from core.quality.audit_answers import Audit, EarlierAudit
from core.quality.calibration.draw_certificate import draw_facts
from core.quality.queue_estimates import QueueEstimate
from core.quality.reviewer_checks import ReviewerCheck
from core.risk.shift.validity import ESTIMATED

Count = Annotated[
    int | None, typer.Option("--num", min=1, help="Random images to answer; more continue the same draw.")
]


def audit(
    path: ProjectPath,
    run: RunId,
    rule: Rule = "fixed_threshold",
    param: Params = None,
    target: Annotated[float, typer.Option(help="Share of right labels to certify, above 0 and at most 1.")] = 0.95,
    alpha: Annotated[float, typer.Option(help="Risk of a false certificate, above 0 and at most 0.25.")] = 0.05,
    seen: Annotated[
        str | None, typer.Option("--answer", help="Class seen on the next image, by name or number, or none.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Write the certificate into this JSON file.")] = None,
    reviewer: Reviewer = "me",
    as_json: AsJson = False,
) -> None:
    """Audit what a rule keeps: name the next random image, record an answer, say what is certified."""
    project, params = Project.open(path), rule_params(rule, param)
    found = project.quality.audit(run, rule, target=target, alpha=alpha, **params)
    if seen is not None:
        outcome = project.quality.answer_audit(found, None if seen == "none" else class_number(project, seen), reviewer)
        if outcome.status != "saved":
            raise DecisionError(outcome.reason)
        found = project.quality.audit(run, rule, target=target, alpha=alpha, **params)
    drawn = project.quality.draw_certificate(run, rule, alpha=alpha, **params)
    if save is not None:
        project.quality.save_certificate(found, save)
    info = {
        "run": run, "rule": rule, "parameters": params, "ids_hash": found.ids_hash, "next_image": found.next_id,
        "waiting": found.num_waiting, "moved": _moved_info(found.earlier), **asdict(found.certificate),
        "num_images": found.num_images, "num_unscored": found.num_unscored, "num_hidden": found.num_hidden,
        "disputed": found.disputed.tolist(),
        "certified_if_disputed_are_wrong": found.certified_undisputed,
        "certified_if_answers_are_wrong": [asdict(item) for item in found.sensitivity],
        "pool_draw": draw_facts(drawn),
    }  # fmt: skip
    del info["log_evidence"]  # may be infinite, which JSON cannot say
    more = [] if drawn is None else drawn.sentences(found.certificate, found.is_right)
    answer(info, "\n".join([*_audit_lines(project, found), *more]), as_json=as_json)


def estimate(
    path: ProjectPath,
    run: RunId,
    threshold: Threshold = 0.95,
    per_class: Annotated[
        bool, typer.Option("--per-class", help="Also the error of each predicted class, from calibration images.")
    ] = False,
    per_group: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Also by a column of the source's table; groups: those in use.")
    ] = None,
    target_error: Annotated[
        float | None, typer.Option(min=0, max=1, help="With --per-class: say what this target guarantees for each.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Estimate accuracy and error from answers to random queues, weighted by their logged probabilities."""
    if target_error is not None and not per_class:
        raise InputError("--target-error is told class by class here: add --per-class.")
    project = Project.open(path)
    quality = project.quality
    estimates, check = quality.queue_estimates(run, threshold), quality.pool_check(run)
    info = {
        "run": run, "threshold": threshold, "queues": [_queue_info(item) for item in estimates],
        "state": ESTIMATED, "calibration": {"state": check.state, "reason": check.reason},
    }  # fmt: skip
    text = "\n".join(_queue_text(item) for item in estimates) or (
        "No image of a random queue has been decided yet: review some in the order mixed or audit."
    )
    if estimates:
        text += "\nEstimated: from random draws of the pool itself, whatever the calibration images say."
    text += f"\nError from calibration images: {check.sentence}"
    more, lines = part_report(project, run, threshold, per_class=per_class, per_group=per_group, target=target_error)
    info, text = info | more, "\n".join([text, *lines])
    answer(info, text, as_json=as_json)


def calibrate(
    path: ProjectPath,
    run: RunId,
    target_error: Annotated[
        float | None, typer.Option(help="Draw as many as this target error needs, above 0 and below 1.")
    ] = None,
    risk: Annotated[
        float | None,
        typer.Option(help="With --target-error: risk of a higher error, above 0 and below 1; without: on average."),
    ] = None,
    num: Count = None,
    seen: Annotated[
        str | None, typer.Option("--answer", help="Class seen on the next image, by name or number, or none.")
    ] = None,
    reviewer: Reviewer = "me",
    as_json: AsJson = False,
) -> None:
    """Draw random images of the pool, answer them blind, and say what they calibrate; the answers train nothing."""
    if num is not None and target_error is not None:
        raise InputError("Say how many images to draw by --num or by --target-error, one of the two.")
    if risk is not None and target_error is None:
        raise InputError("--risk belongs to a target error: add --target-error, such as --target-error 0.05.")
    project = Project.open(path)
    project.workspace.finished_run(run)
    quality = project.quality
    if target_error is not None:
        num = quality.calibration_size(target_error, risk)
    if num is not None:
        quality.draw_calibration(num)
    if seen is not None:
        outcome = quality.answer_calibration(run, None if seen == "none" else class_number(project, seen), reviewer)
        if outcome.status != "saved":
            raise DecisionError(outcome.reason)
    progress, check = quality.calibration_progress(), quality.pool_check(run)
    lines = [progress.sentence]
    if not progress.number:
        lines = [f"{progress.sentence} Draw some with: winnow calibrate {path} {run} --target-error 0.05"]
    if progress.next_id is not None:
        lines.append(f"next image: {progress.next_id} ({project.images.names[progress.next_id]}); answer with --answer")
    lines.append(check.sentence)
    info = {"run": run, **asdict(progress), "state": check.state, "reason": check.reason}
    answer(info, "\n".join(lines), as_json=as_json)


def reviewers(
    path: ProjectPath,
    check_interval: Annotated[
        int | None,
        typer.Option(help="Plant one wrong suggestion among this many images of Review: 8, 12 or 20; 0: none."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how each reviewer did on attention checks: wrong suggestions caught, repeats answered alike, speed."""
    project = Project.open(path)
    if check_interval is not None:
        project.quality.set_check_interval(check_interval)
    checks = project.quality.reviewers()
    now = project.quality.check_interval
    lines = [_reviewer_text(check) for check in checks]
    lines.append(
        f"one wrong suggestion among {now} cards" if now else "no checks are planted: --check-interval 8 plants some"
    )
    answer({"every": now, "reviewers": [_reviewer_info(check) for check in checks]}, "\n".join(lines), as_json=as_json)


def _reviewer_info(check: ReviewerCheck) -> dict[str, Any]:
    return {
        "reviewer": check.reviewer, "decisions": check.num_decisions, "caught": estimate_info(check.attention.caught),
        "disagreement": estimate_info(check.attention.disagreement),
        "median_seconds": finite(check.attention.median_seconds),
        "is_flagged": check.attention.is_flagged,
    }  # fmt: skip


def _reviewer_text(check: ReviewerCheck) -> str:
    return (
        f"{check.reviewer}: {check.num_decisions:,} decisions, caught {check.attention.caught.count} of "
        f"{check.num_planted} wrong suggestions, {check.attention.disagreement.count} of {check.num_repeats} repeats "
        f"answered otherwise, median {check.attention.median_seconds:.1f} s"
        f"{' · does not seem to look' if check.attention.is_flagged else ''}"
    )


def _queue_info(estimate: QueueEstimate) -> dict[str, Any]:
    return {
        **asdict(estimate), "accuracy": estimate_info(estimate.accuracy), "error": estimate_info(estimate.error),
    }  # fmt: skip


def _queue_text(estimate: QueueEstimate) -> str:
    queue, accuracy, error = estimate.queue, estimate.accuracy, estimate.error
    return (
        f"{queue.kind} ({percent(queue.eta, 0)} random) drawn after #{queue.since}: {estimate.num_answers:,} answers"
        f"{f' and {estimate.num_waiting:,} behind a gap' if estimate.num_waiting else ''} from "
        f"{estimate.num_open:,} images\n"
        f"  accuracy {format_estimate(accuracy)}, n = {accuracy.n}\n"
        f"  error at confidence {estimate.threshold:g} and above ({estimate.num_kept:,} images) "
        f"{format_estimate(error)}, n = {error.n}"
    )


def _moved_info(moved: EarlierAudit | None) -> dict[str, Any] | None:
    if moved is None:
        return None
    info = {**asdict(moved), "invalid": moved.invalid.tolist()}
    del info["frozen"]["log_evidence"]  # may be infinite, which JSON cannot say
    return info


def _audit_lines(project: Project, audit: Audit) -> list[str]:
    found = audit.certificate
    lines = [
        f"{found.num_right:,} of {found.num_answers:,} answers right, {found.size:,} images in the selection",
        f"certified: at least {percent(found.certified)} right, at {1 - found.alpha:.0%} confidence "
        f"(target {percent(found.target)}: {'certified' if found.is_certified else 'not yet'})",
    ]
    if found.next_target is not None and found.num_more is not None:
        lines.append(f"{found.num_more:,} more right answers in a row for {percent(found.next_target)}")
    if audit.sensitivity:
        each = (f"{percent(item.certified)} if {percent(item.share, 0)}" for item in audit.sensitivity)
        lines.append(f"if some of the answers “right” were wrong: at least {', '.join(each)} of them were")
    if len(audit.disputed):
        lines.append(
            f"answered images to which another reviewer gave another class: {len(audit.disputed):,}; with these taken "
            f"as wrong: at least {percent(audit.certified_undisputed)} right"
        )
    if (moved := audit.earlier) is not None and moved.has_grown:
        lines.append(
            f"the pool has grown: the {moved.frozen.size:,} images that the rule kept before are certified apart, at "
            f"least {percent(moved.frozen.certified)} right; {moved.num_added:,} images were added since"
        )
    elif moved is not None:
        lines.append(
            f"of the answers under {moved.rule} {format_params(moved.params)}: {moved.num_valid:,} remain valid, "
            f"{len(moved.invalid):,} lie outside this selection"
        )
        if moved.num_added:
            lines.append(
                f"by strata ({moved.num_kept:,} images kept, {moved.num_added:,} added): at least "
                f"{percent(moved.certified)} right, a guarantee of its own"
            )
    lines += [audit.outside] if audit.outside else []
    if audit.next_id is not None:
        lines.append(f"next image: {audit.next_id} ({project.images.names[audit.next_id]})")
    return lines
