"""Audit certificate: proven share of right labels in an accepted set.

The accepted set has N = size images, N⁺ of them right (unknown). Images are drawn uniformly without replacement and
shown blind; after t answers S are right and W = t - S wrong. For "at most N₀ are right" the e-process
is the mean of the likelihoods of A = N₀+1 … N over the likelihood of N₀, where the likelihood of A is
A!/(A-S)! · (N-A)!/(N-A-W)!. Under that hypothesis it ever exceeds 1/alpha with probability at most alpha (Ville 1939):
one may look after each answer and stop at will.

The likelihood is log-concave in A. Hence wherever the e-process of N₀ exceeds the number e, that of N₀-1 is at least as
large: whatever share is certified, all smaller ones are certified by the same answer, and for alpha ≤ 1/4 every
statement of one audit holds together with probability at least 1 - alpha.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf, log

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from core.base.errors import InputError
from core.base.types import Ids, Mask

TARGETS = (0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
"""Shares of right labels that can be certified next, rising."""


@dataclass(frozen=True)
class Certificate:
    """Result of one audit at risk alpha."""

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


def audit_order(ids: Ids, rng: np.random.Generator) -> Ids:
    """Return the accepted images in random order: uniform, without replacement."""
    return rng.permutation(ids)


def highest_refuted(size: int, target: float) -> int:
    """Return N₀ = ⌈target · size⌉ - 1, the most right images below target."""
    return ceil(round(target * size, 9)) - 1


def log_evidence(size: int, num_right: int, num_wrong: int, refuted: int) -> float:
    """Return the log of the e-process against "at most `refuted` images are right".

    The sum over A is S! W! times a sum over j > W of C(N-N₀, j) · C(N₀+1, t+1-j) (Vandermonde): its cost is that of the
    answers, not of the set.

    Args:
        size: N, images in the accepted set.
        num_right: S, right answers.
        num_wrong: W, wrong answers.
        refuted: N₀, right images under the hypothesis.

    Returns:
        The log evidence: high = the hypothesis is refuted; inf where the answers exclude it; -inf where more are wrong
        than the hypothesis leaves room for.
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
    """Compute what the answers of an audit prove about an accepted set.

    Args:
        answers: (t,) whether each label is right, in the order drawn.
        size: N, images in the accepted set.
        target: Share of right labels to certify, (0, 1].
        alpha: Risk of a false certificate, (0, 1/4].

    Returns:
        The certificate.

    Raises:
        InputError: A number is out of range, the set is empty, or there are more answers than images.
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
    """Return how many images of the set are proven right so far.

    Once proven a count stays proven, unless so many wrong ones have been seen since that it cannot be true.

    Args:
        answers: (t,) whether each label is right, in the order drawn.
        size: N, images in the accepted set.
        alpha: Risk of a false certificate, (0, 1/4].

    Returns:
        A lower bound of N⁺.
    """
    proven = num_right = 0
    for number, is_right in enumerate(np.asarray(answers, dtype=np.bool_), start=1):
        num_right += int(is_right)
        if is_right:  # a wrong answer proves nothing new
            proven = proven_count(size, num_right, number - num_right, alpha, proven)
    return min(proven, size - len(answers) + num_right)


def proven_count(size: int, num_right: int, num_wrong: int, alpha: float, least: int = 0) -> int:
    """Return how many images of the set one look at the answers proves right.

    Args:
        size: N, images in the set.
        num_right: S, right answers about a uniform sample of it without replacement.
        num_wrong: W, wrong answers.
        alpha: Risk of a false statement, (0, 1/4].
        least: Images that are proven already, 0 to N; the search begins there.

    Returns:
        A lower bound of N⁺, `least` or more.
    """

    def stands(refuted: int) -> bool:
        return log_evidence(size, num_right, num_wrong, refuted) < -log(alpha)

    end, step = least, 1  # the first hypothesis that stands is near: "at most size are right" always does
    while end < size and not stands(end):
        end, step = end + step, 2 * step
    return bisect_left(range(min(end, size)), True, lo=least, key=stands)


def num_more(size: int, num_right: int, num_wrong: int, target: float, alpha: float = 0.05) -> int | None:
    """Return how many right answers in a row would certify the target.

    Args:
        size: N, images in the accepted set.
        num_right: S, right answers so far.
        num_wrong: W, wrong answers so far.
        target: Share of right labels to certify, (0, 1].
        alpha: Risk of a false certificate, (0, 1/4].

    Returns:
        The number of answers; None where they cannot.
    """
    refuted, limit = highest_refuted(size, target), -log(alpha)
    if num_wrong >= size - refuted:
        return None
    more = range(size - num_right - num_wrong)  # each right answer raises the evidence
    return bisect_left(more, True, key=lambda num: log_evidence(size, num_right + num, num_wrong, refuted) >= limit)


def confidence_sequence(answers: Mask, size: int, alpha: float = 0.05) -> tuple[float, float]:
    """Return an interval of N⁺ / N that holds at every answer.

    Prior-posterior ratio with a uniform prior (Waudby-Smith and Ramdas 2020, arXiv 2006.04347): a count A stays while
    the mean likelihood over 0 … N is below 1/alpha times its own. The interval is the intersection over all answers so
    far; where that is empty, which happens with probability at most alpha, that of the last answer.

    Args:
        answers: (t,) whether each label is right, in the order drawn.
        size: N, images in the accepted set.
        alpha: Probability of missing the true share.

    Returns:
        Lower and upper end, [0, 1].
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


def stratified_certified_share(answers: Sequence[Mask], sizes: Sequence[int], alpha: float = 0.05) -> float:
    """Return the share of right labels proven for strata audited apart.

    Each stratum spends alpha / strata.

    Args:
        answers: Answers of each stratum, in the order drawn.
        sizes: Images in each stratum.
        alpha: Risk of a false statement about the whole.

    Returns:
        A lower bound of the share, [0, 1].
    """
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
    """Return the last count between inside and outside that the ratio keeps.

    One count for each answer, by bisection.
    """
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


def check_alpha(alpha: float) -> None:
    """Check that the risk of a false certificate lies in (0, 1/4]; InputError where it does not."""
    if not 0 < alpha <= 0.25:
        raise InputError(f"alpha, the risk of a false certificate, must lie above 0 and at most at 0.25 (got {alpha}).")


def _check(num_answers: int, size: int, target: float, alpha: float) -> None:
    check_alpha(alpha)
    if not 0 < target <= 1:
        raise InputError(f"The share to certify must lie above 0 and at most at 1 (got {target}).")
    if num_answers > size:
        raise InputError(
            f"There are {num_answers:,} answers about a selection of {size:,} images: one answer an image."
        )
