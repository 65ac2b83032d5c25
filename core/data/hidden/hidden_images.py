"""Hidden images as the changes leave them: which they are, since when, and why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.base.types import UNKNOWN, Ids, LabelState, Mask, Splits, Verdict
from core.data.hidden.hidden_log import HIDE, HiddenChange, live_changes, read_changes

PARTS = ("labeled", "val", "calibration", "unlabeled", "test", "set_aside")


@dataclass(frozen=True, eq=False)
class HiddenImages:
    """Images that count nowhere: they are in no part, no queue and no export; their decisions stay in the log.

    Attributes:
        ids: (n,) images, sorted.
        by_change: (n,) number of the change that hides each.
        changes: All changes, oldest first.
    """

    ids: Ids
    by_change: NDArray[np.int64]
    changes: tuple[HiddenChange, ...] = ()

    def __len__(self) -> int:
        """Return the number of hidden images."""
        return len(self.ids)

    def mask(self, num: int) -> Mask:
        """Mark hidden images among the first `num` of the project, (num,)."""
        found = np.zeros(num, dtype=np.bool_)
        found[self.ids[self.ids < num]] = True
        return found

    def change_of(self, image: int | None) -> HiddenChange | None:
        """Return the change that hides an image; None where it is not hidden."""
        row = int(np.searchsorted(self.ids, -1 if image is None else image))
        is_hidden = row < len(self.ids) and self.ids[row] == image
        return self.changes[int(self.by_change[row]) - 1] if is_hidden else None

    def refusal(self, image: int | None) -> str:
        """Say why a decision about an image is refused; empty where it is not hidden."""
        change = self.change_of(image)
        if change is None:
            return ""
        by = f"{change.reviewer} ({change.reason})"
        return f"Image {image} was hidden by {by}: show it again before you decide about it."

    def standing(self) -> list[HiddenChange]:
        """Return the changes that nothing has taken back, without undos, oldest first."""
        return live_changes(self.changes)

    def by_reason(self) -> dict[str, Ids]:
        """Return the hidden images of each reason, most images first."""
        numbers: dict[str, list[int]] = {}
        for number in np.unique(self.by_change).tolist():
            numbers.setdefault(self.changes[number - 1].reason, []).append(number)
        found = {reason: self.ids[np.isin(self.by_change, numbers[reason])] for reason in sorted(numbers)}
        return dict(sorted(found.items(), key=lambda item: -len(item[1])))

    def before(self, decision: int | None) -> "HiddenImages":
        """Return what was hidden before a decision of the log, as the model version of that decision knows it.

        Args:
            decision: Its id; None: what is hidden now.
        """
        if decision is None or not self.changes or self.changes[-1].after < decision:
            return self
        return replay_changes([change for change in self.changes if change.after < decision])

    def first(self, num_changes: int) -> "HiddenImages":
        """Return what the first changes of the log hid."""
        return self if num_changes >= len(self.changes) else replay_changes(self.changes[:num_changes])

    def without(self, splits: Splits) -> Splits:
        """Return a split whose parts lack the hidden images."""
        if not len(self.ids):
            return splits
        parts = {name: getattr(splits, name) for name in PARTS}
        return replace(splits, **{name: ids[~np.isin(ids, self.ids)] for name, ids in parts.items()})

    def undecided(self, state: LabelState) -> LabelState:
        """Return a state in which the decisions about hidden images do not count, (N,) per column."""
        if not len(self.ids):
            return state
        verdict, label, decision = state.verdict.copy(), state.label.copy(), state.decision.copy()
        verdict[self.ids], label[self.ids], decision[self.ids] = Verdict.UNDECIDED, UNKNOWN, 0
        return LabelState(verdict, label, decision)


def replay_changes(changes: Sequence[HiddenChange]) -> HiddenImages:
    """Replay changes, oldest first: an image is hidden by the last live change that names it, if that one hides."""
    ids, by_change = np.empty(0, np.int64), np.empty(0, np.int64)
    for change in live_changes(changes):
        kept = ~np.isin(ids, change.ids)
        ids, by_change = ids[kept], by_change[kept]
        if change.kind == HIDE:
            ids = np.concatenate([ids, change.ids])
            by_change = np.concatenate([by_change, np.full(len(change.ids), change.id)])
    order = np.argsort(ids, kind="stable")
    return HiddenImages(ids[order], by_change[order], tuple(changes))


def load_hidden(folder: Path, num_images: int) -> HiddenImages:
    """Read the hidden images of a project, or those that a run froze.

    Args:
        folder: Of the project or the run.
        num_images: Images of the project; ids beyond them are passed over.

    Raises:
        DataError: The log is damaged.
    """
    changes = read_changes(folder)
    return replay_changes([replace(change, ids=change.ids[change.ids < num_images]) for change in changes])
