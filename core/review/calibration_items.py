"""Calibration items: images whose class is known and hidden, from which errors of the pool are computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.base.types import UNKNOWN, Decision, Ids, Labels, LabelState, Mask, Splits, Verdict
from core.curation.replay import is_calibration, live_decisions
from core.data.calibration_draw import CalibrationDraw, pool_digest
from core.data.groups.group_numbers import one_per_group

FROM_LABELS, FROM_POOL = "labels", "pool"
"""Origins of calibration items: given labels that the split hid, or random images of the pool answered blind."""


@dataclass(frozen=True)
class CalibrationItems:
    """Calibration images in use, whether or not they are still open.

    Attributes:
        ids: (n,) images, sorted.
        labels: (n,) their classes; UNKNOWN stands for none of the classes, so that every suggestion is wrong.
        origin: labels or pool.
        is_random_draw: Whether they were drawn at random from this pool.
        has_grown: Whether images came into the pool after the draw.
        by_group: Whether they are one image of each group, because whole groups were drawn.
    """

    ids: Ids
    labels: Labels
    origin: str
    is_random_draw: bool
    has_grown: bool = False
    by_group: bool = False

    def where(self, mask: Mask) -> "CalibrationItems":
        """Return the items of a mask (n,)."""
        return replace(self, ids=self.ids[mask], labels=self.labels[mask])

    def one_per_group(self, groups: Ids, trained: Ids) -> "CalibrationItems":
        """Return one image of each group of which no image trains.

        Images of one group are alike, so only one of them is a draw of its own: the single subsampling of Dunn,
        Wasserman and Ramdas (2023, arXiv 1809.07441).

        Args:
            groups: (N,) group of every image of the project.
            trained: Images that train.
        """
        is_new = ~np.isin(groups[self.ids], groups[trained])
        kept = np.flatnonzero(is_new)[one_per_group(self.ids[is_new], groups[self.ids[is_new]])]
        return replace(self, ids=self.ids[kept], labels=self.labels[kept], by_group=True)


def split_items(splits: Splits, labels: Labels) -> CalibrationItems:
    """Return the calibration items that the split hid.

    They are random draws from the pool where every unlabeled image has a hidden label: then one random division of the
    labeled images made both.

    Args:
        splits: The split.
        labels: (N,) given labels, UNKNOWN where not given.
    """
    ids, unlabeled = splits.calibration, splits.unlabeled
    is_random = bool(len(unlabeled)) and not bool((labels[unlabeled] == UNKNOWN).any())
    return CalibrationItems(ids, np.asarray(labels[ids]), FROM_LABELS, is_random)


@dataclass(frozen=True)
class CalibrationQueue:
    """Queue of the images of one draw."""

    number: int  # of the draw
    num: int  # images to answer


def calibration_queue(draw: CalibrationDraw | None) -> CalibrationQueue:
    """Return the queue of a draw; without one it is empty."""
    return CalibrationQueue(0, 0) if draw is None else CalibrationQueue(draw.number, draw.num)


def calibration_rows(draw: CalibrationDraw | None, pool: Ids) -> Ids:
    """Return the pool rows of a draw's images to answer, in order; hidden ones are in no pool and left out."""
    asked = pool[:0] if draw is None else draw.asked
    return np.searchsorted(pool, asked[np.isin(asked, pool)])


def answers_to(draw: CalibrationDraw, decisions: Sequence[Decision], merged: Mapping[int, int]) -> dict[int, int]:
    """Return the live answers to a draw: image → class, UNKNOWN for none of the classes.

    The last answer about an image counts; "unsure" counts as none of the classes, "skip" as no answer.

    Args:
        draw: The draw.
        decisions: The whole log.
        merged: Class → the class that it was merged into since.
    """
    found: dict[int, int] = {}
    for decision in live_decisions(decisions):
        if not is_calibration(decision) or decision.params.get("draw") != draw.number or decision.image_id is None:
            continue
        if decision.verdict == "skip":
            found.pop(decision.image_id, None)
        else:
            label = UNKNOWN if decision.label is None else decision.label
            found[decision.image_id] = merged.get(label, label)
    return found


def drawn_items(
    draw: CalibrationDraw, answers: Mapping[int, int], is_decided: Mask, split: CalibrationItems, splits: Splits
) -> CalibrationItems | None:
    """Return the calibration items of a draw, with the split's own where those were drawn from the pool too.

    A stage counts once all its images are answered, or were decided by themselves: which ones are answered first may
    then not matter.

    Args:
        draw: The draw.
        answers: Its answers, by image.
        is_decided: (N,) images that a person decided one by one.
        split: Calibration items of the split.
        splits: The split.

    Returns:
        The items, sorted; None before the first stage is answered.
    """
    is_settled = [image in answers or bool(is_decided[image]) for image in draw.asked.tolist()]
    settled = is_settled.index(False) if False in is_settled else len(is_settled)
    num = max((draw.num_val + stage for stage in draw.stages if draw.num_val + stage <= settled), default=0)
    ids = np.array([image for image in draw.order[draw.num_val : num].tolist() if image in answers], dtype=np.int64)
    if not len(ids):
        return None
    labels = np.array([answers[image] for image in ids.tolist()], dtype=np.int64)
    if split.is_random_draw and not split.by_group:
        ids, labels = np.concatenate([ids, split.ids]), np.concatenate([labels, split.labels])
    order = np.argsort(ids, kind="stable")
    has_grown = draw.pool != pool_digest(splits.unlabeled)
    return CalibrationItems(ids[order], labels[order], FROM_POOL, True, has_grown)


def answered_val(draw: CalibrationDraw, answers: Mapping[int, int], hidden: Ids) -> tuple[Ids, Labels]:
    """Return the val images of a draw and their classes; none before all of them are answered.

    Args:
        draw: The draw.
        answers: Image → class, UNKNOWN for none of the classes; such images are left out.
        hidden: Hidden images; they need no answer and are left out too.
    """
    asked = np.setdiff1d(draw.order[: draw.num_val], hidden).tolist()
    known = [image for image in asked if answers.get(image, UNKNOWN) != UNKNOWN]
    ids = np.array(known if all(image in answers for image in asked) else [], dtype=np.int64)
    return ids, np.array([answers[image] for image in ids.tolist()], dtype=np.int64)


def answered_state(state: LabelState, answers: Mapping[int, int]) -> LabelState:
    """Return a state in which undecided images have their answers to a draw, (N,) each.

    Args:
        state: What people decided.
        answers: Image → class, UNKNOWN for none of the classes.
    """
    ids = np.array([i for i in answers if state.verdict[i] == Verdict.UNDECIDED], dtype=np.int64)
    if not len(ids):
        return state
    verdict, label = state.verdict.copy(), state.label.copy()
    label[ids] = [answers[image] for image in ids.tolist()]
    verdict[ids] = np.where(label[ids] == UNKNOWN, Verdict.NONE, Verdict.RELABEL)
    return LabelState(verdict, label, state.decision)
