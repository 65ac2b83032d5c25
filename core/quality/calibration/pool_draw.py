"""Calibration on the pool itself: random images, answered blind, from which every error is then computed."""

import uuid
from dataclasses import dataclass

import numpy as np

from core.base.errors import InputError
from core.base.types import Command, Ids
from core.curation.replay import CALIBRATE
from core.data.calibration_draw import MOST, CalibrationDraw, extend_draw, new_draw, pool_digest
from core.quality.calibration.pool_check import PoolChecks
from core.review.calibration_items import FROM_POOL
from core.review.decisions import Outcome
from core.risk.shift.calibration_size import COVERAGE, answers_needed

_MOST_HIDDEN = 0.05  # share of the drawn images
_MOST_VAL = 100  # images for val, where the project has none: a temperature needs no more


@dataclass(frozen=True)
class CalibrationProgress:
    """How far the answers to a draw are.

    Attributes:
        number: Of the draw; 0 where nothing was drawn.
        num: Images to answer.
        num_val: Of these the ones that serve as val, because the project has none.
        num_answered: Images answered so far.
        population: Images that could be drawn.
        next_id: Next image to ask about; None where all are answered.
        is_in_use: Whether the answers calibrate now.
    """

    number: int
    num: int
    num_val: int
    num_answered: int
    population: int
    next_id: int | None
    is_in_use: bool

    @property
    def sentence(self) -> str:
        """What was drawn and how far it is."""
        if not self.number:
            return "No image was drawn from the pool for calibration."
        text = f"{self.num_answered:,} of {self.num:,} random images of {self.population:,} answered"
        if self.next_id is None:
            return f"{text}: they calibrate every error of this pool, and train nothing."
        return f"{text}; they calibrate once all are."


class PoolDraws(PoolChecks):
    """Draws of calibration images from the pool, and their answers."""

    def calibration_size(self, target: float = 0.05, risk: float | None = None, coverage: float = COVERAGE) -> int:
        """Compute how many random images have to be answered to keep a target error.

        Args:
            target: Highest share of wrong labels among the accepted, in (0, 1).
            risk: Probability with which it may be higher; None: it holds on average.
            coverage: Share of the pool that is to be accepted, in (0, 1].

        Returns:
            The number that suffices in 8 of 10 draws where the true error of what is accepted is half the target.

        Raises:
            InputError: A number is out of range, or the pool has no open image.
        """
        return answers_needed(target, self._population_size(), risk, coverage)

    def draw_calibration(self, num: int) -> CalibrationProgress:
        """Draw random images of the pool to be answered blind, or more of the draw that there is.

        A draw goes on in its own random order. Where images came into the pool since, or more than one in twenty drawn
        images were hidden, a new draw from all of it begins.

        Args:
            num: Images that are to calibrate, 1 or more; without val images up to 100 more are drawn for val.

        Returns:
            How far the draw is.

        Raises:
            InputError: The number is too small, or no image is open.
            DataError: The draw cannot be stored.
        """
        if num < 1:
            raise InputError(f"At least one image has to be drawn (got {num}).")
        splits, path, draw = self._workspace.whole_splits, self._workspace.path, self._decisions.draw()
        hidden = self._workspace.hidden
        if draw is None or draw.pool != pool_digest(splits.unlabeled) or _is_worn(draw, hidden.ids):
            population = self._population()
            num_val = 0 if len(self._workspace.splits.val) else min(num // 2, _MOST_VAL)
            most = min(MOST, len(population))
            num_val = min(num_val, max(0, most - num))
            seen = self._decisions.last_id(), len(hidden.changes)
            new_draw(path, population, splits.unlabeled, min(num, most), num_val, *seen)
        elif num > draw.stages[-1] and len(draw.order) > draw.num:
            extend_draw(path, draw, min(num, len(draw.order) - draw.num_val))
        return self.calibration_progress()

    def calibration_progress(self) -> CalibrationProgress:
        """Return how far the answers to the latest draw are.

        Returns:
            Number of images and answers, and the next image to ask about.
        """
        draw = self._decisions.draw()
        if draw is None:
            return CalibrationProgress(0, 0, 0, 0, 0, None, False)
        is_open, answers = self._decisions.is_open(), self._decisions.calibration_answers()
        asked = draw.asked.tolist()
        next_id = next((image for image in asked if image not in answers and is_open[image]), None)
        num_answered = sum(image in answers or not is_open[image] for image in asked)
        is_in_use = self._decisions.calibration().origin == FROM_POOL
        return CalibrationProgress(
            draw.number, draw.num, draw.num_val, num_answered, draw.population, next_id, is_in_use
        )

    def answer_calibration(self, run_id: str, label: int | None, reviewer: str = "me") -> Outcome:
        """Record a person's class for the next drawn image; it calibrates and trains nothing.

        Args:
            run_id: A finished run, for the log alone: its suggestion is not shown.
            label: The class; None where the image is none of the classes.
            reviewer: Who answers.

        Returns:
            Whether the decision was saved, or why it was refused.

        Raises:
            InputError: Nothing was drawn, or every drawn image is answered.
        """
        draw, progress = self._decisions.draw(), self.calibration_progress()
        if draw is None or progress.next_id is None:
            raise InputError("Every drawn image is answered: draw more for a stricter target.")
        verdict = "none" if label is None else "relabel"
        params = {"queue": CALIBRATE}
        command = Command(str(uuid.uuid4()), verdict, run_id, reviewer, progress.next_id, None, label, params=params)
        return self._decisions.execute([command])[0]

    def _population(self) -> Ids:
        ids = self._workspace.splits.unlabeled
        found: Ids = ids[self._decisions.is_open()[ids]]
        if not len(found):
            raise InputError("No unlabeled image of the pool is open, so none can be drawn.")
        return found

    def _population_size(self) -> int:
        draw: CalibrationDraw | None = self._decisions.draw()
        return len(self._population()) if draw is None else draw.population


def _is_worn(draw: CalibrationDraw, hidden: Ids) -> bool:
    """Return whether so many drawn images were hidden since that new ones have to be drawn."""
    return bool(np.isin(draw.asked, hidden).mean() > _MOST_HIDDEN)
