"""Histogram data of one run: counts per bin, and the thresholds around a threshold."""

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import unknown_name
from core.base.types import UNKNOWN, Ids, Labels, PerImage, Verdict
from core.curation.filters import RANGED, is_open
from core.curation.threshold_steps import StepInputs, first_kept, threshold_steps
from core.review.decision_history import DecisionHistory
from core.review.queues import RunQueues
from core.risk.error_estimates import class_mix
from core.scoring.histograms import bin_of, count_cells, largest
from core.workspace.pool_index import BINS
from core.workspace.workspace import Workspace

SCORES = RANGED
"""Scores that a histogram can show."""
MOST_CLASSES = 24
"""Most rows of a histogram; less frequent classes share the last row."""
BORDER_CARDS = 8


class RunHistogram:
    """Histograms of one run's pool; parts without decisions are computed once."""

    def __init__(self, workspace: Workspace, queues: RunQueues, history: DecisionHistory) -> None:
        self._workspace, self._queues, self._history, self._pool = workspace, queues, history, queues.pool
        self._bins: dict[str, NDArray[np.uint16]] = {}
        self._fixed: dict[str, dict[str, Any]] = {}
        self._rows: Labels | None = None

    def counts(self, score: str) -> dict[str, Any]:
        """Count pool images per bin of a score.

        Args:
            score: One of SCORES.

        Returns:
            Counts per bin by predicted class, by verdict and of the parent run, and right and wrong calibration items.

        Raises:
            InputError: There is no such score.
        """
        high, bins = self._high(score), self._bin(score)
        verdicts = count_cells(bins, self._history.state().verdict[self._pool.ids], len(Verdict), BINS)
        rows, is_right = self._calibration()
        known = count_cells(bins[rows], (~is_right).astype(np.int8), 2, BINS)
        return {
            "score": score,
            "low": 0.0,
            "high": high,
            "bins": BINS,
            "total": len(self._pool.ids),
            "verdicts": {v.name.lower(): verdicts[v].tolist() for v in Verdict if verdicts[v].any()},
            "right": known[0].tolist(),
            "wrong": known[1].tolist(),
            **self._fixed_part(score, high),
        }

    def per_class(self, labels: list[int]) -> dict[str, Any]:
        """Count images per confidence bin for each of some predicted classes.

        Args:
            labels: Class numbers.

        Returns:
            One row of counts per class: all images, open ones, right and wrong calibration items.
        """
        bins, suggested = self._bin("confidence"), self._pool.scores.pseudo_labels
        num = self._num_classes
        known, is_right = self._calibration()
        waits = is_open(self._history.state(), self._pool.ids)
        parts = {
            "counts": count_cells(bins, suggested, num, BINS),
            "open": count_cells(bins[waits], suggested[waits], num, BINS),
            "right": count_cells(bins[known][is_right], suggested[known][is_right], num, BINS),
            "wrong": count_cells(bins[known][~is_right], suggested[known][~is_right], num, BINS),
        }
        return {"bins": BINS, "classes": labels, **{name: part[labels].tolist() for name, part in parts.items()}}

    def steps(self, score: str, value: float) -> tuple[list[dict[str, Any]], int]:
        """Compute the thresholds one image apart around a value.

        Args:
            score: One of SCORES.
            value: The threshold, in the unit of the score.

        Returns:
            The steps from loose to strict, and the position of the value among them.

        Raises:
            InputError: There is no such score.
        """
        self._high(score)
        values: PerImage = getattr(self._pool.scores, score)
        uncertain_first, is_below = self._queues.order(score, 0.0), score == "entropy"
        group, names = self._groups()
        rows, is_right = self._calibration()
        inputs = StepInputs(
            group,
            is_open(self._history.state(), self._pool.ids),
            _marked(len(group), rows[is_right]),
            _marked(len(group), rows[~is_right]),
            len(names),
        )
        found, here = threshold_steps(values, uncertain_first, value, inputs, is_below=is_below)
        return [asdict(step) for step in found], here

    def border(self, score: str, value: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the ranks just outside and just inside a threshold.

        Args:
            score: One of SCORES.
            value: The threshold, in the unit of the score.

        Returns:
            Ranks left out and ranks kept, up to 8 each, the nearest first.
        """
        values: PerImage = getattr(self._pool.scores, score)
        uncertain_first = self._queues.order(score, 0.0)
        place = first_kept(values, uncertain_first, value, is_below=score == "entropy")
        left = np.arange(max(0, place - BORDER_CARDS), place)[::-1]
        return left, np.arange(place, min(len(uncertain_first), place + BORDER_CARDS))

    @property
    def _num_classes(self) -> int:
        """Classes of the project; the run may know fewer, and one without suggestions knows two by form."""
        return max(len(self._workspace.images.class_names), self._pool.scores.num_classes)

    def _high(self, score: str) -> float:
        if score not in SCORES:
            raise unknown_name("score", score, SCORES)
        return max(1e-6, float(np.log2(self._pool.scores.num_classes))) if score == "entropy" else 1.0

    def _bin(self, score: str) -> NDArray[np.uint16]:
        if score in self._pool.bins:
            return self._pool.bins[score]
        if score not in self._bins:
            values: PerImage = getattr(self._pool.scores, score)
            self._bins[score] = bin_of(values, BINS, 0.0, self._high(score)).astype(np.uint16)
        return self._bins[score]

    def _calibration(self) -> tuple[Ids, NDArray[np.bool_]]:
        """Rows of the hidden calibration items, and whether the run is right on each."""
        hidden = self._history.hidden_items()
        rows = np.searchsorted(self._pool.ids, hidden.ids)
        return rows, self._pool.scores.pseudo_labels[rows] == hidden.labels

    def _groups(self) -> tuple[Labels, list[int]]:
        """Histogram row of each image, and class of each row; -1 for the rest."""
        suggested, num = self._pool.scores.pseudo_labels, self._num_classes
        if num <= MOST_CLASSES:
            return suggested, list(range(num))
        named = largest(np.bincount(suggested, minlength=num)[:, None], MOST_CLASSES - 1)
        if self._rows is None:
            row_of = np.full(num, len(named), dtype=np.int64)
            row_of[named] = np.arange(len(named))
            self._rows = row_of[suggested]
        return self._rows, [*named.tolist(), UNKNOWN]

    def _fixed_part(self, score: str, high: float) -> dict[str, Any]:
        if score not in self._fixed:
            group, names = self._groups()
            num = self._num_classes
            prior = class_mix(self._workspace.images.labels[self._workspace.splits.labeled], num)
            shares = [prior[name] if name != UNKNOWN else 1 - prior[names[:-1]].sum() for name in names]
            self._fixed[score] = {
                "classes": names,
                "counts": count_cells(self._bin(score), group, len(names), BINS).tolist(),
                "prior": [float(share) for share in shares],
                "ghost": self._ghost(score, high),
            }
        return self._fixed[score]

    def _ghost(self, score: str, high: float) -> list[int] | None:
        """Counts of the same pool under the parent run; None without one."""
        parent = self._queues.parent
        if parent is None:
            return None
        values: PerImage = getattr(self._workspace.scores(parent).scores, score)
        return [int(count) for count in np.bincount(bin_of(values, BINS, 0.0, high), minlength=BINS)]


def _marked(num: int, rows: Ids) -> NDArray[np.bool_]:
    mask = np.zeros(num, dtype=np.bool_)
    mask[rows] = True
    return mask
