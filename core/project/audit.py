"""Audits: random images of what a rule keeps, asked blind; the answers are decisions in the log, the rest is a replay.

All audits of a run share one random order of the pool. An audit goes through the images of its set in that order, so
its answers are always a uniform sample without replacement. A tighter cut keeps the answers that fall inside; a looser
one first asks about the added images that come earlier in the order, until the answers behind them count again. The
promise is about one set: choosing the cut by its audit answers would void it.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.base.errors import InputError
from core.base.records import Command, Decision, Ids, Mask
from core.curate.certificate import Certificate, audit_order, certificate
from core.curate.curation import live_decisions
from core.curate.selection import checked_rule
from core.project.desk import Outcome
from core.store.arrays import write_json
from core.store.decisions import ids_digest

if TYPE_CHECKING:
    from core.project.project import Project


@dataclass(frozen=True)
class Audit:
    """One audit as the log tells it."""

    run_id: str
    rule: str
    params: Mapping[str, Any]
    seed: int
    ids_hash: str  # sha256 of the set's ids and pseudo-labels
    answered: Ids  # (t,) in the order drawn
    is_right: Mask  # (t,) whether the answer is the pseudo-label
    decisions: tuple[int, ...]  # (t,) lines of the log
    num_waiting: int  # answers of another cut that count again once earlier draws of this set are answered
    next_id: int | None  # image to ask about now; None when all have been seen
    certificate: Certificate


def read_audit(
    project: "Project", run_id: str, rule: str, params: Mapping[str, Any], target: float, alpha: float, seed: int
) -> Audit:
    """The audit of what a rule keeps of the pool: answers so far, what they prove, which image is next."""
    pool = project.scores(run_id)
    mask = checked_rule(rule, params)(pool.scores)
    order = audit_order(pool.ids, np.random.default_rng(seed))
    order = order[np.isin(order, pool.ids[mask])]
    given = _answers(project.desk.decisions(), run_id, seed)
    is_answered = np.isin(order, np.array(list(given), dtype=np.int64))
    gaps = np.flatnonzero(~is_answered)
    count = int(gaps[0]) if len(gaps) else len(order)
    answered = order[:count]
    lines = [given[int(image)] for image in answered]
    is_right = np.array([line.label == line.suggestion for line in lines], dtype=np.bool_)
    return Audit(
        run_id=run_id,
        rule=rule,
        params=dict(params),
        seed=seed,
        ids_hash=ids_digest(pool.ids[mask], pool.scores.pseudo_labels[mask]),
        answered=answered,
        is_right=is_right,
        decisions=tuple(line.id for line in lines),
        num_waiting=int(is_answered.sum()) - count,
        next_id=int(order[count]) if count < len(order) else None,
        certificate=certificate(is_right, len(order), target, alpha),
    )


def answer_audit(project: "Project", audit: Audit, label: int | None, reviewer: str) -> Outcome:
    """Record the class that a person sees on the audit's next image; None where it is none of the classes.

    An answer that agrees with the hidden pseudo-label is an accept, another one a correction: both train the next run.
    """
    if audit.next_id is None:
        raise InputError("Every image of this selection has been audited: there is none left to ask about.")
    suggestion = _suggestion(project, audit.run_id, audit.next_id)
    left = audit.certificate.size - audit.certificate.num_answers
    params = {
        "queue": "audit", "seed": audit.seed, "rule": audit.rule, "params": dict(audit.params),
        "ids_hash": audit.ids_hash, "probability": 1 / left, "target": audit.certificate.target,
        "alpha": audit.certificate.alpha,
    }  # fmt: skip
    verdict = "none" if label is None else "accept" if label == suggestion else "relabel"
    command = Command(
        str(uuid.uuid4()), verdict, audit.run_id, reviewer, audit.next_id, suggestion, label, params=params
    )
    return project.execute([command])[0]


def save_certificate(project: "Project", audit: Audit, file: Path | None = None) -> Path:
    """Write what the audit proves as JSON: rule, set hash, alpha, seed, every draw with its answer and line in the log.

    Without a file it goes into the project's folder `certificates`, named by the set's hash.
    """
    target = file or project.path / "certificates" / f"{audit.ids_hash[:16]}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    facts = asdict(audit.certificate)
    del facts["log_evidence"]  # infinite where the hypothesis is excluded, which JSON cannot say
    draws = [
        {"image_id": int(image), "is_right": bool(right), "decision": line}
        for image, right, line in zip(audit.answered, audit.is_right, audit.decisions, strict=True)
    ]
    head = {"project": project.name, "fingerprint": project.fingerprint, "run": audit.run_id, "rule": audit.rule}
    rest = {"parameters": dict(audit.params), "ids_hash": audit.ids_hash, "seed": audit.seed}
    write_json(target, {**head, **rest, "certificate": facts, "draws": draws})
    return target


def _answers(decisions: Sequence[Decision], run_id: str, seed: int) -> dict[int, Decision]:
    """The live audit answers about a run's images; the first one counts where an image was asked twice."""
    found: dict[int, Decision] = {}
    for line in live_decisions(decisions):
        is_mine = line.run_id == run_id and line.params.get("queue") == "audit" and line.params.get("seed") == seed
        if is_mine and line.image_id is not None:
            found.setdefault(line.image_id, line)
    return found


def _suggestion(project: "Project", run_id: str, image_id: int) -> int:
    pool = project.scores(run_id)
    return int(pool.scores.pseudo_labels[np.searchsorted(pool.ids, image_id)])
