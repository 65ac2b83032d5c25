"""Audit certificates match brute force, published numbers and their error rate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

from core.base.errors import InputError
from core.risk import audit_certificate as c


def brute_force(size: int, right: int, wrong: int, refuted: int) -> float:
    """Compute the e-process as the formula is written, over every A."""

    def log_likelihood(a: NDArray[np.int64]) -> NDArray[np.float64]:
        up = gammaln(a + 1) + gammaln(size - a + 1)
        return np.asarray(up - gammaln(a - right + 1) - gammaln(size - a - wrong + 1))

    a = np.arange(refuted + 1, size + 1)
    a = a[(a >= right) & (size - a >= wrong)]
    return float(logsumexp(log_likelihood(a)) - np.log(size - refuted) - log_likelihood(np.array([refuted]))[0])


@given(st.data())
def test_the_evidence_is_the_formula(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    refuted = data.draw(st.integers(0, size - 1))
    right = data.draw(st.integers(0, refuted))
    wrong = data.draw(st.integers(0, size - refuted - 1))
    assert c.log_evidence(size, right, wrong, refuted) == pytest.approx(
        brute_force(size, right, wrong, refuted), abs=1e-8
    )


def test_evidence_of_three_small_examples() -> None:
    # two images, "at most one is right": one right answer has likelihood 2 under A = 2 and 1 under A = 1
    assert c.log_evidence(2, 1, 0, 1) == pytest.approx(np.log(2))
    assert c.log_evidence(2, 2, 0, 1) == np.inf  # two right answers exclude it
    assert c.log_evidence(2, 0, 1, 1) == -np.inf  # all that could refute it is excluded


@pytest.mark.parametrize("refuted", [3, 5, 7])
def test_the_evidence_of_the_next_answer_is_fair_under_the_hypothesis(refuted: int) -> None:
    size, right, wrong = 12, 0, 1
    for _ in range(2):
        share = (refuted - right) / (size - right - wrong)
        now = np.exp(c.log_evidence(size, right, wrong, refuted))
        up = np.exp(c.log_evidence(size, right + 1, wrong, refuted)) if share > 0 else 0.0
        down = np.exp(c.log_evidence(size, right, wrong + 1, refuted))
        assert share * up + (1 - share) * down == pytest.approx(now)
        wrong += 1


@given(st.integers(5, 200), st.lists(st.booleans(), min_size=1, max_size=60), st.sampled_from([0.01, 0.05, 0.25]))
def test_certified_share_implies_all_smaller_shares(size: int, answers: list[bool], alpha: float) -> None:
    right, wrong = sum(answers), len(answers) - sum(answers)
    if len(answers) > size:
        return
    refuted = [c.log_evidence(size, right, wrong, n) >= -np.log(alpha) for n in range(size)]
    assert refuted == sorted(refuted, reverse=True)


def test_the_certified_count_is_the_largest_that_any_answer_so_far_has_proven() -> None:
    rng = np.random.default_rng(0)
    for _ in range(3):
        answers = rng.random(60) < 0.93
        best = 0
        for number in range(1, 61):
            right = int(answers[:number].sum())
            proven = [n + 1 for n in range(100) if c.log_evidence(100, right, number - right, n) >= np.log(20)]
            best = min(max([best, *proven]), 100 - number + right)
            assert c.certified_count(answers[:number], 100) == best


def test_answers_needed_without_an_error() -> None:
    found = {target: c.num_more(5_000, 0, 0, target) for target in (0.9, 0.95, 0.98)}
    assert found == {0.9: found[0.9], 0.95: found[0.95], 0.98: found[0.98]}
    for target, number in found.items():
        assert number is not None
        assert c.certificate([True] * number, 5_000, target).is_certified
        assert not c.certificate([True] * (number - 1), 5_000, target).is_certified
    assert found[0.9] is not None
    assert found[0.95] is not None
    assert 59 <= found[0.95] <= 100  # a fixed number of 59 would do; looking each time costs a little more


def test_unreachable_target_is_reported() -> None:
    assert c.num_more(100, 10, 5, 0.96) is None
    assert c.num_more(100, 10, 5, 0.95) == 85  # every image that is left


def test_full_audit_is_exact() -> None:
    found = c.certificate([False] * 2 + [True] * 18, 20, 0.9)
    assert (found.certified, found.is_certified) == (0.9, True)
    assert found.low <= 0.9 <= found.high
    assert c.certificate([True] * 20, 20, 1.0).next_target is None
    unlucky = [True] * 18 + [False] * 2
    assert c.certificate(unlucky[:18], 20, 0.9).certified == 0.95
    assert c.certificate(unlucky, 20, 0.9).certified == 0.9, "what has been seen to be false is not claimed"


def test_no_answers_certify_nothing() -> None:
    found = c.certificate([], 1_000)
    assert (found.certified, found.low, found.high, found.is_certified) == (0, 0, 1, False)
    assert found.next_target == 0.8
    assert found.log_evidence == pytest.approx(0)


def test_certified_share_survives_wrong_answers() -> None:
    answers = [True] * 100
    assert c.certificate(answers, 5_000).is_certified
    after = c.certificate([*answers, *[False] * 5], 5_000)
    assert after.is_certified
    assert after.log_evidence < np.log(20)


@pytest.mark.parametrize("arguments", [([], 0), ([True], 10, 0.95, 0.5), ([True], 10, 1.5), ([True] * 3, 2)])
def test_invalid_input_raises_input_error(arguments: tuple[object, ...]) -> None:
    with pytest.raises(InputError):
        c.certificate(*arguments)  # type: ignore[arg-type]


def test_false_certificates_are_rarer_than_alpha_at_any_time() -> None:
    rng, size, rounds, false = np.random.default_rng(1), 2_000, 400, 0
    truth = c.highest_refuted(size, 0.95)  # the best set that misses the target
    for _ in range(rounds):
        answers = rng.permutation(np.arange(size) < truth)[:400]
        rights = np.cumsum(answers)
        seen = [c.log_evidence(size, int(s), t - int(s), truth) for t, s in enumerate(rights, start=1)]
        false += max(seen) >= np.log(20)
        assert max(seen) < np.log(20) or c.certified_count(answers, size) > truth
    assert false <= 0.05 * rounds
    assert false > 0, "a simulation that never sees the event checks nothing"


def test_the_confidence_sequence_covers_at_all_times_at_once() -> None:
    rng, size, missed = np.random.default_rng(2), 500, 0
    for _ in range(300):
        low, high = c.confidence_sequence(rng.permutation(np.arange(size) < 460)[:200], size)
        missed += not low <= 0.92 <= high
    assert missed <= 0.05 * 300


def test_the_confidence_sequence_is_the_ratio_as_it_is_written() -> None:
    size, answers = 40, np.array([True, True, False, True, True, True, True, False, True, True])
    stays = np.ones(size + 1, dtype=np.bool_)
    for number in range(1, 11):
        right = int(answers[:number].sum())
        wrong = number - right
        a = np.arange(right, size - wrong + 1)
        logs = gammaln(a + 1) - gammaln(a - right + 1) + gammaln(size - a + 1) - gammaln(size - a - wrong + 1)
        kept = a[logsumexp(logs) - np.log(size + 1) - logs < np.log(20)]
        stays &= np.isin(np.arange(size + 1), kept)
    low, high = c.confidence_sequence(answers, size)
    assert (low * size, high * size) == pytest.approx((np.flatnonzero(stays).min(), np.flatnonzero(stays).max()))


def test_an_audit_draws_every_image_once_in_a_random_order() -> None:
    ids = np.arange(100, 200)
    first, second = (c.audit_order(ids, np.random.default_rng(seed)) for seed in (0, 1))
    assert sorted(first) == list(ids)
    assert first.tolist() != second.tolist()


@given(st.integers(1, 60), st.lists(st.booleans(), max_size=60), st.sampled_from([0.01, 0.05, 0.25]))
def test_one_look_proves_the_least_count_that_it_does_not_refute(size: int, answers: list[bool], alpha: float) -> None:
    right, wrong = sum(answers[:size]), len(answers[:size]) - sum(answers[:size])
    stands = [n for n in range(size) if c.log_evidence(size, right, wrong, n) < -np.log(alpha)]
    proven = min(stands, default=size)
    assert [c.proven_count(size, right, wrong, alpha, least) for least in range(proven + 1)] == [proven] * (proven + 1)
    assert right <= proven <= size - wrong


def test_strata_certify_the_sum_of_parts_at_half_alpha() -> None:
    one, two = np.ones(90, dtype=np.bool_), np.ones(40, dtype=np.bool_)
    apart = c.certified_count(one, 1_000, 0.025) + c.certified_count(two, 300, 0.025)
    assert c.stratified_certified_share([one, two], [1_000, 300]) == apart / 1_300
    assert c.stratified_certified_share([one], [1_000]) == c.certified_count(one, 1_000, 0.05) / 1_000
