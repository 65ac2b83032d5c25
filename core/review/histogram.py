"""What the histogram of the review page shows of one run: counts per bin, cuts around the line, border strip."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import UNKNOWN, Ids, Labels, LabelState, PerImage, Verdict
from core.curation.filters import RANGED, is_open
from core.curation.threshold_steps import Known, first_kept, steps
from core.review.queues import RunQueues
from core.risk.error_estimates import class_mix
from core.scoring.histograms import bin_of, count_cells, largest
from core.workspace.pool_index import BINS

if TYPE_CHECKING:
    from core.project import Project

SCORES = RANGED
MOST_CLASSES = 24
"""With more classes the histogram names the most suggested ones and adds up the rest."""
BORDER_CARDS = 8


class RunBins:
    """Histograms of one run's pool; what decisions do not change is worked out once."""

    def __init__(self, project: "Project", queues: RunQueues) -> None:
        self._project, self._queues, self._pool = project, queues, queues.pool
        self._places: dict[str, NDArray[np.uint16]] = {}
        self._fixed: dict[str, dict[str, Any]] = {}
        self._rows: Labels | None = None

    def histogram(self, score: str, state: LabelState, hidden: Ids) -> dict[str, Any]:
        """Pool images per bin: by predicted class, by verdict, of the parent run; right and wrong calibration items."""
        high, place = self._high(score), self._place(score)
        verdicts = count_cells(place, state.verdict[self._pool.ids], len(Verdict), BINS)
        rows, is_right = self._known(hidden)
        known = count_cells(place[rows], (~is_right).astype(np.int8), 2, BINS)
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

    def per_class(self, labels: list[int], state: LabelState, hidden: Ids) -> dict[str, Any]:
        """Confidence of the images suggested as each of some classes: all, open ones, right and wrong ones, per bin."""
        place, suggested = self._place("confidence"), self._pool.scores.pseudo_labels
        num = self._pool.scores.num_classes
        known, is_right = self._known(hidden)
        waits = is_open(state, self._pool.ids)
        parts = {
            "counts": count_cells(place, suggested, num, BINS),
            "open": count_cells(place[waits], suggested[waits], num, BINS),
            "right": count_cells(place[known][is_right], suggested[known][is_right], num, BINS),
            "wrong": count_cells(place[known][~is_right], suggested[known][~is_right], num, BINS),
        }
        return {"bins": BINS, "classes": labels, **{name: part[labels].tolist() for name, part in parts.items()}}

    def cut(self, score: str, value: float, state: LabelState, hidden: Ids) -> dict[str, Any]:
        """The cuts one image apart around a value, loose to strict, and the place of the value among them."""
        self._high(score)
        values: PerImage = getattr(self._pool.scores, score)
        doubtful, is_below = self._queues.order(score, 0.0), score == "entropy"
        group, names = self._groups()
        rows, is_right = self._known(hidden)
        known = Known(
            group,
            is_open(state, self._pool.ids),
            _marked(len(group), rows[is_right]),
            _marked(len(group), rows[~is_right]),
            len(names),
        )
        found, here = steps(values, doubtful, value, known, is_below=is_below)
        return {"score": score, "steps": [asdict(step) for step in found], "here": here}

    def border(self, score: str, value: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Ranks just left out by a cut, and just kept, each nearest to the cut first."""
        values: PerImage = getattr(self._pool.scores, score)
        doubtful = self._queues.order(score, 0.0)
        place = first_kept(values, doubtful, value, is_below=score == "entropy")
        left = np.arange(max(0, place - BORDER_CARDS), place)[::-1]
        return left, np.arange(place, min(len(doubtful), place + BORDER_CARDS))

    def _high(self, score: str) -> float:
        if score not in SCORES:
            raise InputError(f"There is no score called {score!r}. There are: {', '.join(SCORES)}.")
        return max(1e-6, float(np.log2(self._pool.scores.num_classes))) if score == "entropy" else 1.0

    def _place(self, score: str) -> NDArray[np.uint16]:
        if score in self._pool.bins:
            return self._pool.bins[score]
        if score not in self._places:
            values: PerImage = getattr(self._pool.scores, score)
            self._places[score] = bin_of(values, BINS, 0.0, self._high(score)).astype(np.uint16)
        return self._places[score]

    def _known(self, hidden: Ids) -> tuple[Ids, NDArray[np.bool_]]:
        """Rows of the hidden calibration items, and whether the run is right on each."""
        rows = np.searchsorted(self._pool.ids, hidden)
        return rows, self._pool.scores.pseudo_labels[rows] == self._project.images.labels[hidden]

    def _groups(self) -> tuple[Labels, list[int]]:
        """The histogram's row of each image, and the class of each row; -1 for the rest."""
        suggested, num = self._pool.scores.pseudo_labels, self._pool.scores.num_classes
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
            num = self._pool.scores.num_classes
            prior = class_mix(self._project.images.labels[self._project.splits.labeled], num)
            shares = [prior[name] if name != UNKNOWN else 1 - prior[names[:-1]].sum() for name in names]
            self._fixed[score] = {
                "classes": names,
                "counts": count_cells(self._place(score), group, len(names), BINS).tolist(),
                "prior": [float(share) for share in shares],
                "ghost": self._ghost(score, high),
            }
        return self._fixed[score]

    def _ghost(self, score: str, high: float) -> list[int] | None:
        """The same pool under the parent run, where there is one."""
        parent = self._queues.parent
        if parent is None:
            return None
        values: PerImage = getattr(self._project.scores(parent).scores, score)
        return [int(count) for count in np.bincount(bin_of(values, BINS, 0.0, high), minlength=BINS)]


def _marked(num: int, rows: Ids) -> NDArray[np.bool_]:
    mask = np.zeros(num, dtype=np.bool_)
    mask[rows] = True
    return mask
