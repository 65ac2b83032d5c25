"""Queue filters: which images of a pool a queue shows. Every condition must hold.

Conditions on scores are fixed with the run (`range_mask`); those on decisions change with each decision
(`verdict_mask`). Both return a mask (n,) with one row per image.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError, unknown_name
from core.base.types import HUMAN_LABELS, Ids, Labels, LabelState, Logits, Mask, PerImage, Verdict
from core.base.untrusted.whole_numbers import parse_whole
from core.curation.remarks import FLAGGED, NOTED
from core.scoring.scores import Scores

OPEN = "open"
SHOWN = ("all", OPEN, *(verdict.name.lower() for verdict in Verdict), FLAGGED, NOTED)
"""Values of `show`: all, open (undecided or skipped), one verdict, or what a flag or a note stands at."""
RANGED = ("confidence", "entropy", "margin")
_CHUNK = 65_536
_IS_OPEN = (Verdict.UNDECIDED, Verdict.SKIP)


@dataclass(frozen=True)
class ScoreRange:
    """Half-open range of one score: low <= value < high.

    A range up to the highest possible value contains that value.

    Attributes:
        score: confidence, entropy or margin.
        low: Lowest value of the range.
        high: End of the range, above every value in it.
    """

    score: str
    low: float
    high: float


@dataclass(frozen=True)
class QueueFilter:
    """Conditions of a queue; the defaults pass every image.

    Attributes:
        show: all, open (undecided or skipped), one verdict, flagged or noted.
        predicted: Class that the run suggests.
        runner_up: Second most probable class of the run.
        range: Range of one score.
        is_changed: Whether the parent run must suggest another class.
        text: Part of the file's name, or the image's number.
        label: Class that a person gave.
        reviewer: Who decided.
        decision: Id of a decision, such as a bulk accept: all its images.
        image_set: Name of a stored set of images.
        is_duplicate: Whether the image must be in a stack of near duplicates.
        metadata: Metadata columns with a value, a range such as 10..20, or "" for none; values of one column are
            alternatives.
        predicted_group: Class group of which the run suggests one class.
    """

    show: str = "all"
    predicted: int | None = None
    runner_up: int | None = None
    range: ScoreRange | None = None
    is_changed: bool = False
    text: str = ""
    label: int | None = None
    reviewer: str | None = None
    decision: int | None = None
    image_set: str | None = None
    is_duplicate: bool = False
    metadata: tuple[tuple[str, str], ...] = ()
    predicted_group: str | None = None

    def check(self, num_classes: int) -> None:
        """Check every condition.

        Args:
            num_classes: K.

        Raises:
            InputError: A condition names an unknown verdict, class or score.
        """
        if self.show not in SHOWN:
            raise unknown_name("filter", self.show, SHOWN)
        for name in ("predicted", "runner_up", "label"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < num_classes:
                raise InputError(f"{name} must be a class from 0 to {num_classes - 1} (got {value}).")
        if self.range is not None and self.range.score not in RANGED:
            raise unknown_name("score", self.range.score, RANGED)

    def classes_in_group(self, members: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
        """Return the classes of the wanted group; none without that condition.

        Args:
            members: Class group → its classes.

        Raises:
            InputError: There is no such group.
        """
        if self.predicted_group is None:
            return ()
        if not self.predicted_group or self.predicted_group not in members:
            raise unknown_name("class group", self.predicted_group, [name for name in members if name])
        return members[self.predicted_group]

    @property
    def fixed(self) -> "QueueFilter":
        """The filter without its conditions on decisions."""
        return QueueFilter(
            predicted=self.predicted,
            runner_up=self.runner_up,
            range=self.range,
            is_changed=self.is_changed,
            text=self.text,
            image_set=self.image_set,
            is_duplicate=self.is_duplicate,
            metadata=self.metadata,
            predicted_group=self.predicted_group,
        )


def suggestion_mask(scores: Scores, wanted: QueueFilter, members: tuple[int, ...]) -> Mask:
    """Mark rows that meet the conditions on the suggested class and on a score.

    Args:
        scores: Scores of n images.
        wanted: The filter.
        members: Classes of the group that it asks for.

    Returns:
        (n,) rows that match.
    """
    keep = np.ones(len(scores.pseudo_labels), dtype=np.bool_)
    if wanted.predicted is not None:
        keep &= scores.pseudo_labels == wanted.predicted
    if wanted.predicted_group is not None:
        keep &= np.isin(scores.pseudo_labels, members)
    if wanted.range is not None:
        keep &= range_mask(scores, wanted.range)
    return keep


def runner_ups(logits: Logits, ids: Ids) -> Labels:
    """Find the second most probable class of some images.

    Args:
        logits: (N, K) logits of all images.
        ids: (n,) images.

    Returns:
        (n,) classes; -1 where K is 1.
    """
    second = np.full(len(ids), -1, dtype=np.int64)
    if logits.shape[1] < 2:
        return second
    for start in range(0, len(ids), _CHUNK):
        part = np.array(logits[ids[start : start + _CHUNK]])
        part[np.arange(len(part)), part.argmax(axis=1)] = -np.inf
        second[start : start + _CHUNK] = part.argmax(axis=1)
    return second


def range_mask(scores: Scores, wanted: ScoreRange) -> Mask:
    """Mark rows whose score lies in a range.

    Args:
        scores: Scores of n images.
        wanted: The range; it includes its upper end where that is the highest possible value or more.

    Returns:
        (n,) rows inside.
    """
    values: PerImage = getattr(scores, wanted.score)
    top = np.log2(scores.num_classes) if wanted.score == "entropy" else 1.0
    above = values >= np.float32(wanted.low)
    return above if wanted.high >= np.float32(top) else above & (values < np.float32(wanted.high))


def name_mask(names: NDArray[np.str_], ids: Ids, text: str) -> Mask:
    """Mark rows whose file name contains a text or whose image number equals it.

    Args:
        names: (N,) file of every image of the project.
        ids: (n,) images.
        text: Part of the file name without folders; case is ignored.

    Returns:
        (n,) rows that match.
    """
    wanted = text.strip().casefold()
    is_named = np.zeros(len(ids), dtype=np.bool_)
    for start in range(0, len(ids), _CHUNK):
        rows = slice(start, start + _CHUNK)
        is_named[rows] = [wanted in base_name(name).casefold() for name in names[ids[rows]].tolist()]
    number = parse_whole(wanted)
    return is_named if number is None else is_named | (ids == number)


def base_name(name: str) -> str:
    """Return a file name without its folders, because a folder may name the class."""
    return name.rsplit("/", 1)[-1]


def verdict_mask(
    wanted: QueueFilter, state: LabelState, ids: Ids, authors: NDArray[np.int64] | None, remarked: Ids | None = None
) -> Mask | None:
    """Mark rows that meet the conditions on decisions, notes and flags.

    Args:
        wanted: The filter.
        state: The replayed decisions.
        ids: (n,) images.
        authors: Sorted ids of the decisions of the wanted reviewer; None without that condition.
        remarked: Sorted images with the flag or the note that `show` asks for; None where it asks for neither.

    Returns:
        (n,) rows that match; None without any such condition.
    """
    conditions: list[Mask] = []
    if wanted.show == OPEN:
        conditions.append(is_open(state, ids))
    elif wanted.show in (FLAGGED, NOTED):
        conditions.append(np.isin(ids, () if remarked is None else remarked))
    elif wanted.show != "all":
        conditions.append(state.verdict[ids] == Verdict[wanted.show.upper()])
    if wanted.label is not None:
        conditions.append(np.isin(state.verdict[ids], HUMAN_LABELS) & (state.label[ids] == wanted.label))
    if wanted.decision is not None:
        conditions.append(state.decision[ids] == wanted.decision)
    if authors is not None:
        conditions.append(np.isin(state.decision[ids], authors))
    return np.logical_and.reduce(conditions) if conditions else None


def is_open(state: LabelState, ids: Ids) -> Mask:
    """Mark rows that wait for a decision: undecided or skipped, (n,)."""
    waits = np.zeros(len(Verdict), dtype=np.bool_)
    waits[list(_IS_OPEN)] = True
    return np.asarray(waits[state.verdict[ids]])
