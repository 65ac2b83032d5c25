"""Audit certificate: how many of an accepted set are surely right, from random images shown blind, one by one.

The accepted set has N = size images, N⁺ of them right (unknown). Images are drawn uniformly without replacement; after
t answers S are right and W = t - S wrong. For "at most N₀ are right" the e-process is the mean of the likelihoods of
A = N₀+1 … N over the likelihood of N₀, where the likelihood of A is A!/(A-S)! · (N-A)!/(N-A-W)!. Under that hypothesis
it ever exceeds 1/alpha with probability at most alpha (Ville 1939): one may look after each answer and stop at will.

The likelihood is log-concave in A. Hence wherever the e-process of N₀ exceeds the number e, that of N₀-1 is at least as
large: whatever share is certified, all smaller ones are certified by the same answer, and for alpha ≤ 1/4 every
statement of one audit holds together with probability at least 1 - alpha.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf, log

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from core.base.errors import InputError
from core.base.types import Ids, Mask

TARGETS = (0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
"""Shares of right labels that the bar of the page names, rising."""


@dataclass(frozen=True)
class Certificate:
    """What the answers of one audit prove, at risk alpha."""

    size: int  # N, images in the accepted set
    num_answers: int  # t
    num_right: int  # S
    alpha: float
    target: float  # share that is asked for
    log_evidence: float  # log of the e-process of the target now; inf where it cannot be false
    is_certified: bool  # the e-process of the target has reached 1/alpha at some answer
    certified: float  # largest share proven: N⁺ / N is at least this, [0, 1]
    low: float  # two-sided confidence sequence of N⁺ / N, for display
    high: float
    next_target: float | None  # the next of TARGETS above what is certified; None where there is none
    num_more: int | None  # right answers in a row that certify next_target; None where it cannot be reached


@dataclass(frozen=True)
class AuditOverlap:
    """What remains of an audit when the accepted set changes."""

    kept_ids: Ids  # images of the old set that are in the new one: a stratum of its own
    added_ids: Ids  # images that the old set lacked: a stratum that needs draws of its own
    is_valid: Mask  # (t,) answers that count for kept_ids, in their order


def audit_order(ids: Ids, rng: np.random.Generator) -> Ids:
    """The accepted images in the order in which an audit draws them: uniform, without replacement."""
    return rng.permutation(ids)


def highest_refuted(size: int, target: float) -> int:
    """N₀ = ⌈target · size⌉ - 1: the largest number of right images that would break the target."""
    return ceil(round(target * size, 9)) - 1


def log_evidence(size: int, num_right: int, num_wrong: int, refuted: int) -> float:
    """Log of the e-process against "at most `refuted` of `size` images are right"; inf where the answers exclude it.

    The sum over A is S! W! times a sum over j > W of C(N-N₀, j) · C(N₀+1, t+1-j) (Vandermonde): its cost is that of the
    answers, not of the set. -inf where more are wrong than the hypothesis leaves room for.
    """
    if refuted < num_right:
        return inf
    if num_wrong >= size - refuted:
        return -inf
    draws, rest = num_right + num_wrong, size - refuted
    j = np.arange(num_wrong + 1, min(draws + 1, rest) + 1, dtype=np.float64)
    logs = _log_choose(rest, j) + _log_choose(refuted + 1, draws + 1 - j)
    total = logs.max() + log(np.exp(logs - logs.max()).sum())
    total += gammaln(num_right + 1) + gammaln(num_wrong + 1)
    return float(total - log(rest) - _log_likelihood(size, refuted, num_right, num_wrong))


def certificate(answers: Sequence[bool] | Mask, size: int, target: float = 0.95, alpha: float = 0.05) -> Certificate:
    """What the answers (right or not, in the order drawn) prove about the accepted set of `size` images.

    InputError for alpha outside (0, 1/4], a target outside (0, 1], or more answers than images.
    """
    right = np.asarray(answers, dtype=np.bool_)
    _check(len(right), size, target, alpha)
    if not size:
        raise InputError("An empty selection cannot be audited: accept something first.")
    num_right = int(right.sum())
    num_wrong = len(right) - num_right
    proven = certified_count(right, size, alpha)
    low, high = confidence_sequence(right, size, alpha)
    following = next((share for share in TARGETS if highest_refuted(size, share) >= proven), None)
    return Certificate(
        size=size,
        num_answers=len(right),
        num_right=num_right,
        alpha=alpha,
        target=target,
        log_evidence=log_evidence(size, num_right, num_wrong, highest_refuted(size, target)),
        is_certified=proven > highest_refuted(size, target),
        certified=proven / size,
        low=low,
        high=high,
        next_target=following,
        num_more=None if following is None else num_more(size, num_right, num_wrong, following, alpha),
    )


def certified_count(answers: Mask, size: int, alpha: float = 0.05) -> int:
    """How many of the set are proven right at some answer so far: N⁺ is at least this.

    Once proven it stays proven, unless so many wrong ones have been seen since that it cannot be true.
    """
    limit, proven, num_right = -log(alpha), 0, 0
    for number, is_right in enumerate(np.asarray(answers, dtype=np.bool_), start=1):
        num_right += int(is_right)
        num_wrong = number - num_right
        if not is_right or log_evidence(size, num_right, num_wrong, proven) < limit:
            continue  # a wrong answer proves nothing new
        fits, step = proven, 1  # "at most `fits` are right" is refuted, "at most size" cannot be
        while fits + step < size and log_evidence(size, num_right, num_wrong, fits + step) >= limit:
            fits, step = fits + step, 2 * step
        fails = min(fits + step, size)
        while fails - fits > 1:
            middle = (fits + fails) // 2
            is_refuted = log_evidence(size, num_right, num_wrong, middle) >= limit
            fits, fails = (middle, fails) if is_refuted else (fits, middle)
        proven = fits + 1
    return min(proven, size - len(answers) + num_right)


def num_more(size: int, num_right: int, num_wrong: int, target: float, alpha: float = 0.05) -> int | None:
    """Right answers in a row that are still missing to certify the target; None where they cannot."""
    refuted, limit = highest_refuted(size, target), -log(alpha)
    if num_wrong >= size - refuted:
        return None
    few, enough = -1, size - num_right - num_wrong  # each right answer raises the evidence
    while enough - few > 1:
        middle = (few + enough) // 2
        is_enough = log_evidence(size, num_right + middle, num_wrong, refuted) >= limit
        few, enough = (few, middle) if is_enough else (middle, enough)
    return enough


def confidence_sequence(answers: Mask, size: int, alpha: float = 0.05) -> tuple[float, float]:
    """Interval of N⁺ / N valid at every answer at once, from the prior-posterior ratio with a uniform prior.

    Waudby-Smith and Ramdas 2020 (arXiv 2006.04347): a count A stays while the mean likelihood over 0 … N is below
    1/alpha times its own. The interval is the intersection over all answers so far; where
    that is empty, which happens with probability at most alpha, that of the last answer.
    """
    right = np.cumsum(np.asarray(answers, dtype=np.int64))
    if not len(right) or not size:
        return 0.0, 1.0
    wrong = np.arange(1, len(right) + 1) - right
    least, most = right, size - wrong
    peak = np.clip(np.round(size * right / (right + wrong)).astype(np.int64), least, most)
    low = _edge(size, right, wrong, alpha, peak, least - 1)
    high = _edge(size, right, wrong, alpha, peak, most + 1)
    ends = (low.max(), high.min()) if low.max() <= high.min() else (low[-1], high[-1])
    return float(ends[0] / size), float(ends[1] / size)


def audit_overlap(answered_ids: Ids, old_ids: Ids, new_ids: Ids) -> AuditOverlap:
    """Which answers of an audit of old_ids remain valid for new_ids (same run, same labels).

    A tighter cut keeps the answers that still fall inside: they are a uniform sample of it. What a looser cut adds was
    never sampled: it is a second stratum with draws of its own.
    """
    kept, added = np.intersect1d(old_ids, new_ids), np.setdiff1d(new_ids, old_ids)
    return AuditOverlap(kept, added, np.isin(answered_ids, kept))


def stratified_certified_share(answers: Sequence[Mask], sizes: Sequence[int], alpha: float = 0.05) -> float:
    """Largest share of right labels proven for a set made of strata audited apart; each may spend alpha / strata."""
    proven = sum(certified_count(a, n, alpha / len(sizes)) for a, n in zip(answers, sizes, strict=True) if n)
    return proven / max(1, sum(sizes))


def _edge(
    size: int,
    right: NDArray[np.int64],
    wrong: NDArray[np.int64],
    alpha: float,
    inside: NDArray[np.int64],
    outside: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The last count on the way from inside to outside that the ratio keeps, for each answer, by bisection."""
    prior = gammaln(right + 1) + gammaln(wrong + 1) + _log_choose(size + 1, right + wrong + 1) - log(size + 1)
    inside, outside = inside.copy(), outside.copy()
    while (np.abs(outside - inside) > 1).any():
        is_open = np.abs(outside - inside) > 1
        middle = np.where(is_open, (inside + outside) // 2, inside)
        ratio = prior - _log_likelihood(size, middle, right, wrong)
        is_kept = ratio < -log(alpha)
        inside = np.where(is_open & is_kept, middle, inside)
        outside = np.where(is_open & ~is_kept, middle, outside)
    return inside


def _log_likelihood(
    size: int,
    right_in_set: int | NDArray[np.int64],
    num_right: int | NDArray[np.int64],
    num_wrong: int | NDArray[np.int64],
) -> NDArray[np.float64]:
    wrong_in_set = size - right_in_set
    up = gammaln(right_in_set + 1) + gammaln(wrong_in_set + 1)
    return np.asarray(up - gammaln(right_in_set - num_right + 1) - gammaln(wrong_in_set - num_wrong + 1))


def _log_choose(n: int, k: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def _check(num_answers: int, size: int, target: float, alpha: float) -> None:
    if not 0 < alpha <= 0.25:
        raise InputError(f"alpha, the risk of a false certificate, must lie above 0 and at most at 0.25 (got {alpha}).")
    if not 0 < target <= 1:
        raise InputError(f"The share to certify must lie above 0 and at most at 1 (got {target}).")
    if num_answers > size:
        raise InputError(
            f"There are {num_answers:,} answers about a selection of {size:,} images: one answer an image."
        )
