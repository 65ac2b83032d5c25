"""Given labels follow the decisions about them, and the pool does not."""

import numpy as np

from core.base.types import UNKNOWN, Decision, Verdict
from core.curation.given_labels import corrected_labels
from core.curation.replay import ABOUT_GIVEN, replay, undecided


def decision(number: int, verdict: str, image: int, label: int | None, *, about_given: bool = True) -> Decision:
    params = {ABOUT_GIVEN: True} if about_given else {}
    return Decision(number, f"c{number}", "", "ann", "r", verdict, image, 0, label, None, params, 1, None, None)


def test_accept_and_relabel_correct_none_withdraws_and_the_rest_keeps() -> None:
    given = np.array([0, 1, 2, 0, UNKNOWN])
    log = [decision(1, "accept", 0, 2), decision(2, "relabel", 1, 0), decision(3, "none", 2, None),
           decision(4, "reject", 3, 1)]  # fmt: skip
    state = replay(log, {}, 5, about_given=True)
    assert corrected_labels(given, state).tolist() == [2, 0, UNKNOWN, 0, UNKNOWN]
    assert corrected_labels(given, undecided(5)).tolist() == given.tolist()


def test_decisions_about_given_labels_and_about_the_pool_do_not_mix() -> None:
    log = [decision(1, "accept", 0, 2), decision(2, "accept", 1, 1, about_given=False)]
    assert replay(log, {}, 2).verdict.tolist() == [Verdict.UNDECIDED, Verdict.ACCEPT]
    assert replay(log, {}, 2, about_given=True).verdict.tolist() == [Verdict.ACCEPT, Verdict.UNDECIDED]
