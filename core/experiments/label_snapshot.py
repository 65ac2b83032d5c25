"""Label snapshots: the curated set that one run or export reads."""

from dataclasses import dataclass

from core.base.types import CuratedSet, Decision
from core.curation.curated_set import curated_set
from core.curation.replay import replay
from core.review.decision_history import DecisionHistory
from core.workspace.workspace import Workspace


@dataclass(frozen=True)
class Snapshot:
    """A curated set and the decisions that its labels come from."""

    curated: CuratedSet
    decisions: dict[int, Decision]  # by id, those that the set names


def freeze(workspace: Workspace, history: DecisionHistory, *, is_curated: bool = True) -> Snapshot:
    """Collect the given labels and, if is_curated, all decisions so far."""
    labeled, labels = workspace.splits.labeled, workspace.images.labels
    if is_curated:
        state, log = history.state(), history.all()
    else:
        state, log = replay([], {}, len(labels)), []
    curated = curated_set(state, labeled, labels[labeled])
    named = set(curated.decisions.tolist()) | set(state.decision[curated.reject_ids].tolist())
    return Snapshot(curated, {decision.id: decision for decision in log if decision.id in named})
