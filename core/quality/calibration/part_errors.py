"""Errors and guarantees by class and by group: what holds for each, what only for several together, and the worst."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import Estimate, Ids, Mask
from core.data.groups.group_rule import SOURCE, parse_rule
from core.data.groups.image_groups import group_keys
from core.data.metadata.column_groups import NO_VALUE
from core.data.metadata.column_kinds import NUMBER, TIME
from core.quality.calibration.target_error import TargetErrorThresholds
from core.risk.error_estimates import class_group_errors, proportion
from core.risk.risk_control import ConformalThreshold, conformal_threshold
from core.workspace.pool_index import score_images

IN_USE = "groups"
"""Name that stands for the groups in use, where a metadata column is asked for."""
_LEAST = 5  # calibration images from which a part can be the worst one


@dataclass(frozen=True)
class PartError:
    """Error of what a threshold accepts in one class or group.

    Attributes:
        name: The class or group.
        error: Wrong among its calibration images at or above the threshold, with an interval that holds for all parts
            at once (Bonferroni); unknown with n = 0.
        num_kept: Open pool images of it at or above the threshold.
        num_pool: Its open pool images.
        within: Of a class group: the wrong ones among them whose true class is of the same group.
    """

    name: str
    error: Estimate
    num_kept: int
    num_pool: int
    within: Estimate | None = None


@dataclass(frozen=True)
class PartErrors:
    """Errors of all classes or groups at one threshold.

    Attributes:
        by: What the parts are, such as "predicted class".
        threshold: Confidence, [0, 1].
        parts: The parts, in the order of the classes; groups by falling number of calibration images.
        state: guaranteed, estimated or not valid here, of the calibration images as a whole.
        reason: Why, a sentence.
    """

    by: str
    threshold: float
    parts: tuple[PartError, ...]
    state: str
    reason: str

    @property
    def worst(self) -> PartError | None:
        """The part with the largest error among those with 5 calibration images or more; None where none has so many.

        Of equal errors that with the higher lower end, then that of more images.
        """
        known = [part for part in self.parts if part.error.n >= _LEAST]
        return max(known, key=lambda part: (part.error.value, part.error.low, part.error.n), default=None)

    @property
    def sentence(self) -> str:
        """The worst part with n and interval, and how many say nothing by themselves."""
        silent = sum(part.error.n < _LEAST for part in self.parts)
        rest = f" {silent:,} of {len(self.parts):,} have fewer than {_LEAST} calibration images and say nothing by "
        rest = rest + "themselves." if silent else ""
        if self.worst is None:
            return f"No {self.by} has {_LEAST} calibration images at this threshold, so none says anything by itself."
        found = self.worst.error
        return (
            f"Worst {self.by}: {self.worst.name}, {100 * found.value:.1f} % wrong [{100 * found.low:.1f}, "
            f"{100 * found.high:.1f}], {found.count:,} of n = {found.n:,}; the interval holds for all at once.{rest}"
        )


@dataclass(frozen=True)
class ClassGuarantee:
    """What a target error means for one predicted class.

    Attributes:
        name: The class.
        threshold: Its threshold; of all pooled classes together where `pooled_with` names some; None keeps nothing.
        num_calibration: Its own calibration items.
        num_kept: Open pool images that it keeps.
        pooled_with: All classes of the pool of small classes; empty where the class stands for itself.
        sentence: What holds, in words.
    """

    name: str
    threshold: float | None
    num_calibration: int
    num_kept: int
    pooled_with: tuple[str, ...]
    sentence: str


class PartErrorEstimates(TargetErrorThresholds):
    """Errors by class and by group."""

    def class_errors(self, run_id: str, threshold: float = 0.95) -> PartErrors:
        """Estimate the error of what a threshold accepts for each predicted class.

        Args:
            run_id: A finished run.
            threshold: Confidence, [0, 1].

        Returns:
            One part for each class; the worst is named.

        Raises:
            RunError: The run has no scores yet.
        """
        seen, names = self._window(run_id), self._workspace.images.class_names
        confidence, labels = seen.whole or (seen.confidence, seen.labels)
        found = [
            _Part(name, seen.known_labels == label, labels == label)
            for label, name in enumerate(names[: seen.num_classes])
        ]
        known_kept, kept = seen.known_confidence >= np.float32(threshold), confidence >= np.float32(threshold)
        return self._errors(run_id, "predicted class", threshold, found, (known_kept, seen.is_right, kept))

    def class_group_errors(self, run_id: str, threshold: float = 0.95) -> PartErrors:
        """Estimate the error of what a threshold accepts for each class group of the predicted classes.

        Args:
            run_id: A finished run.
            threshold: Confidence, [0, 1].

        Returns:
            One part for each class group, and "(no group)" for the classes without one; none where no class has a
            group. An error counts every image with a wrong class; `within` those whose true class is of the same group.

        Raises:
            RunError: The run has no scores yet.
        """
        seen, table = self._window(run_id), self._workspace.classes
        members = table.members if table.groups else {}
        confidence, labels = seen.whole or (seen.confidence, seen.labels)
        known_kept, kept = seen.known_confidence >= np.float32(threshold), confidence >= np.float32(threshold)
        errors = class_group_errors(seen.known_labels[known_kept], seen.known_classes[known_kept], members)
        parts = []
        for name, found in errors.items():
            own = np.isin(labels, members[name])
            counts, within = (int((own & kept).sum()), int(own.sum())), found.within if name else None
            parts.append(PartError(name or "(no group)", found.error, *counts, within))
        return PartErrors("class group", threshold, tuple(parts), **self._state(run_id))

    def group_errors(self, run_id: str, threshold: float = 0.95, column: str = IN_USE) -> PartErrors:
        """Estimate the error of what a threshold accepts for each value of a metadata column, or each group.

        Args:
            run_id: A finished run.
            threshold: Confidence, [0, 1].
            column: A column of the source's table; groups stands for the groups in use, of which all hidden
                calibration images count, not only one each.

        Returns:
            One part for each value that a hidden calibration image has; the worst is named.

        Raises:
            InputError: There is no such column, or no groups.
            RunError: The run has no scores yet.
        """
        pool, values = self._workspace.scores(run_id), self._values(column)
        pool.check_suggestions()
        items = self._decisions.hidden_items()
        ids, labels = items.ids, items.labels
        if column == IN_USE and items.by_group:
            own = self._workspace.splits.calibration
            ids = own[self._decisions.is_open()[own]]
            labels = self._workspace.images.labels[ids]
        known = score_images(self._workspace.finished_run(run_id).folder, ids).scores
        is_open = self._decisions.is_open()[pool.ids] & ~np.isin(pool.ids, self._workspace.splits.calibration)
        kept = pool.scores.confidence[is_open] >= np.float32(threshold)
        of_known, of_pool = values[ids], values[pool.ids[is_open]]
        names, counts = np.unique(of_known, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        found = [_Part(str(name) or "(none)", of_known == name, of_pool == name) for name in names[order]]
        known_kept = known.confidence >= np.float32(threshold)
        by = "group" if column == IN_USE else column
        return self._errors(run_id, by, threshold, found, (known_kept, known.pseudo_labels == labels, kept))

    def class_guarantees(self, run_id: str, target: float) -> tuple[ClassGuarantee, ...]:
        """Say for each predicted class what a target error guarantees: by itself, or together with other small classes.

        A class with fewer than 1 / target - 1 calibration items can keep nothing by itself; such classes share one
        threshold, and the target holds for what they keep together.

        Args:
            run_id: A finished run.
            target: Highest expected share of wrong labels among the accepted, in (0, 1).

        Returns:
            One guarantee for each class.

        Raises:
            RunError: The run has no scores yet.
            InputError: The target is out of range.
        """
        seen, names = self._window(run_id), self._workspace.images.class_names
        if not 0 < target < 1:
            raise InputError(f"The target error must lie between 0 and 1, both left out (got {target}).")
        counts = np.bincount(seen.known_labels, minlength=seen.num_classes)
        small = np.flatnonzero(counts < ceil(1 / target - 1e-9) - 1)
        confidence, labels = seen.whole or (seen.confidence, seen.labels)
        state = str(self._state(run_id)["state"])

        def threshold_of(classes: NDArray[np.int64]) -> ConformalThreshold:
            pool, known = np.isin(seen.labels, classes), np.isin(seen.known_labels, classes)
            return conformal_threshold(
                seen.confidence[pool], seen.known_confidence[known], seen.is_right[known], target
            )

        shared = threshold_of(small)
        together = tuple(names[label] for label in small)
        rows = []
        for label, name in enumerate(names[: seen.num_classes]):
            is_small = label in small and len(small) > 1
            found = shared if is_small else threshold_of(np.array([label]))
            kept = 0
            if found.threshold is not None:
                kept = int((confidence[labels == label] >= np.float32(found.threshold)).sum())
            row = ClassGuarantee(name, found.threshold, int(counts[label]), kept, together if is_small else (), "")
            rows.append(replace(row, sentence=_guarantee_text(row, target, state, int(counts[small].sum()))))
        return tuple(rows)

    def _errors(
        self, run_id: str, by: str, threshold: float, found: Sequence["_Part"], marks: tuple[Mask, Mask, Mask]
    ) -> PartErrors:
        known_kept, is_right, kept = marks
        level = 1 - 0.05 / max(1, len(found))
        parts = []
        for part in found:
            counted = part.known & known_kept
            error = proportion(int((~is_right[counted]).sum()), int(counted.sum()), level)
            parts.append(PartError(part.name, error, int((part.pool & kept).sum()), int(part.pool.sum())))
        return PartErrors(by, threshold, tuple(parts), **self._state(run_id))

    def _values(self, column: str) -> NDArray[np.str_]:
        """Return the value of a column, or the name of the group, for each image, (N,)."""
        workspace = self._workspace
        names, folder = workspace.images.names.tolist(), workspace.path / "images"
        if column != IN_USE:
            if workspace.metadata.column(column).kind in (NUMBER, TIME):
                groups = workspace.metadata.groups(column)
                return np.array([name if name != NO_VALUE else "" for name in groups.names])[groups.of_image]
            return np.array(group_keys(folder, names, parse_rule(f"column:{column}")), dtype=np.str_)
        in_use = workspace.groups
        if in_use is None:
            raise InputError(
                "The images have no groups: choose some (winnow groups), or name a column of the source's table."
            )
        rule = parse_rule(in_use.rule) if in_use.rule != SOURCE else parse_rule("column:group")
        if rule.kind in ("folder", "pattern", "column"):
            keys = np.array(group_keys(folder, names, rule), dtype=np.str_)
        else:
            keys = np.array(names, dtype=np.str_)
        lowest: Ids = in_use.of_image
        return np.where(keys[lowest] == "", workspace.images.names[lowest], keys[lowest])


@dataclass(frozen=True)
class _Part:
    name: str
    known: Mask  # calibration items of it
    pool: Mask  # open pool images of it


def _guarantee_text(row: ClassGuarantee, target: float, state: str, num_pooled: int) -> str:
    limit = f"at most {100 * target:g} % of its accepted labels are wrong, on average ({state})"
    if row.threshold is None and not row.pooled_with:
        return f"{row.name}: nothing is accepted (n = {row.num_calibration:,})."
    if not row.pooled_with:
        return f"{row.name}: {limit}, by its own calibration images (n = {row.num_calibration:,})."
    n = f"n = {row.num_calibration:,} of {num_pooled:,}"
    if row.threshold is None:
        return f"{row.name}: nothing is accepted ({n}, together with other small classes)."
    return (
        f"{row.name}: too few calibration images for itself ({n}); at most {100 * target:g} % of what "
        f"{', '.join(row.pooled_with)} accept together are wrong, on average ({state}), not of each."
    )
