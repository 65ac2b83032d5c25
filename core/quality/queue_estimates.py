"""Accuracy and error estimates from the answers to a random queue.

They are about all images that were open when the queue was drawn. Answers count from its start up to the first gap.
The order was drawn before the first answer, so stopping early widens the interval and causes no bias. Answers given
elsewhere about an image of the queue count as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.base.errors import WinnowError
from core.base.types import UNKNOWN, Decision
from core.curation.replay import is_planted, live_decisions
from core.quality.base import QualityBase
from core.review.random_queues import RANDOM, RandomQueue
from core.risk.sampling_estimates import MeanEstimate, complement, lure, lure_of_part


@dataclass(frozen=True)
class QueueEstimate:
    """Accuracy and error estimated from one random queue."""

    queue: RandomQueue
    num_open: int  # N, images that could be drawn
    num_answers: int  # from the start of the queue, without a gap
    num_waiting: int  # answers after the gap; they count once it is closed
    accuracy: MeanEstimate  # share of the N whose pseudo-label is right
    threshold: float  # confidence
    num_kept: int  # of the N, those at or above the threshold
    error: MeanEstimate  # share of these whose pseudo-label is wrong


class QueueEstimates(QualityBase):
    """Estimates from random queues."""

    def queue_estimates(self, run_id: str, threshold: float) -> list[QueueEstimate]:
        """Estimate pseudo-label accuracy, and error above a threshold, from answered random queues.

        Args:
            run_id: A finished run.
            threshold: Confidence from which labels would be accepted, [0, 1].

        Returns:
            One estimate for each random queue with an answer, the latest first.

        Raises:
            RunError: The run has no scores yet.

        Source: LURE weights, Farquhar et al. 2021, arXiv 2101.11665.
        """
        queues = self._decisions.review(run_id).queues.random
        decisions = [decision for decision in live_decisions(self._decisions.all()) if decision.image_id is not None]
        decisions = [decision for decision in decisions if not is_planted(decision)]
        found: dict[RandomQueue, dict[int, float]] = {}
        for decision in decisions:
            if (
                decision.run_id == run_id
                and decision.image_id is not None
                and all(decision.params.get(name) is not None for name in ("probability", "eta", "drawn", "rank"))
                and decision.params.get("ranking") in RANDOM
            ):
                try:
                    queue = queues.named(decision.params["ranking"], decision.params["eta"], decision.params["drawn"])
                except WinnowError:
                    continue  # stored by an earlier version with numbers that no queue can have
                found.setdefault(queue, {})[int(decision.image_id)] = float(decision.params["probability"])
        answers = {int(decision.image_id): decision for decision in decisions if decision.image_id is not None}
        return [
            self._estimate(run_id, queue, logged, answers, threshold)
            for queue, logged in sorted(found.items(), key=lambda item: -item[0].since)
        ]

    def _estimate(
        self,
        run_id: str,
        queue: RandomQueue,
        logged: Mapping[int, float],
        answers: Mapping[int, Decision],
        threshold: float,
    ) -> QueueEstimate:
        queues, pool = self._decisions.review(run_id).queues.random, self._workspace.whole_scores(run_id)
        picks, is_population = queues.picks(queue), queues.is_population(queue)
        ids, suggested = pool.ids[picks.positions], pool.scores.pseudo_labels[picks.positions]
        right = [_is_right(answers.get(i), label) for i, label in zip(ids.tolist(), suggested.tolist(), strict=True)]
        hidden = np.isin(ids, self._workspace.hidden.ids)  # nobody will answer it: it counts as wrong
        right = [False if gone and answer is None else answer for answer, gone in zip(right, hidden, strict=True)]
        count = next((place for place, answer in enumerate(right) if answer is None), len(right))
        is_wrong = np.array([not answer for answer in right[:count]], dtype=np.bool_)
        probability = picks.probability[:count].copy()
        for place, image in enumerate(ids[:count].tolist()):
            probability[place] = logged.get(image, probability[place])  # the logged probability has precedence
        keep = pool.scores.confidence >= np.float32(threshold)
        num_kept = int(np.count_nonzero(keep & is_population))
        is_inside = keep[picks.positions[:count]]
        return QueueEstimate(
            queue=queue,
            num_open=picks.num_eligible,
            num_answers=count,
            num_waiting=sum(answer is not None for answer in right[count:]),
            accuracy=complement(lure(is_wrong.astype(np.float64), probability, picks.num_eligible)),
            threshold=threshold,
            num_kept=num_kept,
            error=lure_of_part(is_wrong.astype(np.float64), is_inside, probability, picks.num_eligible, num_kept),
        )


def _is_right(decision: Decision | None, suggested: int) -> bool | None:
    """Whether an answer confirms the pseudo-label; None where it does not tell."""
    if decision is None:
        return None
    if decision.verdict in ("accept", "relabel"):
        return None if decision.label in (None, UNKNOWN) else decision.label == suggested
    if decision.verdict == "none" or (decision.verdict == "reject" and decision.label == suggested):
        return False
    return None
