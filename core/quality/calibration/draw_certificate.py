"""Certificates from the answers to a pool draw: right labels of what a rule keeps, proven whatever chose the rule."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.base.types import UNKNOWN, Ids, Mask
from core.curation.filters import is_open
from core.curation.rules import checked_rule
from core.data.calibration_draw import CalibrationDraw, pool_digest
from core.quality.base import QualityBase
from core.risk.audit_certificate import Certificate, certified_count
from core.risk.shift.draw_bound import DrawBound, draw_bound


@dataclass(frozen=True)
class DrawCertificate:
    """What the answers to the latest pool draw prove about the images that a rule keeps.

    Attributes:
        number: The draw.
        alpha: Risk of a false statement about any selection of this run.
        bound: About the kept images that the draw is about, by the answers up to the first gap in its order.
        num_outside: Kept images that it says nothing about: decided before it, added after it, or drawn for val.
        num_proven_at_half_risk: Kept images proven right at risk alpha / 2, beside an audit at alpha / 2.
    """

    number: int
    alpha: float
    bound: DrawBound
    num_outside: int
    num_proven_at_half_risk: int

    @property
    def certified(self) -> float:
        """Share of the kept images of the draw that is proven right, [0, 1]."""
        return self.bound.num_proven / max(1, self.bound.size)

    @property
    def sentence(self) -> str:
        """What is proven, from which answers, and what lies outside."""
        bound = self.bound
        if not bound.level_answers:
            return "The pool draw has no answer about images as confident as these yet."
        text = (
            f"By the pool draw: at least {100 * self.certified:.1f} % of {bound.size:,} images right, at "
            f"{100 * (1 - self.alpha):g} % confidence, whatever the threshold was chosen by ({bound.num_right:,} of "
            f"{bound.num_answers:,} answers in the selection right; proof from the {bound.level_answers:,} among the "
            f"{bound.level_size:,} most confident images)."
        )
        outside = f" It says nothing about {self.num_outside:,} more: decided before the draw, added after it, or val."
        return text + (outside if self.num_outside else "")

    def sentences(self, audit: Certificate, answers: Mask) -> list[str]:
        """Return what is proven, and what the audit of the same selection and the pool draw prove together.

        Args:
            audit: Certificate of the audit, at the same risk.
            answers: (t,) the audit's answers, in the order drawn.
        """
        if not self.bound.level_answers or not len(answers):
            return [self.sentence]
        proven = max(self.num_proven_at_half_risk, certified_count(answers, audit.size, audit.alpha / 2))
        share = 100 * proven / max(1, audit.size)
        return [self.sentence, f"Audit and pool draw together, each at half the risk: at least {share:.1f} % right."]


def draw_facts(found: DrawCertificate | None) -> dict[str, Any] | None:
    """Return a certificate as a JSON-serializable dict; None where there is none."""
    if found is None:
        return None
    facts = asdict(found)
    bound = facts.pop("bound")
    return {**facts, **bound, "certified": found.certified, "sentence": found.sentence}


class DrawCertificates(QualityBase):
    """Certificates from pool draws."""

    def draw_certificate(self, run_id: str, rule: str, *, alpha: float = 0.05, **params: Any) -> DrawCertificate | None:
        """Prove how many labels of a selection are right by the blind answers to the latest pool draw.

        It holds for all selections of one run at once, after every answer: thresholds may be chosen by these answers.
        It does not hold for the best of several runs that were compared by them.

        Args:
            run_id: A finished run.
            rule: One of RULES.
            alpha: Risk of a false statement, (0, 1/4].
            params: Parameters of the rule.

        Returns:
            The certificate; None where nothing was drawn, or where the pool of the draw is not known any more.

        Raises:
            RunError: The run has no scores yet.
            ConfigError: There is no such rule, or a parameter does not fit.
            InputError: The risk is out of range.
        """
        draw = self._decisions.draw()
        population = None if draw is None else self._drawn_from(draw)
        if draw is None or population is None:
            return None
        pool = self._workspace.scores(run_id)
        pool.check_suggestions()
        is_kept = checked_rule(rule, params)(pool.scores)
        rows = np.flatnonzero(np.isin(pool.ids, np.setdiff1d(population, draw.order[: draw.num_val])))
        ids, suggested = pool.ids[rows], pool.scores.pseudo_labels[rows]
        answers = self._answers_in_order(draw)
        images, labels = (np.array(list(part), dtype=np.int64) for part in (answers, answers.values()))
        is_scored = np.isin(images, ids)
        at = np.searchsorted(ids, images[is_scored])
        is_right = labels[is_scored] == suggested[at]
        known = pool.scores.confidence[rows], is_kept[rows], at, is_right
        bound, at_half_risk = draw_bound(*known, alpha), draw_bound(*known, alpha / 2)
        num_outside = int(is_kept.sum()) - bound.size
        return DrawCertificate(draw.number, alpha, bound, num_outside, at_half_risk.num_proven)

    def _answers_in_order(self, draw: CalibrationDraw) -> Mapping[int, int]:
        """Return the answers that calibrate, in the order drawn, up to the first image without one.

        An image that was decided in another queue before its turn counts as wrong: it was perhaps not seen blind.
        """
        answers, waits = self._decisions.calibration_answers(), self._decisions.is_open()
        found: dict[int, int] = {}
        for image in draw.order[draw.num_val : draw.num].tolist():
            if image not in answers and waits[image]:
                break
            found[image] = answers.get(image, UNKNOWN)
        return found

    def _drawn_from(self, draw: CalibrationDraw) -> Ids | None:
        """Return the images that could be drawn, sorted; None where they cannot be told any more."""
        unlabeled = self._workspace.whole_splits.unlabeled
        additions = self._workspace.images.facts.get("additions", [])
        for first in (np.inf, *reversed([int(addition["first"]) for addition in additions])):
            before = unlabeled[unlabeled < first]
            if pool_digest(before) == draw.pool:
                break
        else:
            return None
        hidden = self._workspace.hidden.first(draw.num_hidden_changes).ids
        before = before[~np.isin(before, hidden)]
        if draw.last >= 0 and len(before) != draw.population:
            before = before[is_open(self._decisions.state_at(draw.last), before)]
        return before if len(before) == draw.population else None
