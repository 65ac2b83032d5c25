"""Reviewer checks: how each reviewer answered the attention checks."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np

from core.base.errors import InputError
from core.base.types import Decision
from core.curation.replay import PLANTED, is_planted, live_decisions
from core.quality.base import QualityBase
from core.review.attention_checks import ANSWERS, CHECK_INTERVALS, CHECKS_FILE, REPEAT, WRONG, answers_of, read_interval
from core.risk.reviewer_attention import ReviewerAttention, reviewer_attention
from core.store.files import write_json

_MOST_SECONDS = 300.0


@dataclass(frozen=True)
class ReviewerCheck:
    """Attention-check result of one reviewer."""

    reviewer: str
    num_decisions: int  # single decisions that count
    num_planted: int  # wrong suggestions answered
    num_repeats: int
    attention: ReviewerAttention


class ReviewerChecks(QualityBase):
    """Attention of each reviewer."""

    @property
    def check_interval(self) -> int:
        """Number of cards per attention check on the review page; 0: no checks."""
        return read_interval(self._workspace)

    def set_check_interval(self, interval: int) -> None:
        """Set the number of cards per attention check.

        Args:
            interval: One of CHECK_INTERVALS; 0 turns the checks off.

        Raises:
            InputError: The interval is not one of them, or the project has no val images.
        """
        if interval not in CHECK_INTERVALS:
            allowed = ", ".join(map(str, CHECK_INTERVALS[1:]))
            raise InputError(f"A check can stand among {allowed} cards, or 0: none (got {interval}).")
        if interval and not len(self._decisions.val_items()[0]):
            raise InputError(
                "Checks are val images with a wrong suggestion, and this project has no val images: calibrate on "
                "the pool, which draws some (winnow calibrate)."
            )
        write_json(self._workspace.path / CHECKS_FILE, {"every": interval})

    def reviewers(self) -> list[ReviewerCheck]:
        """Summarize the attention checks of every reviewer with a single decision.

        Returns:
            One result per reviewer: wrong suggestions caught, repeats answered differently, seconds per decision.
        """
        decisions = live_decisions(self._decisions.all())
        names = sorted({decision.reviewer for decision in decisions if decision.image_id is not None})
        return [_check(name, answers_of(decisions, name)) for name in names]


def _check(reviewer: str, mine: list[Decision]) -> ReviewerCheck:
    by_id = {decision.id: decision for decision in mine}
    wrong = [decision for decision in mine if decision.params.get(PLANTED) == WRONG and decision.verdict in ANSWERS]
    repeats = [decision for decision in mine if decision.params.get(PLANTED) == REPEAT and decision.verdict in ANSWERS]
    pairs = [(decision, by_id[decision.params["first"]]) for decision in repeats if decision.params["first"] in by_id]
    caught = np.array([decision.verdict != "accept" for decision in wrong], dtype=np.bool_)
    alike = np.array([_said(decision) == _said(first) for decision, first in pairs], dtype=np.bool_)
    num = sum(not is_planted(decision) for decision in mine)
    return ReviewerCheck(reviewer, num, len(wrong), len(pairs), reviewer_attention(caught, alike, _seconds(mine)))


def _said(decision: Decision) -> tuple[bool, int | None]:
    """Answer in comparable form: accept and relabel to one class are equal."""
    return decision.verdict in ("accept", "relabel"), decision.label


def _seconds(mine: list[Decision]) -> list[float]:
    """Seconds per decision, measured by the page or since the decision before.

    Pauses are left out.
    """
    times = [datetime.fromisoformat(decision.time) for decision in mine]
    gaps = [None, *((b - a).total_seconds() for a, b in pairwise(times))]
    found = [decision.params.get("seconds", gap) for decision, gap in zip(mine, gaps, strict=True)]
    return [float(s) for s in found if isinstance(s, int | float) and 0 <= s <= _MOST_SECONDS]
