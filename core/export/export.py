"""Export the curated set, or a run's model or round card."""

from pathlib import Path
from typing import Any

from core.base.errors import InputError, unknown_name
from core.experiments.label_snapshot import freeze
from core.export.curated_table import (
    certificate_manifests,
    curated_table,
    with_held_out,
    with_metadata,
    with_predictions,
    with_remarks,
)
from core.export.error_states import error_states
from core.export.formats.export_format import ExportJob
from core.export.kinds import EXPORTS
from core.export.label_table import ExportOptions, LabelTable
from core.export.placement import finish, place_export
from core.export.runs.model_files import export_model_package
from core.export.runs.round_card import round_card
from core.export.runs.run_files import export_model, export_round_card
from core.quality.service import Quality
from core.review.decision_history import DecisionHistory
from core.workspace.workspace import Workspace

RUN_EXPORTS = ("model", "onnx", "round_card")
"""Kinds of exports of one run; EXPORTS are those of the labels."""


def export(
    workspace: Workspace,
    history: DecisionHistory,
    quality: Quality,
    kind: str,
    folder: Path,
    run_id: str | None,
    options: ExportOptions | None = None,
) -> Path:
    """Write the labels or a finished run into a folder.

    Args:
        workspace: The project.
        history: Its decisions.
        quality: Its quality service, for the certificates that every manifest carries.
        kind: One of EXPORTS or RUN_EXPORTS.
        folder: Where to; made where it is not there.
        run_id: The finished run, for one of RUN_EXPORTS; for EXPORTS the run whose predictions go with the labels.
        options: What the person chose for EXPORTS.

    Returns:
        The file or folder that was written.

    Raises:
        InputError: There is no such kind, it needs a run and none is named, or the options do not fit.
        RunError: The run has no predictions yet.
        DataError: The files cannot be written.
    """
    if kind in EXPORTS:
        options = options or ExportOptions()
        table = curated_table(workspace, freeze(workspace, history), quality, history.mark())
        if EXPORTS[kind].held_out if options.held_out is None else options.held_out:
            table = with_held_out(table, workspace)
        if run_id is not None:
            table = with_predictions(table, workspace, run_id, has_unlabeled=EXPORTS[kind].has_unlabeled)
        table = with_metadata(with_remarks(table, history.remarks()), workspace.metadata)
        return write_labels(kind, table, folder, options)
    if kind not in RUN_EXPORTS:
        raise unknown_name("export", kind, [*EXPORTS, *RUN_EXPORTS])
    if run_id is None:
        raise InputError(f"A {kind.replace('_', ' ')} export needs to know which run: name it.")
    run = workspace.finished_run(run_id)
    certificates = {**certificate_manifests(quality), "error_states": error_states(quality, [run_id])}
    if kind == "onnx":
        return export_model_package(workspace, quality, run, folder, (options or ExportOptions()).threshold)
    if kind == "model":
        return export_model(run.folder, folder, certificates)
    info = {"run": run_id, "fingerprint": run.record.fingerprint, "log": history.mark().facts(), **certificates}
    return export_round_card(round_card(workspace, history, quality, run), folder, info)


def write_labels(kind: str, table: LabelTable, folder: Path, options: ExportOptions | None = None) -> Path:
    """Write labels in a format, whole or not at all.

    Args:
        kind: One of EXPORTS.
        table: The labels.
        folder: New, empty, or an earlier export, which is replaced.
        options: What the person chose.

    Returns:
        The main file, or the folder.

    Raises:
        InputError: The folder holds other files, or originals are missing.
        DataError: The files cannot be written.
    """
    with place_export(folder) as draft:
        job = ExportJob(table, draft, options or ExportOptions())
        main = EXPORTS[kind].write(job)
        more: dict[str, Any] = {"files": job.files} if job.files else {}
        more["formula_safe"] = job.options.formula_safe  # of the CSV: what reads it takes the apostrophes away
        finish(draft, kind, {**table.info, **more}, set(job.image_paths))
    return folder / main if main else folder
