"""Audits: certify a selection from blind answers about random images of it.

All audits of a run share one random order of the pool. An audit follows that order through the images of its set, so
its answers are always a uniform sample without replacement. A stricter threshold keeps the answers inside its set. A
looser one first asks about the added images that come earlier in the order; later answers then count again.
The guarantee is about one set: choosing the threshold by its audit answers would void it.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import InputError, WinnowError
from core.base.types import Command, Decision, Ids, Mask
from core.curation.replay import live_decisions
from core.curation.rules import checked_rule
from core.quality.base import QualityBase
from core.review.decisions import Outcome
from core.risk.audit_certificate import Certificate, audit_order, audit_overlap, certificate, stratified_certified_share
from core.store.decision_log import ids_digest
from core.store.files import write_json
from core.workspace.pool_index import PoolScores


@dataclass(frozen=True)
class EarlierAudit:
    """Guarantee that answers about an earlier set give for this set."""

    rule: str  # of the earlier set
    params: Mapping[str, Any]
    num_kept: int  # images in both sets
    num_added: int  # images of this set alone
    num_valid: int  # answers that remain valid
    invalid: Ids  # answered images outside this set
    certified: float  # share certified by both strata, each at alpha / 2


@dataclass(frozen=True)
class Audit:
    """One audit, replayed from the log."""

    run_id: str
    rule: str
    params: Mapping[str, Any]
    seed: int
    ids_hash: str  # sha256 of the set's ids and pseudo-labels
    answered: Ids  # (t,) in the order drawn
    is_right: Mask  # (t,) whether the answer is the pseudo-label
    decisions: tuple[int, ...]  # (t,) their ids in the log
    num_waiting: int  # answers that count once earlier draws of this set are answered
    next_id: int | None  # next image to ask about; None when all are answered
    certificate: Certificate
    earlier: EarlierAudit | None  # None without answers about another set


class Audits(QualityBase):
    """Audits of what a rule keeps, and their certificates."""

    def audit(
        self, run_id: str, rule: str, *, target: float = 0.95, alpha: float = 0.05, seed: int = 0, **params: Any
    ) -> Audit:
        """Replay the audit of what a rule keeps of the pool.

        Args:
            run_id: A finished run.
            rule: One of RULES.
            target: Share of right labels to certify, in (0, 1).
            alpha: Probability of a false certificate, in (0, 1).
            seed: Seed of the random order.
            params: Parameters of the rule.

        Returns:
            The answers so far, the certificate from them, and the next image to ask about.

        Raises:
            RunError: The run has no scores yet.
            ConfigError: There is no such rule, or a parameter does not fit.
            InputError: The selection is empty, the run has no suggestions yet, or the target or alpha is out of range.
        """
        pool = self._workspace.scores(run_id)
        pool.check_suggestions()
        mask = checked_rule(rule, params)(pool.scores)
        whole = audit_order(pool.ids, np.random.default_rng(seed))
        order = whole[np.isin(whole, pool.ids[mask])]
        given = _answers(self._decisions.all(), run_id, seed)
        decisions, num_waiting = _prefix(order, given)
        count, is_right = len(decisions), _are_right(decisions)
        digest = ids_digest(pool.ids[mask], pool.scores.pseudo_labels[mask])
        return Audit(
            run_id=run_id,
            rule=rule,
            params=dict(params),
            seed=seed,
            ids_hash=digest,
            answered=order[:count],
            is_right=is_right,
            decisions=tuple(decision.id for decision in decisions),
            num_waiting=num_waiting,
            next_id=int(order[count]) if count < len(order) else None,
            certificate=certificate(is_right, len(order), target, alpha),
            earlier=_earlier(pool, whole, pool.ids[mask], digest, given, alpha),
        )

    def answer_audit(self, current: Audit, label: int | None, reviewer: str = "me") -> Outcome:
        """Record a person's class for the next image, and store the certificate.

        An answer that agrees with the hidden pseudo-label is an accept, another one a relabel; both train the next run.

        Args:
            current: The audit.
            label: The class; None where the image is none of the classes.
            reviewer: Who answers.

        Returns:
            Whether the decision was saved, or why it was refused.

        Raises:
            InputError: Every image of the selection has been audited.
        """
        if current.next_id is None:
            raise InputError("Every image of this selection has been audited: there is none left to ask about.")
        pool = self._workspace.scores(current.run_id)
        suggestion = int(pool.scores.pseudo_labels[np.searchsorted(pool.ids, current.next_id)])
        asked = current.certificate
        params = {
            "queue": "audit", "seed": current.seed, "rule": current.rule, "params": dict(current.params),
            "ids_hash": current.ids_hash, "probability": 1 / (asked.size - asked.num_answers), "target": asked.target,
            "alpha": asked.alpha,
        }  # fmt: skip
        verdict = "none" if label is None else "accept" if label == suggestion else "relabel"
        command = Command(
            str(uuid.uuid4()), verdict, current.run_id, reviewer, current.next_id, suggestion, label, params=params
        )
        outcome = self._decisions.execute([command])[0]
        if outcome.status == "saved":
            self.save_certificate(current)
        return outcome

    def certificates(self) -> list[Audit]:
        """Replay one audit for each set with live answers, the latest first.

        Returns:
            The audits; sets whose run or scores can no longer be read are left out.
        """
        found: dict[tuple[str, str], Audit] = {}
        for decision in reversed(live_decisions(self._decisions.all())):
            asked = decision.params
            if asked.get("queue") != "audit" or (decision.run_id, asked["ids_hash"]) in found:
                continue
            numbers = {name: asked[name] for name in ("target", "alpha", "seed")}
            try:
                audit = self.audit(decision.run_id, asked["rule"], **numbers, **asked["params"])
            except WinnowError:
                continue  # its run is gone, so its set is unknown
            if len(audit.answered) and audit.ids_hash == asked["ids_hash"]:
                found[decision.run_id, audit.ids_hash] = audit
        return list(found.values())

    def save_certificate(self, current: Audit, file: Path | str | None = None) -> Path:
        """Write the certificate of an audit as JSON.

        Args:
            current: The audit; answers given since are included.
            file: Where to; by default the project's folder `certificates`, named by the set's hash.

        Returns:
            The file, with rule, set hash, alpha, seed and every draw with its decision.
        """
        asked = current.certificate
        audit = self.audit(
            current.run_id,
            current.rule,
            target=asked.target,
            alpha=asked.alpha,
            seed=current.seed,
            **current.params,
        )
        default = self._workspace.path / "certificates" / f"{audit.ids_hash[:16]}.json"
        target = default if file is None else Path(file).expanduser()
        target.parent.mkdir(parents=True, exist_ok=True)
        facts = {"project": self._workspace.name, "fingerprint": self._workspace.fingerprint}
        write_json(target, {**facts, **certificate_manifest(audit)})
        return target


def certificate_manifest(audit: Audit) -> dict[str, Any]:
    """Return an audit's certificate as a JSON-serializable dict.

    Args:
        audit: The audit.

    Returns:
        Run, rule, parameters, set hash, seed, certificate and every draw.
    """
    facts = asdict(audit.certificate)
    del facts["log_evidence"]  # may be infinite, which JSON cannot store
    draws = [
        {"image_id": int(image), "is_right": bool(right), "decision": decision}
        for image, right, decision in zip(audit.answered, audit.is_right, audit.decisions, strict=True)
    ]
    head = {"run": audit.run_id, "rule": audit.rule, "parameters": dict(audit.params), "ids_hash": audit.ids_hash}
    return {**head, "seed": audit.seed, "certificate": facts, "draws": draws}


def _prefix(order: Ids, given: Mapping[int, Decision]) -> tuple[list[Decision], int]:
    """Answers before the first gap in an order, and how many follow it."""
    is_answered = np.isin(order, np.array(list(given), dtype=np.int64))
    gaps = np.flatnonzero(~is_answered)
    count = int(gaps[0]) if len(gaps) else len(order)
    return [given[int(image)] for image in order[:count]], int(is_answered.sum()) - count


def _are_right(decisions: Sequence[Decision]) -> Mask:
    return np.array([decision.label == decision.suggestion for decision in decisions], dtype=np.bool_)


def _earlier(
    pool: PoolScores, whole: Ids, ids: Ids, digest: str, given: Mapping[int, Decision], alpha: float
) -> EarlierAudit | None:
    """Certify this set from the latest answers about another set.

    Images in both sets and added images are two strata.
    """
    before = next((d for d in sorted(given.values(), key=lambda d: -d.id) if d.params["ids_hash"] != digest), None)
    if before is None:
        return None
    rule, params = str(before.params["rule"]), before.params["params"]
    old = pool.ids[checked_rule(rule, params)(pool.scores)]
    earlier, _ = _prefix(whole[np.isin(whole, old)], given)
    seen = np.array([decision.image_id for decision in earlier], dtype=np.int64)
    overlap = audit_overlap(seen, old, ids)
    strata = [overlap.kept_ids, overlap.added_ids]
    answers = [_are_right(_prefix(whole[np.isin(whole, part)], given)[0]) for part in strata]
    return EarlierAudit(
        rule=rule,
        params=dict(params),
        num_kept=len(overlap.kept_ids),
        num_added=len(overlap.added_ids),
        num_valid=int(overlap.is_valid.sum()),
        invalid=seen[~overlap.is_valid],
        certified=stratified_certified_share(answers, [len(part) for part in strata], alpha),
    )


def _answers(decisions: Sequence[Decision], run_id: str, seed: int) -> dict[int, Decision]:
    """Live audit answers about a run's images; the first per image counts."""
    found: dict[int, Decision] = {}
    for decision in live_decisions(decisions):
        is_mine = (
            decision.run_id == run_id
            and decision.params.get("queue") == "audit"
            and decision.params.get("seed") == seed
        )
        if is_mine and decision.image_id is not None:
            found.setdefault(decision.image_id, decision)
    return found
