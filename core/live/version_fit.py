"""Fit one model version: a head on stored features and the decisions up to one of the log.

A head run is fitted again as it was. Beside a network, or predictions from elsewhere, a head on features that no label
has touched learns the decisions, and both are averaged: the geometric mean of their probabilities, with the weight
that explains the val labels best. The same log gives the same bytes.
"""

import hashlib
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from core.base.drafts import draft_folder
from core.base.errors import InputError
from core.base.types import UNKNOWN, CuratedSet, Ids, Labels, LabelSource, Logits, RunStatus
from core.curation.curated_set import can_suggest, curated_set, with_selection
from core.experiments.control_runs import num_clicks
from core.features.catalog import find_extractor
from core.features.compute import compute_features
from core.features.store import FeatureStatus, StoredFeatures, open_features
from core.heads.fit import score_head
from core.heads.head_labels import HeadLabels, head_labels
from core.heads.head_settings import HeadSettings, head_settings
from core.review.decision_history import DecisionHistory
from core.scoring.calibration import calibrate, fit_temperature
from core.scoring.model_average import average_logits, fit_average_weight
from core.store.files import draft_array, finish_draft, open_draft, read_json, read_name, save_array, write_json
from core.store.run_folder import RunFolder
from core.workspace.model_versions import ModelVersion, has_scores, list_versions, version_folder
from core.workspace.pool_index import NO_SUGGESTIONS, ensure_index, has_suggestions, needs_index
from core.workspace.run import Run
from core.workspace.workspace import Workspace

EXTRACTOR = "hog"
"""Features beside a network: they need no weights and no label has touched them."""
KEPT = 3
"""Latest versions of a run whose predictions stay on disk."""

_CHUNK = 65_536
OnProgress = Callable[[FeatureStatus], None]


@dataclass(frozen=True)
class VersionRecord:
    """What a model version was fitted on, and how well it names the val images.

    Attributes:
        run: The run whose model was fitted again.
        decision: Id of the last decision that counts; 0 for the run itself.
        labels: Digest of its labels.
        num_clicks: Images that a person had accepted, corrected or rejected one by one.
        num_bulk: Labels that were accepted in bulk.
        head_weight: Share of the head in the average with the run's own scores, [0, 1]; 1 for a head run.
        num_classes: K; classes that were added later are not among them.
        seconds: Time it took.
        logits: SHA-256 of its logits.
    """

    run: str
    decision: int
    labels: str
    num_clicks: int
    num_bulk: int
    head_weight: float
    num_classes: int
    seconds: float
    logits: str


def fit_version(
    workspace: Workspace, history: DecisionHistory, version: ModelVersion, on_progress: OnProgress | None = None
) -> RunFolder:
    """Fit a model version and score all images with it; nothing happens where it is there already.

    Args:
        workspace: The project.
        history: Its decisions.
        version: The version.
        on_progress: Told the progress where features have to be computed first.

    Returns:
        Its folder, below that of the run.

    Raises:
        InputError: There is no such run or decision, or the labels or features cannot be used.
        RunError: The run has no scores yet.
        DataError: A file cannot be read or written.
    """
    begin = time.monotonic()
    base = workspace.finished_run(version.run_id)
    folder = version_folder(base.folder, version)
    if has_scores(folder):
        return RunFolder(folder)
    if not 1 <= version.decision <= history.last_id():
        raise InputError(f"There is no model version {version.name}: the log has {history.last_id():,} decisions.")
    labels = _labels_at(workspace, history, base, version.decision)
    if not can_suggest(labels):
        raise InputError(NO_SUGGESTIONS)
    num_classes = len(workspace.images.class_names)
    if (folder / "version.json").exists():  # it is made again: with the classes of its time
        num_classes = read_version(folder).num_classes
    stored = _features(workspace, base, on_progress)
    folder.parent.mkdir(exist_ok=True)
    bulk_weight = base.record.config.unlabeled_weight
    draft = RunFolder(draft_folder(folder.parent, ".new-"))
    try:
        val = history.val_items(version.decision)
        weight = _write_scores(workspace, base, draft, stored, head_labels(labels, num_classes, bulk_weight), val)
        _write_record(base, draft, version)
        num_bulk = int((labels.sources == LabelSource.BULK).sum())
        facts = (num_clicks(labels), num_bulk, weight, num_classes, time.monotonic() - begin, _sha256(draft.logits()))
        write_json(
            draft.path / "version.json", asdict(VersionRecord(version.run_id, version.decision, labels.digest, *facts))
        )
        shutil.rmtree(folder, ignore_errors=True)
        draft.path.rename(folder)
    finally:
        shutil.rmtree(draft.path, ignore_errors=True)
    _remove_old(base.folder, version)
    return RunFolder(folder)


def read_version(folder: Path) -> VersionRecord:
    """Read the record of a version; DataError where it is missing or damaged."""
    return VersionRecord(**read_json(folder / "version.json"))


def _labels_at(workspace: Workspace, history: DecisionHistory, base: Run, decision: int) -> CuratedSet:
    """Labels of the log up to a decision, and those that a rule picked for the run itself."""
    labeled, given = workspace.drawn_splits.labeled, history.given_labels_at(decision)
    hidden = workspace.hidden.before(decision).mask(len(given))
    labeled = labeled[(given[labeled] != UNKNOWN) & ~hidden[labeled]]
    labels = curated_set(history.state_at(decision), labeled, given[labeled])
    frozen = base.folder.curated()
    if frozen is None or base.record.rule is None:
        return labels
    picked = (frozen.sources == LabelSource.BULK) & (frozen.decisions == 0)
    return with_selection(labels, frozen.ids[picked], frozen.labels[picked])


def _features(workspace: Workspace, base: Run, on_progress: OnProgress | None) -> StoredFeatures:
    root, pointer = workspace.path / "features", base.folder.path / "predictions" / "features.json"
    if pointer.exists():
        return open_features(root / read_name(pointer, "folder"), workspace.images)
    return compute_features(find_extractor(EXTRACTOR), workspace.path / "images", root, on_progress=on_progress)


def _write_scores(
    workspace: Workspace,
    base: Run,
    draft: RunFolder,
    stored: StoredFeatures,
    labels: HeadLabels,
    known: tuple[Ids, Labels],
) -> float:
    """Write logits, calibration and predictions of val images; return the share of the head in them."""
    config = base.record.config
    is_head = config.method == "head" or not has_suggestions(base.folder)
    settings = head_settings(config) if is_head else HeadSettings(seed=config.seed)
    (draft.path / "predictions").mkdir()
    file = draft.path / "predictions" / "logits.npy"
    draft_array(file, (len(workspace.images.pixels), labels.num_classes), np.float32)
    logits = open_draft(file)
    for ids, part in score_head(stored.values, labels, settings):
        logits[ids] = part
    (val, val_labels), weight = known, 1.0
    if not is_head:
        weight = _average(logits, base, val, val_labels)
    finish_draft(file)
    write_json(draft.path / "predictions" / "features.json", {"folder": stored.folder.name})
    write_json(draft.path / "calibration.json", calibrate(np.asarray(logits[val]), val_labels))
    own = workspace.drawn_splits.val  # the same for all versions, so that their curve compares the same images
    save_array(draft.path / "val_predictions.npy", np.asarray(logits[own]).argmax(axis=1).astype(np.int64))
    if needs_index(workspace.whole_splits.pool):
        ensure_index(draft, workspace.whole_splits.pool)
    return weight


def _average(logits: Logits, base: Run, val: Labels, val_labels: Labels) -> float:
    """Turn a head's logits (N, K) into the weighted average with the run's own; return the share of the head."""
    own = base.folder.logits()
    temperatures = base.temperature, fit_temperature(np.asarray(logits[val]), val_labels)
    weight = fit_average_weight(own[val], logits[val], val_labels, temperatures)
    for start in range(0, len(logits), _CHUNK):
        rows = slice(start, start + _CHUNK)
        logits[rows] = average_logits(own[rows], logits[rows], weight, temperatures)
    return weight


def _write_record(base: Run, draft: RunFolder, version: ModelVersion) -> None:
    """Write run.json and status.json, so that the version reads as a finished run."""
    before = [other for other in list_versions(base.folder) if other.decision < version.decision]
    parent = before[-1].name if before else base.id
    facts = asdict(base.record) | {"config": base.record.config.model_dump()}
    write_json(draft.path / "run.json", facts | {"run_id": version.name, "parent": parent})
    draft.write_status(RunStatus("done", epoch=1, epochs=1, step=1, steps=1, device="cpu"))


def _remove_old(run: RunFolder, latest: ModelVersion) -> None:
    """Remove the predictions of old versions; their records stay, and they can be made again."""
    for version in [other for other in list_versions(run) if other != latest][:-KEPT]:
        shutil.rmtree(version_folder(run, version) / "predictions", ignore_errors=True)


def _sha256(logits: Logits) -> str:
    total = hashlib.sha256()
    for start in range(0, len(logits), _CHUNK):
        total.update(np.ascontiguousarray(logits[start : start + _CHUNK]).data)
    return total.hexdigest()
