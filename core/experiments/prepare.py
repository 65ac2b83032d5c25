"""Prepare a run: write its record and its frozen labels."""

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from core.base.config import FILE_EXTRACTORS, TrainConfig
from core.base.errors import ConfigError, InputError
from core.base.types import CuratedSet, LabelSource, RunRecord
from core.curation.curated_set import can_suggest
from core.data.drawn_val import save_drawn_val
from core.data.groups.split_changes import freeze_changes
from core.data.hidden.hidden_log import freeze_hidden
from core.data.ingestion.redecoded_images import READING, current_reading
from core.data.label_corrections import freeze_corrections
from core.experiments.label_snapshot import Snapshot, freeze, with_rule
from core.jobs.trackers import check_tracker
from core.review.decision_history import DecisionHistory
from core.store.files import write_json
from core.store.log_copies import MARK
from core.store.run_folder import RunFolder, next_run_id
from core.workspace.workspace import Workspace


def prepare_run(
    workspace: Workspace,
    history: DecisionHistory,
    config: TrainConfig,
    parent: str | None,
    *,
    is_curated: bool = True,
    snapshot: Snapshot | None = None,
    rule: str | None = None,
    params: Mapping[str, Any] | None = None,
) -> RunFolder:
    """Write run.json and the frozen labels of a new run without starting it.

    Args:
        workspace: The project.
        history: Its decisions.
        config: Settings of the run.
        parent: The finished run that it follows, None for a first one.
        is_curated: Whether decisions count; False trains on the given labels alone.
        snapshot: The labels, where they are not those of the log as it stands.
        rule: A rule that picks pseudo-labels from the parent's scores, for this run alone.
        params: Parameters of the rule.

    Raises:
        ConfigError: The settings need a parent and there is none or one without weights, or the method is not trained.
        InputError: self_training has no curated labels, or the tracker is not installed.
    """
    _check_parent(workspace, config, parent)
    check_tracker(config)
    snapshot = snapshot or freeze(workspace, history, is_curated=is_curated)
    curated = with_rule(workspace, snapshot.curated, parent, rule, params or {})
    _check_labels(config, curated, len(workspace.splits.pool))
    picked = None if rule is None else {"rule": rule, **(params or {})}
    record = _record(workspace, _with_full_path(config), parent, curated, picked)
    mark, reading = history.mark().facts(), current_reading(workspace.images).info()

    def note(draft: RunFolder) -> None:
        write_json(draft.path / MARK, mark)
        write_json(draft.path / READING, reading)

    folder = RunFolder.create(workspace.path / "runs", record, note)
    folder.save_curated(curated, snapshot.decisions)
    freeze_corrections(workspace.path, folder.path)
    freeze_changes(workspace.path, folder.path)
    freeze_hidden(workspace.path, folder.path)
    _save_drawn_val(workspace, history, folder, curated)
    return folder


def _check_parent(workspace: Workspace, config: TrainConfig, parent: str | None) -> None:
    """Raise ConfigError where the settings need a parent run and it is not there or has no weights."""
    if config.warm_start and parent is None:
        raise ConfigError("warm_start begins from the parent run's weights: choose a parent run, or turn it off.")
    if config.is_imported:
        raise ConfigError("Predictions of another model are imported, not trained: use import_predictions.")
    if config.warm_start and not workspace.run(str(parent)).record.config.is_network:
        raise ConfigError(
            f"{parent} has no weights to start from: turn warm_start off, or follow a run with a network."
        )


def _check_labels(config: TrainConfig, curated: CuratedSet, num_pool: int) -> None:
    """Raise InputError where a run has nothing to learn from beside the given labels."""
    is_given_alone = not (curated.sources != LabelSource.GIVEN).any() and not len(curated.reject_ids)
    if config.method == "self_training" and is_given_alone:
        raise InputError(
            "self_training needs curated labels, and none are decided yet: accept some images on the Review page "
            "first, let a rule pick them from a parent run, or choose the method supervised."
        )
    is_taught = config.fits_head and config.is_network
    if is_taught and not can_suggest(curated):
        raise InputError(
            f"{config.method} learns from a head, and a head needs labeled images of two classes: label some on the "
            "Review page first."
        )
    if is_taught and not num_pool:
        raise InputError(f"{config.method} learns from unlabeled images, and there are none: choose supervised.")


def _record(
    workspace: Workspace, config: TrainConfig, parent: str | None, curated: CuratedSet, rule: dict[str, Any] | None
) -> RunRecord:
    """The record of a run that is prepared now."""
    sources = np.bincount(curated.sources, minlength=len(LabelSource))
    versions = {name: version(name) for name in ("winnow", "numpy", "torch")}
    return RunRecord(
        format=1,
        run_id=next_run_id(workspace.path / "runs", config),
        config=config,
        parent=parent,
        curated=curated.digest,
        fingerprint=workspace.fingerprint,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={"python": platform.python_version(), **versions},
        num_labels={source.name.lower(): int(sources[source]) for source in LabelSource},
        rule=rule,
    )


def _save_drawn_val(workspace: Workspace, history: DecisionHistory, folder: RunFolder, curated: CuratedSet) -> None:
    """Keep val images that were drawn from the pool, where the split has none."""
    if len(workspace.splits.val):
        return
    ids, labels = history.val_items()
    is_held_out = ~np.isin(ids, curated.ids)  # decided in another queue, an image trains
    if is_held_out.any():
        save_drawn_val(folder.path, ids[is_held_out], labels[is_held_out])


def _with_full_path(config: TrainConfig) -> TrainConfig:
    """Return the settings with the full path of the extractor's file: a later run may start in another folder."""
    family, _, file = config.extractor.partition(":")
    path = Path(file).expanduser().resolve()
    if not config.fits_head or family not in FILE_EXTRACTORS or not path.exists():
        return config
    return config.model_copy(update={"extractor": f"{family}:{path}"})
