"""Audits: certify a selection from blind answers about random images of it.

All audits of a run share one random order of the pool. An audit follows that order through the images of its set, so
its answers are a uniform sample without replacement. A stricter threshold keeps the answers inside its set; a looser
one first asks about added images that come earlier in the order. Choosing a threshold by its answers voids them.
"""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import InputError, WinnowError
from core.base.types import Command, Decision, Ids
from core.curation.replay import live_decisions
from core.quality.audit_answers import (
    Audit,
    EarlierAudit,
    answers,
    are_right,
    audit_overlap,
    certificate_manifest,
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
from core.risk.audit_certificate import certificate, stratified_certified_share
from core.store.files import write_json
from core.workspace.pool_index import PoolScores

_MOST_CHANGES = 50
"""Latest changes of hidden images among which an audited set is looked for."""


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
        num_hidden_changes: int | None = None,
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
            num_hidden_changes: Take it as it was after so many changes of hidden images; None: as it is.
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
        hidden, log = self._workspace.hidden, self._decisions.all()
        total = len(self._workspace.images.labels), len(hidden.changes)
        num = total[0] if num_images is None else num_images
        changes = total[1] if num_hidden_changes is None else num_hidden_changes
        given = answers(log, run_id, seed)
        ids, digest = kept_set(self._pool(run_id, num, changes, given), rule, params)
        is_now = (num, changes) == total
        now = ids if is_now else kept_set(self._pool(run_id, *total, given), rule, params)[0]
        whole = growing_order(self._workspace.whole_scores(run_id).ids, self._firsts(), seed)
        order = whole[np.isin(whole, ids)]
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
            earlier=self._earlier(run_id, whole, (ids, digest), given, target, alpha) if is_now else None,
            num_images=num,
            num_outside=len(np.setdiff1d(now, ids)),
            num_unscored=len(np.setdiff1d(unscored_additions(grown, self._firsts()), now)),
            num_hidden_changes=changes,
            num_hidden=int(np.isin(ids, hidden.ids).sum()),
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
        pool = self._workspace.whole_scores(current.run_id)
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
                then = self._then(decision.run_id, asked["rule"], asked["params"], asked["ids_hash"], asked["seed"])
                if then is None:
                    continue  # the labels or the pool changed otherwise: its set is unknown
                numbers |= {"num_images": then[0], "num_hidden_changes": then[1]}
                audit = self.audit(decision.run_id, asked["rule"], **numbers, **asked["params"])
            except WinnowError:
                continue  # its run is gone, so its set is unknown
            if len(audit.answered):
                found[decision.run_id, audit.ids_hash] = audit
        return list(found.values())

    def _firsts(self) -> list[int]:
        """Return the first image of each addition to the project, rising."""
        return [int(addition["first"]) for addition in self._workspace.images.facts.get("additions", [])]

    def _pool(self, run_id: str, num_images: int, num_changes: int, given: Mapping[int, Decision]) -> PoolScores:
        """Return the pool as it was among the first images, after the first changes of hidden ones.

        A hidden image that was audited and found wrong stays: hiding may not make a certificate better.
        """
        hidden = self._workspace.hidden.first(num_changes).ids
        wrong = [image for image, decision in given.items() if decision.label != decision.suggestion]
        gone = np.setdiff1d(hidden, np.array(wrong, dtype=np.int64))
        return first_images(self._workspace.whole_scores(run_id).without(gone), num_images)

    def _then(
        self, run_id: str, rule: str, params: Mapping[str, Any], digest: str, seed: int
    ) -> tuple[int, int] | None:
        """Return with how many images and changes of hidden ones a rule keeps the set of a digest; None: it never did.

        The latest 50 changes are tried.
        """
        given, num = answers(self._decisions.all(), run_id, seed), len(self._workspace.hidden.changes)
        for changes in range(num, max(-1, num - _MOST_CHANGES), -1):
            for images in (len(self._workspace.images.labels), *reversed(self._firsts())):
                if kept_set(self._pool(run_id, images, changes, given), rule, params)[1] == digest:
                    return images, changes
        return None

    def _earlier(
        self,
        run_id: str,
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
        total = len(self._workspace.images.labels), len(self._workspace.hidden.changes)
        then = self._then(run_id, rule, params, before.params["ids_hash"], before.params["seed"])
        old = kept_set(self._pool(run_id, *(then or total), given), rule, params)[0]
        earlier, _ = prefix(whole[np.isin(whole, old)], given)
        seen = np.array([decision.image_id for decision in earlier], dtype=np.int64)
        overlap = audit_overlap(seen, old, ids)
        strata = [overlap.kept_ids, overlap.added_ids]
        parts = [are_right(prefix(whole[np.isin(whole, part)], given)[0]) for part in strata]
        return EarlierAudit(
            rule=rule,
            params=dict(params),
            has_grown=then is not None and then[0] < total[0],
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
            num_hidden_changes=current.num_hidden_changes,
            **current.params,
        )
        default = self._workspace.path / "certificates" / f"{audit.ids_hash[:16]}.json"
        target = default if file is None else Path(file).expanduser()
        target.parent.mkdir(parents=True, exist_ok=True)
        facts = {"project": self._workspace.name, "fingerprint": self._workspace.fingerprint}
        drawn = self.draw_certificate(audit.run_id, audit.rule, alpha=asked.alpha, **audit.params)
        write_json(target, {**facts, **certificate_manifest(audit), "pool_draw": draw_facts(drawn)})
        return target
