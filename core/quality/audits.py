"""Audits: certify a selection from blind answers about random images of it.

All audits of a run share one random order of the pool. An audit follows that order through the images of its set, so
its answers are a uniform sample without replacement. A stricter threshold keeps the answers inside its set; a looser
one first asks about added images that come earlier in the order. Choosing a threshold by its answers voids them.
"""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import InputError, WinnowError
from core.base.types import Command, Decision, Ids, Mask
from core.curation.replay import live_decisions
from core.quality.audit_answers import (
    EarlierAudit,
    Sensitivity,
    answers,
    are_right,
    audit_overlap,
    certified_without,
    disputed,
    first_images,
    growing_order,
    kept_set,
    prefix,
    sensitivity,
    unscored_additions,
)
from core.quality.calibration.draw_certificate import DrawCertificates, draw_facts
from core.review.decisions import Outcome
from core.risk.audit_certificate import Certificate, certificate, stratified_certified_share
from core.store.files import write_json
from core.workspace.pool_index import PoolScores


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
    num_images: int  # the set is drawn from the pool among the first images of the project, this many
    num_outside: int  # images added later that the rule keeps now: the certificate says nothing about them
    num_unscored: int  # images added after the run, without a suggestion of it: neither about these
    disputed: Ids  # answered images to which another reviewer gave another class, rising
    certified_undisputed: float  # share proven when those answers are taken as wrong, [0, 1]
    sensitivity: tuple[Sensitivity, ...]  # what is proven if some answers "right" were wrong

    @property
    def outside(self) -> str:
        """Which added images the certificate says nothing about, and what to do; empty without any."""
        text = (
            f"The certificate says nothing about {self.num_outside + self.num_unscored:,} images that were added to "
            f"the pool later, {self.num_unscored:,} of them without a suggestion of this run: fit the model again "
            "(winnow live --refresh) or train, then audit that run or version."
        )
        return text if self.num_outside + self.num_unscored else ""


class Audits(DrawCertificates):
    """Audits of what a rule keeps, and their certificates."""

    def audit(
        self,
        run_id: str,
        rule: str,
        *,
        target: float = 0.95,
        alpha: float = 0.05,
        seed: int = 0,
        num_images: int | None = None,
        **params: Any,
    ) -> Audit:
        """Replay the audit of what a rule keeps of the pool.

        Args:
            run_id: A finished run.
            rule: One of RULES.
            target: Share of right labels to certify, in (0, 1).
            alpha: Probability of a false certificate, in (0, 1).
            seed: Seed of the random order.
            num_images: Take the pool as it was when the project had this many images; None: as it is.
            params: Parameters of the rule.

        Returns:
            The answers so far, the certificate from them, and the next image to ask about.

        Raises:
            RunError: The run has no scores yet.
            ConfigError: There is no such rule, or a parameter does not fit.
            InputError: The selection is empty, the run has no suggestions yet, or the target or alpha is out of range.
        """
        grown = self._workspace.scores(run_id)
        grown.check_suggestions()
        total = len(self._workspace.images.labels)
        num = total if num_images is None else num_images
        pool, log = first_images(grown, num), self._decisions.all()
        ids, digest = kept_set(pool, rule, params)
        now = ids if num == total else kept_set(grown, rule, params)[0]
        whole = growing_order(grown.ids, self._firsts(), seed)
        order = whole[np.isin(whole, ids)]
        given = answers(log, run_id, seed)
        decisions, num_waiting = prefix(order, given)
        count, is_right = len(decisions), are_right(decisions)
        doubtful = disputed(log, decisions)
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
            earlier=self._earlier(grown, whole, (ids, digest), given, target, alpha) if num == total else None,
            num_images=num,
            num_outside=len(np.setdiff1d(now, ids)),
            num_unscored=len(np.setdiff1d(unscored_additions(grown, self._firsts()), now)),
            disputed=doubtful,
            certified_undisputed=certified_without(is_right, np.isin(order[:count], doubtful), len(order), alpha),
            sensitivity=sensitivity(is_right, len(order), alpha),
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
                num = self._num_images(decision.run_id, asked["rule"], asked["params"], asked["ids_hash"])
                if num is None:
                    continue  # the labels or the pool changed otherwise: its set is unknown
                audit = self.audit(decision.run_id, asked["rule"], num_images=num, **numbers, **asked["params"])
            except WinnowError:
                continue  # its run is gone, so its set is unknown
            if len(audit.answered):
                found[decision.run_id, audit.ids_hash] = audit
        return list(found.values())

    def _firsts(self) -> list[int]:
        """Return the first image of each addition to the project, rising."""
        return [int(addition["first"]) for addition in self._workspace.images.facts.get("additions", [])]

    def _num_images(self, run_id: str, rule: str, params: Mapping[str, Any], digest: str) -> int | None:
        """Return with how many images a rule keeps the set of a digest; None where it never did."""
        pool = self._workspace.scores(run_id)
        for num in (len(self._workspace.images.labels), *reversed(self._firsts())):
            if kept_set(first_images(pool, num), rule, params)[1] == digest:
                return num
        return None

    def _earlier(
        self,
        pool: PoolScores,
        whole: Ids,
        current: tuple[Ids, str],
        given: Mapping[int, Decision],
        target: float,
        alpha: float,
    ) -> EarlierAudit | None:
        """Certify this set from the latest answers about another set.

        Images in both sets and added images are two strata.
        """
        ids, digest = current
        before = next((d for d in sorted(given.values(), key=lambda d: -d.id) if d.params["ids_hash"] != digest), None)
        if before is None:
            return None
        rule, params = str(before.params["rule"]), before.params["params"]
        num = self._num_images(before.run_id, rule, params, before.params["ids_hash"])
        old = kept_set(pool if num is None else first_images(pool, num), rule, params)[0]
        earlier, _ = prefix(whole[np.isin(whole, old)], given)
        seen = np.array([decision.image_id for decision in earlier], dtype=np.int64)
        overlap = audit_overlap(seen, old, ids)
        strata = [overlap.kept_ids, overlap.added_ids]
        parts = [are_right(prefix(whole[np.isin(whole, part)], given)[0]) for part in strata]
        return EarlierAudit(
            rule=rule,
            params=dict(params),
            has_grown=num is not None and num < len(self._workspace.images.labels),
            frozen=certificate(are_right(earlier), len(old), target, alpha),
            num_kept=len(overlap.kept_ids),
            num_added=len(overlap.added_ids),
            num_valid=int(overlap.is_valid.sum()),
            invalid=seen[~overlap.is_valid],
            certified=stratified_certified_share(parts, [len(part) for part in strata], alpha),
        )

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
            num_images=current.num_images,
            **current.params,
        )
        default = self._workspace.path / "certificates" / f"{audit.ids_hash[:16]}.json"
        target = default if file is None else Path(file).expanduser()
        target.parent.mkdir(parents=True, exist_ok=True)
        facts = {"project": self._workspace.name, "fingerprint": self._workspace.fingerprint}
        drawn = self.draw_certificate(audit.run_id, audit.rule, alpha=asked.alpha, **audit.params)
        write_json(target, {**facts, **certificate_manifest(audit), "pool_draw": draw_facts(drawn)})
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
    scope = {name: getattr(audit, name) for name in ("num_images", "num_outside", "num_unscored")}
    doubts = {
        "disputed": audit.disputed.tolist(),
        "certified_if_disputed_are_wrong": audit.certified_undisputed,
        "certified_if_answers_are_wrong": [asdict(item) for item in audit.sensitivity],
    }
    return {**head, "seed": audit.seed, "certificate": facts, "scope": scope, "doubts": doubts, "draws": draws}
