"""Curated table: one row per label with its provenance, from the log alone where a run is gone."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import WinnowError
from core.base.types import UNKNOWN, Decision, Ids, LabelSource
from core.curation.remarks import Remarks
from core.data.classes.class_appearance import MERGED, ClassAppearance
from core.data.metadata.column_kinds import NUMBER, TIME, YES_NO
from core.data.metadata.image_metadata import Metadata
from core.data.metadata.metadata_columns import MetadataColumn
from core.data.sources.source_roots import read_roots
from core.experiments.label_snapshot import Snapshot
from core.export.error_states import bulk_runs, error_states
from core.export.label_table import RESERVED, LabelTable
from core.quality.audit_answers import certificate_manifest
from core.quality.service import Quality
from core.store.log_copies import LogMark
from core.workspace.pool_index import score_images
from core.workspace.workspace import Workspace

_NO_DECISION = {"verdict": "given", "run_id": "", "rule": "", "parameters": "", "reviewer": "", "time": ""}
_HELD_OUT = ("val", "calibration", "test")


def certificate_manifests(quality: Quality) -> dict[str, Any]:
    """Return the audit certificates for an export's manifest."""
    return {"certificates": [certificate_manifest(audit) for audit in quality.certificates()]}


def curated_table(workspace: Workspace, snapshot: Snapshot, quality: Quality, mark: LogMark) -> LabelTable:
    """Build one row per curated label with its provenance.

    Args:
        workspace: The project.
        snapshot: Curated labels and the decisions they come from.
        quality: Its quality service, for the certificates.
        mark: End of the decision log, by which a lost log is noticed later.

    Returns:
        The table, for the formats; it needs no folder of a run.
    """
    curated, images = snapshot.curated, workspace.images
    names = np.asarray(images.class_names, dtype=np.str_)
    provenance = {number: _provenance(decision) for number, decision in snapshot.decisions.items()}
    rows = [provenance.get(int(number), _NO_DECISION) for number in curated.decisions]
    columns: dict[str, Any] = {
        "image_id": curated.ids,
        "name": images.names[curated.ids],
        "label": curated.labels,
        "label_name": names[curated.labels] if len(names) else np.empty(0, np.str_),
        "source": np.array([LabelSource(code).name.lower() for code in curated.sources], dtype=np.str_),
        "weight": curated.weights,
        "decision": curated.decisions,
        "confidence": _confidences(workspace, snapshot),
        **{key: np.array([row[key] for row in rows], dtype=np.str_) for key in _NO_DECISION},
        "split": np.full(len(curated.ids), "train", dtype="<U11"),
    }
    info = {
        "project": workspace.name,
        "fingerprint": workspace.fingerprint,
        **{key: value for key, value in workspace.info.items() if key.startswith("hub_")},
        "curated": curated.digest,
        "classes": list(images.class_names),
        **({MERGED: gone} if (gone := [images.class_names[n] for n in sorted(workspace.classes.merged)]) else {}),
        **ClassAppearance.of(workspace.classes).facts(),
        "labels": {s.name.lower(): int((curated.sources == s).sum()) for s in LabelSource},
        "rejects": len(curated.reject_ids),
        "rules": _rules(snapshot),
        **_hidden(workspace),
        "log": mark.facts(),
        **certificate_manifests(quality),
        "error_states": error_states(quality, bulk_runs(snapshot)),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    source = str(workspace.info["source"])
    roots = read_roots(workspace.path, source) if Path(source).is_absolute() else None
    return LabelTable(columns, info, images.pixels, roots)


def _hidden(workspace: Workspace) -> dict[str, Any]:
    """Return how many images were left out as hidden, by reason; nothing where none is."""
    reasons = {reason: len(ids) for reason, ids in workspace.hidden.by_reason().items()}
    return {"hidden": {"images": sum(reasons.values()), "reasons": reasons}} if reasons else {}


def with_held_out(table: LabelTable, workspace: Workspace) -> LabelTable:
    """Add the given labels of val, calibration and test images, as drawn, that the table does not have yet."""
    labels, parts = workspace.images.labels, workspace.hidden.without(workspace.original_splits)
    counts = {}
    for split in _HELD_OUT:
        ids = getattr(parts, split)  # also those that leak and no longer count
        ids = ids[(labels[ids] != UNKNOWN) & ~np.isin(ids, table.columns["image_id"])]
        table, counts[split] = _with_rows(table, workspace, ids, labels[ids], split), len(ids)
    return LabelTable(table.columns, {**table.info, "held_out": counts}, table.pixels, table.source)


def with_predictions(table: LabelTable, workspace: Workspace, run_id: str, *, has_unlabeled: bool) -> LabelTable:
    """Add what a run predicts for each row, and pool images without a label where the format takes them.

    Args:
        table: The labels.
        workspace: The project.
        run_id: A finished run.
        has_unlabeled: Whether pool images without a label get rows too.

    Raises:
        InputError: There is no such run, or it has no suggestions yet.
        RunError: It has no scores yet.
    """
    folder = workspace.finished_run(run_id).folder
    if has_unlabeled:
        pool = workspace.splits.pool
        rest = pool[~np.isin(pool, table.columns["image_id"])]
        table = _with_rows(table, workspace, rest, np.full(len(rest), UNKNOWN), "unlabeled")
    found = score_images(folder, table.columns["image_id"])
    found.check_suggestions()
    names = np.asarray(workspace.images.class_names, dtype=np.str_)
    predicted = {
        "predicted": names[found.scores.pseudo_labels],
        "predicted_confidence": found.scores.confidence.astype(np.float32),
    }
    info = {**table.info, "predictions_of": run_id}
    return LabelTable({**table.columns, **predicted}, info, table.pixels, table.source)


def with_metadata(table: LabelTable, metadata: Metadata) -> LabelTable:
    """Add the metadata columns of the images; one whose name Winnow uses itself gets "_source" behind it.

    Args:
        table: All rows.
        metadata: The columns.
    """
    columns, types, origins = dict(table.columns), dict[str, str](), dict[str, Any]()
    taken = {name.casefold() for name in RESERVED}
    for name in metadata.names:
        column, free = metadata.column(name), name
        while free.casefold() in taken:
            free = f"{free}_source"
        taken.add(free.casefold())
        values = np.empty(len(table), dtype=object)
        values[:] = column.plain(table.columns["image_id"])
        columns[free], types[free] = values, _type_of(column)
        origins[free] = {"column": name, "kind": column.kind}
    info = {**table.info, "metadata": origins} if origins else table.info
    return replace(table, columns=columns, info=info, metadata=types)


def _type_of(column: MetadataColumn) -> str:
    if column.kind == TIME:
        return "timestamp[us, tz=UTC]" if column.has_zone else "timestamp[us]"
    if column.kind == NUMBER:
        return "int64" if column.is_whole else "float64"
    return "bool" if column.kind == YES_NO else "string"


def with_remarks(table: LabelTable, remarks: Remarks) -> LabelTable:
    """Add the note at each image, and who flagged it; empty where there is none."""
    ids = table.columns["image_id"].tolist()
    notes = [remarks.notes[image].text if image in remarks.notes else "" for image in ids]
    flags = [remarks.flags[image].reviewer if image in remarks.flags else "" for image in ids]
    added = {"note": np.array(notes, dtype=np.str_), "flag": np.array(flags, dtype=np.str_)}
    return replace(table, columns={**table.columns, **added})


def _with_rows(table: LabelTable, workspace: Workspace, ids: Ids, labels: NDArray[Any], split: str) -> LabelTable:
    """Add rows that nobody decided about; the table stays sorted by image."""
    images, num = workspace.images, len(ids)
    if not num:
        return table
    is_known = labels != UNKNOWN
    names = np.asarray((*images.class_names, ""), dtype=np.str_)
    texts = dict.fromkeys(_NO_DECISION, "")
    added: dict[str, Any] = {
        "image_id": ids, "name": images.names[ids], "label": labels, "label_name": names[labels],
        "source": np.where(is_known, "given", ""), "weight": is_known.astype(np.float32),
        "decision": np.zeros(num, np.int64), "confidence": np.full(num, np.nan, np.float32),
        **{key: np.full(num, value) for key, value in texts.items()},
        "verdict": np.where(is_known, "given", ""), "split": np.full(num, split, dtype="<U11"),
    }  # fmt: skip
    columns = {name: np.concatenate([column, added[name]]) for name, column in table.columns.items()}
    order = np.argsort(columns["image_id"], kind="stable")
    return LabelTable({n: c[order] for n, c in columns.items()}, table.info, table.pixels, table.source)


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


def _rules(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Return the bulk decisions behind the labels: rule, threshold, run, reviewer, labels that count."""
    numbers, counts = np.unique(snapshot.curated.decisions, return_counts=True)
    found = []
    for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
        decision = snapshot.decisions.get(number)
        if decision is not None and decision.verdict == "bulk_accept":
            params = {key: value for key, value in decision.params.items() if key not in ("expected", "images")}
            found.append({"decision": number, "run": decision.run_id, "reviewer": decision.reviewer,
                          "labels": count, **params})  # fmt: skip
    return found


def _confidences(workspace: Workspace, snapshot: Snapshot) -> NDArray[np.float32]:
    """Return the deciding run's confidence in its suggestion.

    The log has it for single decisions; for bulk ones it is read from the run. It is nan for given labels, and for bulk
    decisions whose run is gone.
    """
    curated = snapshot.curated
    confidence = np.full(len(curated.ids), np.nan, dtype=np.float32)
    for number, decision in snapshot.decisions.items():
        if decision.score is not None:
            confidence[curated.decisions == number] = decision.score
    for run_id in {decision.run_id for decision in snapshot.decisions.values() if decision.score is None}:
        numbers = [n for n, decision in snapshot.decisions.items() if decision.run_id == run_id]
        rows = np.isin(curated.decisions, numbers) & np.isnan(confidence)
        try:
            pool = workspace.scores(run_id) if rows.any() else None
        except WinnowError:
            continue  # the run is gone: the labels are not
        if pool is not None:
            confidence[rows] = pool.scores.confidence[np.searchsorted(pool.ids, curated.ids[rows])]
    return confidence
