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

from core.base.errors import InputError, WinnowError
from core.base.types import Command, Decision, Ids, Mask
from core.curation.replay import live_decisions
from core.curation.rules import checked_rule
from core.review.decisions import Outcome
from core.risk.audit_certificate import Certificate, audit_order, certificate, certified_of_strata, moved_cut
from core.store.decision_log import ids_digest
from core.store.files import write_json

if TYPE_CHECKING:
    from core.project import Project
    from core.workspace.pool_index import PoolScores


@dataclass(frozen=True)
class Moved:
    """What an earlier cut's answers are worth for this one: a promise of its own, beside the certificate."""

    rule: str  # of the set audited before
    params: Mapping[str, Any]
    num_kept: int  # images of this set that were in that one
    num_added: int  # images of this set that were not
    num_valid: int  # answers that remain valid
    invalid: Ids  # images answered then that lie outside this set: they say nothing about it
    certified: float  # share proven right by the two strata together, each at half of alpha


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
    moved: Moved | None  # where the latest answers were given under another cut


def read_audit(
    project: "Project", run_id: str, rule: str, params: Mapping[str, Any], target: float, alpha: float, seed: int
) -> Audit:
    """The audit of what a rule keeps of the pool: answers so far, what they prove, which image is next."""
    pool = project.scores(run_id)
    mask = checked_rule(rule, params)(pool.scores)
    whole = audit_order(pool.ids, np.random.default_rng(seed))
    order = whole[np.isin(whole, pool.ids[mask])]
    given = _answers(project.desk.decisions(), run_id, seed)
    lines, num_waiting = _prefix(order, given)
    count, is_right = len(lines), _are_right(lines)
    digest = ids_digest(pool.ids[mask], pool.scores.pseudo_labels[mask])
    return Audit(
        run_id=run_id,
        rule=rule,
        params=dict(params),
        seed=seed,
        ids_hash=digest,
        answered=order[:count],
        is_right=is_right,
        decisions=tuple(line.id for line in lines),
        num_waiting=num_waiting,
        next_id=int(order[count]) if count < len(order) else None,
        certificate=certificate(is_right, len(order), target, alpha),
        moved=_moved(pool, whole, pool.ids[mask], digest, given, alpha),
    )


def read_certificates(project: "Project") -> list[Audit]:
    """One audit for each set that somebody has answered about and that still has answers, the latest first."""
    found: dict[tuple[str, str], Audit] = {}
    for line in reversed(live_decisions(project.desk.decisions())):
        words = line.params
        if words.get("queue") != "audit" or (line.run_id, words["ids_hash"]) in found:
            continue
        try:
            audit = read_audit(
                project, line.run_id, words["rule"], words["params"], words["target"], words["alpha"], words["seed"]
            )
        except WinnowError:
            continue  # its run is gone: what the answers were about can no longer be said
        if len(audit.answered) and audit.ids_hash == words["ids_hash"]:
            found[line.run_id, audit.ids_hash] = audit
    return list(found.values())


def told(audit: Audit) -> dict[str, Any]:
    """The certificate as exports carry it: run, rule, set hash, risk, seed, what is proven, and every draw."""
    facts = asdict(audit.certificate)
    del facts["log_evidence"]  # infinite where the hypothesis is excluded, which JSON cannot say
    draws = [
        {"image_id": int(image), "is_right": bool(right), "decision": line}
        for image, right, line in zip(audit.answered, audit.is_right, audit.decisions, strict=True)
    ]
    head = {"run": audit.run_id, "rule": audit.rule, "parameters": dict(audit.params), "ids_hash": audit.ids_hash}
    return {**head, "seed": audit.seed, "certificate": facts, "draws": draws}


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
    write_json(target, {"project": project.name, "fingerprint": project.fingerprint, **told(audit)})
    return target


def _prefix(order: Ids, given: Mapping[int, Decision]) -> tuple[list[Decision], int]:
    """The answers at the front of an order without a gap, and how many more lie behind the gap."""
    is_answered = np.isin(order, np.array(list(given), dtype=np.int64))
    gaps = np.flatnonzero(~is_answered)
    count = int(gaps[0]) if len(gaps) else len(order)
    return [given[int(image)] for image in order[:count]], int(is_answered.sum()) - count


def _are_right(lines: Sequence[Decision]) -> Mask:
    return np.array([line.label == line.suggestion for line in lines], dtype=np.bool_)


def _moved(
    pool: "PoolScores", whole: Ids, ids: Ids, digest: str, given: Mapping[int, Decision], alpha: float
) -> Moved | None:
    """The set of the latest answers under another cut, as a stratum of this one; its added images are the other."""
    before = next((d for d in sorted(given.values(), key=lambda d: -d.id) if d.params["ids_hash"] != digest), None)
    if before is None:
        return None
    rule, params = str(before.params["rule"]), before.params["params"]
    old = pool.ids[checked_rule(rule, params)(pool.scores)]
    earlier, _ = _prefix(whole[np.isin(whole, old)], given)
    seen = np.array([line.image_id for line in earlier], dtype=np.int64)
    moved = moved_cut(seen, old, ids)
    strata = [moved.kept_ids, moved.added_ids]
    answers = [_are_right(_prefix(whole[np.isin(whole, part)], given)[0]) for part in strata]
    return Moved(
        rule=rule,
        params=dict(params),
        num_kept=len(moved.kept_ids),
        num_added=len(moved.added_ids),
        num_valid=int(moved.is_valid.sum()),
        invalid=seen[~moved.is_valid],
        certified=certified_of_strata(answers, [len(part) for part in strata], alpha),
    )


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
