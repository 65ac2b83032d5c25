"""Control arms: what a curated run would have been without the person, on the same seed, budget and parent.

`threshold_only` keeps the bulk accepts, as if nobody had looked at a single image. `random_clicks` adds as many right
answers as the person gave, on images drawn at random; it needs the true labels of unlabeled images, and is refused
where they are unknown. Calibration labels are never used.
"""

from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import InputError
from core.base.types import UNKNOWN, CuratedSet, Decision, LabelState, Source, Verdict
from core.curation.replay import curated_set, undecided
from core.experiments.label_snapshot import Snapshot
from core.quality.data_checks import labeled_counts
from core.review.bulk import ruled_mask
from core.store.files import write_json
from core.workspace.run import Run, prepare_run

if TYPE_CHECKING:
    from core.project import Project

ARMS = ("threshold_only", "random_clicks")


def prepare_arm(project: "Project", run_id: str, arm: str) -> Run:
    """Write the record and labels of a control arm of a run; the engine has not started yet."""
    if arm not in ARMS:
        raise InputError(f"There is no control arm called {arm!r}. There are: {', '.join(ARMS)}.")
    run = project.run(run_id)
    frozen = run.folder.curated()
    if frozen is None or not num_clicks(frozen):
        raise InputError(f"No single decision went into {run_id}, so there is nothing to compare its control with.")
    bulk = _bulk_lines(project, frozen)
    picked = dict(run.record.rule or {})  # what a rule picked for the run alone goes into its control as well
    rule = picked.pop("rule", None)
    if arm == "threshold_only" and not bulk and rule is None:
        raise InputError(f"{run_id} accepted nothing in bulk: its control is a run on the given labels alone.")
    state = _threshold_state(project, bulk)
    if arm == "random_clicks":
        _click_at_random(project, state, num_clicks(frozen), run.record.config.seed)
    labeled = project.splits.labeled
    curated = curated_set(state, labeled, project.images.labels[labeled])
    snapshot = Snapshot(curated, {line.id: line for line in bulk})
    folder = prepare_run(project, run.record.config, run.record.parent, snapshot=snapshot, rule=rule, params=picked)
    write_json(folder.path / "arm.json", {"arm": arm, "control_of": run_id})
    return Run(folder)


def num_clicks(curated: CuratedSet) -> int:
    """Images that a person decided one by one in a frozen set: accepted, corrected or rejected."""
    return int(np.isin(curated.sources, (Source.ACCEPTED, Source.CORRECTED)).sum()) + len(curated.reject_ids)


def _bulk_lines(project: "Project", frozen: CuratedSet) -> list[Decision]:
    numbers = set(frozen.decisions[frozen.sources == Source.BULK].tolist())
    return [line for line in project.desk.decisions() if line.id in numbers]


def _threshold_state(project: "Project", bulk: list[Decision]) -> LabelState:
    """Each bulk accept again, on the whole pool: also on the images that the person had decided by then."""
    state = undecided(len(project.images.labels))
    for line in bulk:
        pool = project.scores(line.run_id)
        mask = ruled_mask(line.params, pool.scores, labeled_counts(project), np.ones(len(pool.ids), dtype=np.bool_))
        ids = pool.ids[mask]
        state.verdict[ids], state.label[ids] = Verdict.BULK_ACCEPT, pool.scores.pseudo_labels[mask]
        state.decision[ids] = line.id
    return state


def _click_at_random(project: "Project", state: LabelState, count: int, seed: int) -> None:
    unlabeled, labels = project.splits.unlabeled, project.images.labels
    known = unlabeled[labels[unlabeled] != UNKNOWN]
    if len(known) < max(count, len(unlabeled)):
        raise InputError(
            "The true labels of the unlabeled images are not known here, so clicks at random cannot be played: train "
            "the control arm threshold_only instead."
        )
    ids = np.random.default_rng(seed).choice(known, size=min(count, len(known)), replace=False)
    state.verdict[ids], state.label[ids], state.decision[ids] = Verdict.RELABEL, labels[ids], 0
