"""Check of all given labels: cross-validated heads score them, and the scores are reviewed like a run's pool.

The scores lie in the project folder as `checks/label_issues`, a run folder without a model. They are made again when a
label, a class or the features changed.
"""

import hashlib
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from core.base.config import TrainConfig
from core.base.drafts import draft_folder
from core.base.errors import DataError, InputError
from core.base.types import UNKNOWN, RunRecord, RunStatus
from core.features.catalog import named_features
from core.features.store import FeatureStatus, StoredFeatures
from core.heads.label_quality import label_quality
from core.labels.contradictions import same_images
from core.store.files import draft_array, finish_draft, open_draft, read_json, save_arrays, write_json
from core.store.run_folder import RunFolder
from core.workspace.workspace import CHECKS, LABEL_ISSUES, Workspace

ISSUES = "issues.npz"
EXTRACTOR = "hog"
"""Features that need no weights and that no label has touched."""
OnProgress = Callable[[FeatureStatus], None]


def is_current(workspace: Workspace, extractor: str | None = None) -> bool:
    """Return whether the stored scores are of the labels and classes as they stand.

    Args:
        workspace: The project.
        extractor: The features that are wanted; None takes those of the stored scores.
    """
    try:
        stored = read_json(_folder(workspace) / "check.json")
    except DataError:
        return False
    return stored == _key(workspace, extractor or str(stored.get("extractor")))


def check_labels(
    workspace: Workspace, extractor: str | None = None, on_progress: OnProgress | None = None
) -> RunFolder:
    """Score every given label by heads that have not seen it; nothing happens where the scores are current.

    Args:
        workspace: The project.
        extractor: Features to fit on; None takes HOG, or those of the check before.
        on_progress: Told the progress where features have to be computed first.

    Returns:
        Folder of the scores.

    Raises:
        InputError: There are labels of fewer than two classes, or the features cannot be had.
        DataError: A file cannot be read or written.
    """
    target = _folder(workspace)
    if is_current(workspace, extractor):
        return RunFolder(target)
    if extractor is None and (target / "check.json").exists():
        extractor = str(read_json(target / "check.json").get("extractor", EXTRACTOR))
    name = extractor or EXTRACTOR
    ids = workspace.given_ids()
    if len(np.unique(workspace.images.labels[ids][workspace.images.labels[ids] != UNKNOWN])) < 2:
        raise InputError("Label issues need labels of at least two classes, and this project has none yet.")
    stored = named_features(name, workspace.path / "images", workspace.path / "features", on_progress=on_progress)
    target.parent.mkdir(exist_ok=True)
    draft = draft_folder(target.parent, ".new-")
    try:
        _write(workspace, RunFolder(draft), stored, name)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
    except OSError as error:
        raise DataError(f"{target} cannot be written ({error.strerror}): the labels were not checked.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return RunFolder(target)


def _write(workspace: Workspace, draft: RunFolder, stored: StoredFeatures, extractor: str) -> None:
    labels, ids = workspace.images.labels, workspace.given_ids()
    num_classes = max(2, len(workspace.images.class_names))
    known = ids[labels[ids] != UNKNOWN]
    found = label_quality(stored.values, known, labels[known], same_images(workspace)[known], num_classes)
    (draft.path / "predictions").mkdir()
    file = draft.path / "predictions" / "logits.npy"
    draft_array(file, (len(labels), num_classes), np.float32)
    open_draft(file)[known] = found.log_probs
    finish_draft(file)
    save_arrays(
        draft.path / ISSUES,
        {"ids": known, "labels": labels[known], "quality": found.quality, "self_confidence": found.self_confidence},
    )
    write_json(draft.path / "predictions" / "features.json", {"folder": stored.folder.name})
    write_json(draft.path / "calibration.json", {"temperature": 1.0})
    write_json(draft.path / "check.json", _key(workspace, extractor))
    record = RunRecord(
        format=1, run_id=LABEL_ISSUES, config=TrainConfig(method="head", extractor=extractor), parent=None,
        curated=None, fingerprint=workspace.fingerprint, created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={name: version(name) for name in ("winnow", "numpy")},
    )  # fmt: skip
    write_json(draft.path / "run.json", {**vars(record), "config": record.config.model_dump()})
    draft.write_status(RunStatus("done", epoch=1, epochs=1, step=1, steps=1, device="cpu"))


def _folder(workspace: Workspace) -> Path:
    return workspace.path / CHECKS / LABEL_ISSUES


def _key(workspace: Workspace, extractor: str) -> dict[str, Any]:
    """Return what the scores depend on."""
    ids = workspace.given_ids()
    content = np.stack([ids, workspace.images.labels[ids]]).astype("<i8").tobytes()
    return {
        "labels": hashlib.sha256(content).hexdigest(),
        "num_classes": len(workspace.images.class_names),
        "extractor": extractor,
    }
