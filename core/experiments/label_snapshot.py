"""Label snapshots: the curated set that one run or export reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.base.errors import ConfigError
from core.base.types import CuratedSet, Decision
from core.curation.curated_set import curated_set, with_selection
from core.curation.replay import replay
from core.curation.rules import checked_rule
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


def with_rule(
    workspace: Workspace, curated: CuratedSet, parent: str | None, rule: str | None, params: Mapping[str, Any]
) -> CuratedSet:
    """Add the pseudo-labels that a rule picks from a parent run's scores.

    Args:
        workspace: The project.
        curated: Labels of the run so far.
        parent: The finished run whose scores count.
        rule: Name of the rule; None adds nothing.
        params: Its parameters.

    Returns:
        The larger set.

    Raises:
        ConfigError: There is a rule without a parent run, no such rule, or a parameter is out of range.
        RunError: The parent run has no scores yet.
    """
    if rule is None:
        return curated
    if parent is None:
        raise ConfigError("A rule picks pseudo-labels from a parent run's scores: choose a parent run.")
    pool = workspace.scores(parent)
    keep = checked_rule(rule, params)(pool.scores)
    return with_selection(curated, pool.ids[keep], pool.scores.pseudo_labels[keep])
