"""Curated table: one row per label with its provenance."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from core.base.types import Decision, LabelSource
from core.experiments.label_snapshot import Snapshot
from core.export.writers import CuratedTable
from core.quality.audits import certificate_manifest
from core.quality.service import Quality
from core.workspace.workspace import Workspace

_NO_DECISION = {"verdict": "given", "run_id": "", "rule": "", "parameters": "", "reviewer": "", "time": ""}


def certificate_manifests(quality: Quality) -> dict[str, Any]:
    """Return the audit certificates for an export's manifest."""
    return {"certificates": [certificate_manifest(audit) for audit in quality.certificates()]}


def curated_table(workspace: Workspace, snapshot: Snapshot, quality: Quality) -> CuratedTable:
    """Build one row per curated label with its provenance.

    Args:
        workspace: The project.
        snapshot: Curated labels and the decisions they come from.
        quality: Its quality service, for the certificates.

    Returns:
        The table, for the writers.
    """
    curated, images = snapshot.curated, workspace.images
    names = np.asarray(images.class_names)
    provenance = {number: _provenance(decision) for number, decision in snapshot.decisions.items()}
    rows = [provenance.get(int(number), _NO_DECISION) for number in curated.decisions]
    columns: dict[str, Any] = {
        "image_id": curated.ids,
        "name": images.names[curated.ids],
        "label": curated.labels,
        "label_name": names[curated.labels],
        "source": np.array([LabelSource(code).name.lower() for code in curated.sources], dtype=np.str_),
        "weight": curated.weights,
        "decision": curated.decisions,
        "confidence": _confidences(workspace, snapshot),
        **{key: np.array([row[key] for row in rows], dtype=np.str_) for key in _NO_DECISION},
    }
    info = {
        "project": workspace.name,
        "fingerprint": workspace.fingerprint,
        "curated": curated.digest,
        "classes": list(images.class_names),
        "labels": {s.name.lower(): int((curated.sources == s).sum()) for s in LabelSource},
        "rejects": len(curated.reject_ids),
        **certificate_manifests(quality),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return CuratedTable(columns=columns, info=info, pixels=images.pixels)


def _provenance(decision: Decision) -> dict[str, str]:
    params = dict(decision.params)
    rule = str(params.pop("rule", ""))
    params.pop("expected", None)
    return {
        "verdict": decision.verdict,
        "run_id": decision.run_id,
        "rule": rule,
        "parameters": " ".join(f"{key}={value}" for key, value in params.items()),
        "reviewer": decision.reviewer,
        "time": decision.time,
    }


def _confidences(workspace: Workspace, snapshot: Snapshot) -> Any:
    """Return the deciding run's confidence in its suggestion; nan for given labels."""
    confidence = np.full(len(snapshot.curated.ids), np.nan, dtype=np.float32)
    for run_id in {decision.run_id for decision in snapshot.decisions.values()}:
        numbers = [n for n, decision in snapshot.decisions.items() if decision.run_id == run_id]
        rows = np.isin(snapshot.curated.decisions, numbers)
        if rows.any():
            pool = workspace.scores(run_id)
            confidence[rows] = pool.scores.confidence[np.searchsorted(pool.ids, snapshot.curated.ids[rows])]
    return confidence
