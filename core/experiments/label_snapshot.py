"""Freezing: the decision log, replayed into the curated set that one run trains on or one export writes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.base.types import CuratedSet, Decision
from core.curation.replay import curated_set, replay

if TYPE_CHECKING:
    from core.project import Project


@dataclass(frozen=True)
class Snapshot:
    """A curated set and the decisions that its labels come from."""

    curated: CuratedSet
    decisions: dict[int, Decision]  # by id, those that the set names


def freeze(project: "Project", *, is_curated: bool = True) -> Snapshot:
    """Given labels and, unless is_curated is False, everything decided so far."""
    labeled = project.splits.labeled
    if is_curated:
        state, log = project.desk.state(), project.desk.decisions()
    else:
        state, log = replay([], {}, len(project.images.labels)), []
    curated = curated_set(state, labeled, project.images.labels[labeled])
    named = set(curated.decisions.tolist()) | set(state.decision[curated.reject_ids].tolist())
    return Snapshot(curated, {decision.id: decision for decision in log if decision.id in named})
