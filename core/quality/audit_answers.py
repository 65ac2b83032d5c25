"""Sets and answers of audits: their order, which of them count, who disagrees, what wrong answers would change."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np

from core.base.types import Decision, Ids, Mask
from core.curation.replay import live_decisions
from core.curation.rules import checked_rule
from core.risk.audit_certificate import Certificate, audit_order, certified_count
from core.store.decision_log import ids_digest
from core.workspace.pool_index import PoolScores

WRONG_SHARES = (0.01, 0.02, 0.05)
"""Shares of wrong answers for which a certificate is given beside the one that takes every answer as true."""


@dataclass(frozen=True)
class Sensitivity:
    """What a certificate would be if some answers were wrong.

    Attributes:
        share: Share of the answers "right" that are taken as wrong, rounded up to whole answers.
        num_wrong: Their number.
        certified: Share of right labels proven then, [0, 1].
    """

    share: float
    num_wrong: int
    certified: float


@dataclass(frozen=True)
class AuditOverlap:
    """Answers of an audit that remain valid for a changed set."""

    kept_ids: Ids  # images of the old set that are in the new one: a stratum of its own
    added_ids: Ids  # images that the old set lacked: a stratum that needs draws of its own
    is_valid: Mask  # (t,) answers that count for kept_ids, in their order


@dataclass(frozen=True)
class EarlierAudit:
    """Guarantee that answers about an earlier set give for this set."""

    rule: str  # of the earlier set
    params: Mapping[str, Any]
    has_grown: bool  # the rule is the same: the pool has grown since
    frozen: Certificate  # of the earlier set, which stays valid for it
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
    num_images: int  # the set is drawn from the pool among the first images of the project, this many
    num_outside: int  # images added later that the rule keeps now: the certificate says nothing about them
    num_unscored: int  # images added after the run, without a suggestion of it: neither about these
    num_hidden_changes: int  # the set is drawn without the images that these first changes hid
    num_hidden: int  # images of the set that were hidden since: the certificate counts them
    disputed: Ids  # answered images to which another reviewer gave another class, rising
    certified_undisputed: float  # share proven when those answers are taken as wrong, [0, 1]
    sensitivity: tuple[Sensitivity, ...]  # what is proven if some answers "right" were wrong

    @property
    def outside(self) -> str:
        """Which added images it says nothing about, what to do, and how many hidden ones it counts; empty without."""
        text = (
            f"The certificate says nothing about {self.num_outside + self.num_unscored:,} images that were added to "
            f"the pool later, {self.num_unscored:,} of them without a suggestion of this run: fit the model again "
            "(winnow live --refresh) or train, then audit that run or version."
        )
        hidden = f"It counts {self.num_hidden:,} images that were hidden since."
        parts = [text] * bool(self.num_outside + self.num_unscored) + [hidden] * bool(self.num_hidden)
        return " ".join(parts)


def unscored_additions(pool: PoolScores, firsts: Sequence[int]) -> Ids:
    """Return the added images that a run made before them says nothing about: every class is as likely there.

    Args:
        pool: Scores of the run.
        firsts: First image of each addition to the project, rising; empty where there was none.
    """
    is_added = pool.ids >= (firsts[0] if firsts else np.inf)
    is_even = (pool.scores.margin == 0) & np.isclose(pool.scores.confidence, 1 / pool.scores.num_classes)
    found: Ids = pool.ids[is_added & is_even]
    return found


def growing_order(ids: Ids, firsts: Sequence[int], seed: int) -> Ids:
    """Return a pool in random order that keeps its order when images are added.

    The images of the first pool stand in uniform order; those of each addition are shuffled and merged into it at
    random. The order of every part is uniform, and so is that of the whole.

    Args:
        ids: The pool, rising.
        firsts: First image of each addition to the project, rising; empty where there was none.
        seed: Of the order.

    Returns:
        The same images in the order in which an audit asks about them.
    """
    ends = [*firsts, np.inf]
    order = audit_order(ids[ids < ends[0]], np.random.default_rng(seed))
    for number, (first, end) in enumerate(pairwise(ends), start=1):
        rng = np.random.default_rng([seed, number])
        added = audit_order(ids[(ids >= first) & (ids < end)], rng)
        is_added = rng.permutation(np.repeat([False, True], [len(order), len(added)]))
        merged = np.empty(len(is_added), dtype=np.int64)
        merged[~is_added], merged[is_added] = order, added
        order = merged
    return order


def prefix(order: Ids, given: Mapping[int, Decision]) -> tuple[list[Decision], int]:
    """Return the answers before the first gap in an order, and how many follow it.

    Args:
        order: Images in the order in which they are asked about.
        given: Answers by image.
    """
    is_answered = np.isin(order, np.array(list(given), dtype=np.int64))
    gaps = np.flatnonzero(~is_answered)
    count = int(gaps[0]) if len(gaps) else len(order)
    return [given[int(image)] for image in order[:count]], int(is_answered.sum()) - count


def are_right(decisions: Sequence[Decision]) -> Mask:
    """Mark answers that name the class that the model had suggested, (t,)."""
    return np.array([decision.label == decision.suggestion for decision in decisions], dtype=np.bool_)


def audit_overlap(answered_ids: Ids, old_ids: Ids, new_ids: Ids) -> AuditOverlap:
    """Find the answers of an audit that remain valid for another accepted set.

    Both sets come from the same run with the same labels. A subset keeps the answers that still fall inside: they are a
    uniform sample of it. Images that the new set adds were never sampled: they are a second stratum with draws of its
    own.

    Args:
        answered_ids: (t,) images answered, in the order drawn.
        old_ids: The audited set.
        new_ids: The changed set.

    Returns:
        The images kept and added, and which answers count.
    """
    kept, added = np.intersect1d(old_ids, new_ids), np.setdiff1d(new_ids, old_ids)
    return AuditOverlap(kept, added, np.isin(answered_ids, kept))


def answers(decisions: Sequence[Decision], run_id: str, seed: int) -> dict[int, Decision]:
    """Return the live audit answers about a run's images; the first per image counts.

    Args:
        decisions: The whole log.
        run_id: The run.
        seed: Seed of the audit's order.
    """
    found: dict[int, Decision] = {}
    for decision in live_decisions(decisions):
        asked = decision.params
        is_mine = decision.run_id == run_id and asked.get("queue") == "audit" and asked.get("seed") == seed
        if is_mine and decision.image_id is not None:
            found.setdefault(decision.image_id, decision)
    return found


def disputed(decisions: Sequence[Decision], counted: Sequence[Decision]) -> Ids:
    """Return the audited images for which another reviewer's decision names another class, rising.

    Args:
        decisions: The whole log; undone decisions do not count.
        counted: The answers of the audit.
    """
    answered = {decision.image_id: decision for decision in counted}
    found = set[int]()
    for other in live_decisions(decisions):
        mine = answered.get(other.image_id)
        if mine is None or mine.image_id is None or other.reviewer == mine.reviewer:
            continue
        if other.verdict in _ABOUT_CLASS and other.label != mine.label:
            found.add(mine.image_id)
    return np.array(sorted(found), dtype=np.int64)


_ABOUT_CLASS = ("accept", "relabel", "none", "select_accept", "select_relabel")


def sensitivity(is_right: Mask, size: int, alpha: float) -> tuple[Sensitivity, ...]:
    """Return what the certificate would be if some of the answers "right" were wrong.

    The first of them are taken as wrong: at every answer that leaves the fewest right ones, and the evidence grows with
    their number, so that no other choice of as many proves less.

    Args:
        is_right: (t,) answers in the order drawn.
        size: Images in the audited set.
        alpha: Risk of a false certificate, (0, 1/4].

    Returns:
        One result for each of `WRONG_SHARES`; empty without a right answer.
    """
    right = np.flatnonzero(is_right)
    return tuple(_with_wrong(is_right, right, size, alpha, share) for share in WRONG_SHARES) if len(right) else ()


def _with_wrong(is_right: Mask, right: Ids, size: int, alpha: float, share: float) -> Sensitivity:
    num_wrong = ceil(round(share * len(right), 9))
    changed = is_right.copy()
    changed[right[:num_wrong]] = False
    return Sensitivity(share, num_wrong, certified_count(changed, size, alpha) / size)


def certified_without(is_right: Mask, is_doubtful: Mask, size: int, alpha: float) -> float:
    """Return the share proven right when doubtful answers are taken as wrong, [0, 1]; see `sensitivity`."""
    return certified_count(is_right & ~is_doubtful, size, alpha) / size


def kept_set(pool: PoolScores, rule: str, params: Mapping[str, Any]) -> tuple[Ids, str]:
    """Return what a rule keeps of a pool, rising, and the digest of these images and their suggestions."""
    mask = checked_rule(rule, params)(pool.scores)
    return pool.ids[mask], ids_digest(pool.ids[mask], pool.scores.pseudo_labels[mask])


def first_images(pool: PoolScores, num: int) -> PoolScores:
    """Return a pool without the images that were added after the first `num` of the project."""
    rows = int(np.searchsorted(pool.ids, num))
    if rows == len(pool.ids):
        return pool
    scores = pool.scores
    parts = {name: getattr(scores, name)[:rows] for name in ("confidence", "entropy", "margin", "pseudo_labels")}
    return PoolScores(pool.ids[:rows], replace(scores, **parts), pool.temperature, has_suggestions=pool.has_suggestions)


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
    scope = {name: getattr(audit, name) for name in ("num_images", "num_outside", "num_unscored", "num_hidden")}
    doubts = {
        "disputed": audit.disputed.tolist(),
        "certified_if_disputed_are_wrong": audit.certified_undisputed,
        "certified_if_answers_are_wrong": [asdict(item) for item in audit.sensitivity],
    }
    return {**head, "seed": audit.seed, "certificate": facts, "scope": scope, "doubts": doubts, "draws": draws}
