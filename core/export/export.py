"""What leaves a project: the curated labels as a table in which every row says where its label comes from."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.base.errors import InputError, RunError
from core.base.types import Decision, Source
from core.experiments.label_snapshot import Snapshot, freeze
from core.export.round_card import round_card
from core.export.writers import EXPORTS, CuratedTable, export_card, export_model
from core.quality.audits import read_certificates, told

if TYPE_CHECKING:
    from core.project import Project

RUN_EXPORTS = ("model", "round_card")
"""What is exported of one run; EXPORTS are of the curated set."""
_NO_DECISION = {"verdict": "given", "run_id": "", "rule": "", "parameters": "", "reviewer": "", "time": ""}


def export(project: "Project", kind: str, folder: Path, run_id: str | None) -> Path:
    """Write the curated labels as one of EXPORTS, or a finished run as one of RUN_EXPORTS; else InputError."""
    if kind in EXPORTS:
        return EXPORTS[kind](curated_table(project, freeze(project)), folder)
    if kind not in RUN_EXPORTS:
        raise InputError(f"There is no export called {kind!r}. There are: {', '.join([*EXPORTS, *RUN_EXPORTS])}.")
    if run_id is None:
        raise InputError(f"A {kind.replace('_', ' ')} export needs to know which run: name it.")
    run = project.run(run_id)
    if not run.has_predictions:
        raise RunError(f"{run_id} is {run.status.state} and has no scores yet: wait until it is done.")
    if kind == "model":
        return export_model(run.folder, folder, certificates_of(project))
    info = {"run": run_id, "fingerprint": run.record.fingerprint, **certificates_of(project)}
    return export_card(round_card(project, run), folder, info)


def certificates_of(project: "Project") -> dict[str, Any]:
    """What the audits prove, as every manifest says it."""
    return {"certificates": [told(audit) for audit in read_certificates(project)]}


def curated_table(project: "Project", snapshot: Snapshot) -> CuratedTable:
    """One row per curated label, with its source, decision, run, score, rule, reviewer and time."""
    curated, images = snapshot.curated, project.images
    names = np.asarray(images.class_names)
    provenance = {number: _provenance(decision) for number, decision in snapshot.decisions.items()}
    rows = [provenance.get(int(number), _NO_DECISION) for number in curated.decisions]
    columns: dict[str, Any] = {
        "image_id": curated.ids,
        "name": images.names[curated.ids],
        "label": curated.labels,
        "label_name": names[curated.labels],
        "source": np.array([Source(code).name.lower() for code in curated.sources], dtype=np.str_),
        "weight": curated.weights,
        "decision": curated.decisions,
        "confidence": _confidences(project, snapshot),
        **{key: np.array([row[key] for row in rows], dtype=np.str_) for key in _NO_DECISION},
    }
    info = {
        "project": project.name,
        "fingerprint": project.fingerprint,
        "curated": curated.digest,
        "classes": list(images.class_names),
        "labels": {s.name.lower(): int((curated.sources == s).sum()) for s in Source},
        "rejects": len(curated.reject_ids),
        **certificates_of(project),
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


def _confidences(project: "Project", snapshot: Snapshot) -> Any:
    """Confidence that the deciding run had in its suggestion, nan for given labels."""
    confidence = np.full(len(snapshot.curated.ids), np.nan, dtype=np.float32)
    for run_id in {decision.run_id for decision in snapshot.decisions.values()}:
        numbers = [n for n, decision in snapshot.decisions.items() if decision.run_id == run_id]
        mine = np.isin(snapshot.curated.decisions, numbers)
        if mine.any():
            pool = project.scores(run_id)
            confidence[mine] = pool.scores.confidence[np.searchsorted(pool.ids, snapshot.curated.ids[mine])]
    return confidence
