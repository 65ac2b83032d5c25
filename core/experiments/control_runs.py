"""Control runs: the training of a curated run without the person's labels.

Each has the seed, budget and parent of the curated run.

`threshold_only` keeps the bulk accepts, as if nobody had looked at a single image. `random_clicks` adds as many right
answers as the person gave, on images drawn at random; it needs the true labels of unlabeled images, and is refused
where they are unknown. Calibration labels are never used.
"""

from contextlib import suppress

import numpy as np

from core.base.errors import InputError, unknown_name
from core.base.types import UNKNOWN, BulkSet, CuratedSet, Decision, LabelSource, LabelState, Verdict
from core.curation.curated_set import curated_set
from core.curation.replay import undecided
from core.experiments.label_snapshot import Snapshot
from core.experiments.prepare import prepare_run
from core.jobs.start import start
from core.quality.model_comparison import compare_runs
from core.review.bulk import is_by_rule, rule_mask
from core.review.decision_history import DecisionHistory
from core.risk.review_value import ReviewValue, review_value
from core.store.files import write_json
from core.workspace.run import Run
from core.workspace.workspace import Workspace

CONTROL_KINDS = ("threshold_only", "random_clicks")
"""What a control run trains on: the bulk accepts alone, or as many answers on random images."""


def start_control_run(workspace: Workspace, history: DecisionHistory, run_id: str, kind: str) -> Run:
    """Train a control run beside a curated run, on its seed, budget and parent.

    Args:
        workspace: The project.
        history: Its decisions.
        run_id: The curated run.
        kind: One of CONTROL_KINDS.

    Raises:
        InputError: There is no such kind, no single decision went into the run, or the kind needs what is not there.
    """
    run = prepare_control_run(workspace, history, run_id, kind)
    start(workspace.path, run.id)
    return run


def start_control_runs(workspace: Workspace, history: DecisionHistory, run_id: str) -> list[Run]:
    """Train every control run that can be trained beside a curated run.

    They are queued behind it for the device.
    """
    started = []
    for kind in CONTROL_KINDS:
        with suppress(InputError):  # no single decision, no bulk accept, or true labels that nobody knows
            started.append(start_control_run(workspace, history, run_id, kind))
    return started


def controls_of(workspace: Workspace, run_id: str) -> dict[str, str]:
    """List the finished control runs of a run, latest first.

    Returns:
        Id of the control run → its kind, one of CONTROL_KINDS.
    """
    found = {}
    for run in reversed(workspace.runs()):
        control = run.control
        if control is not None and control.of == run_id and run.has_predictions:
            found[run.id] = control.kind
    return found


def value_over_control(workspace: Workspace, control: str, curated: str) -> ReviewValue:
    """Measure the test accuracy that 100 decisions gained over a control run.

    Raises:
        InputError: Both are the same run, or the project has no test images.
    """
    if control == curated:
        raise InputError("A run cannot be its own control: choose two different runs.")
    compared = compare_runs(workspace, control, curated)
    frozen = workspace.run(curated).folder.curated()
    labels = workspace.images.labels[compared.test_ids]
    clicks = 0 if frozen is None else num_clicks(frozen)
    known = workspace.groups
    groups = None if known is None else known.of_image[compared.test_ids]
    return review_value(compared.comparison.predictions_a, compared.comparison.predictions_b, labels, clicks, groups)


def prepare_control_run(workspace: Workspace, history: DecisionHistory, run_id: str, kind: str) -> Run:
    """Write the record and labels of a control run without starting it."""
    if kind not in CONTROL_KINDS:
        raise unknown_name("control run", kind, CONTROL_KINDS)
    run = workspace.run(run_id)
    frozen = run.folder.curated()
    if frozen is None or not num_clicks(frozen):
        raise InputError(f"No single decision went into {run_id}, so there is nothing to compare its control with.")
    bulk = _bulk_decisions(history, frozen)
    picked = dict(run.record.rule or {})  # what a rule picked for the run alone goes into its control as well
    rule = picked.pop("rule", None)
    if kind == "threshold_only" and not bulk and rule is None:
        raise InputError(f"{run_id} accepted nothing in bulk: its control is a run on the given labels alone.")
    state = _threshold_state(workspace, history, bulk)
    if kind == "random_clicks":
        _click_at_random(workspace, state, num_clicks(frozen), run.record.config.seed)
    labeled = workspace.splits.labeled
    curated = curated_set(state, labeled, workspace.images.labels[labeled])
    snapshot = Snapshot(curated, {line.id: line for line in bulk})
    config, parent = run.record.config, run.record.parent
    folder = prepare_run(workspace, history, config, parent, snapshot=snapshot, rule=rule, params=picked)
    write_json(folder.path / "arm.json", {"arm": kind, "control_of": run_id})
    return Run(folder)


def num_clicks(curated: CuratedSet) -> int:
    """Count the images that a person accepted, corrected or rejected one by one."""
    return int(np.isin(curated.sources, (LabelSource.ACCEPTED, LabelSource.CORRECTED)).sum()) + len(curated.reject_ids)


def _bulk_decisions(history: DecisionHistory, frozen: CuratedSet) -> list[Decision]:
    numbers = set(frozen.decisions[frozen.sources == LabelSource.BULK].tolist())
    return [line for line in history.all() if line.id in numbers]


def _threshold_state(workspace: Workspace, history: DecisionHistory, bulk: list[Decision]) -> LabelState:
    """Replay the bulk accepts alone, in the order of the log.

    A rule is applied to the whole pool, also to images that the person had decided by then. A filter or a list of named
    images is no rule: its stored set is used.
    """
    state = undecided(len(workspace.images.labels))
    for line in bulk:
        accepted = _rule_set(workspace, line) if is_by_rule(line.params) else history.bulk_set(line)
        state.verdict[accepted.ids], state.label[accepted.ids] = Verdict.BULK_ACCEPT, accepted.labels
        state.decision[accepted.ids] = line.id
    return state


def _rule_set(workspace: Workspace, line: Decision) -> BulkSet:
    pool = workspace.scores(line.run_id)
    is_free = np.ones(len(pool.ids), dtype=np.bool_)
    mask = rule_mask(line.params, pool.scores, workspace.labeled_counts(), is_free)
    return BulkSet(pool.ids[mask], pool.scores.pseudo_labels[mask])


def _click_at_random(workspace: Workspace, state: LabelState, count: int, seed: int) -> None:
    unlabeled, labels = workspace.splits.unlabeled, workspace.images.labels
    known = unlabeled[labels[unlabeled] != UNKNOWN]
    if len(known) < max(count, len(unlabeled)):
        raise InputError(
            "The true labels of the unlabeled images are not known here, so random clicks cannot be simulated: train "
            "the control run threshold_only instead."
        )
    ids = np.random.default_rng(seed).choice(known, size=min(count, len(known)), replace=False)
    state.verdict[ids], state.label[ids], state.decision[ids] = Verdict.RELABEL, labels[ids], 0
