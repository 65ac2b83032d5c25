"""Export the curated set, or a run's model or round card."""

from pathlib import Path

from core.base.errors import InputError, unknown_name
from core.experiments.label_snapshot import freeze
from core.export.curated_table import certificate_manifests, curated_table
from core.export.round_card import round_card
from core.export.writers import EXPORTS, export_model, export_round_card
from core.quality.service import Quality
from core.review.decision_history import DecisionHistory
from core.workspace.workspace import Workspace

RUN_EXPORTS = ("model", "round_card")
"""Kinds of exports of one run; EXPORTS are those of the curated set."""


def export(
    workspace: Workspace, history: DecisionHistory, quality: Quality, kind: str, folder: Path, run_id: str | None
) -> Path:
    """Write the curated labels or a finished run into a folder.

    Args:
        workspace: The project.
        history: Its decisions.
        quality: Its quality service, for the certificates that every manifest carries.
        kind: One of EXPORTS or RUN_EXPORTS.
        folder: Where to; made where it is not there.
        run_id: The finished run, for one of RUN_EXPORTS.

    Returns:
        The file or folder that was written.

    Raises:
        InputError: There is no such kind, or it needs a run and none is named.
        RunError: The run has no predictions yet.
        DataError: The files cannot be written.
    """
    if kind in EXPORTS:
        return EXPORTS[kind](curated_table(workspace, freeze(workspace, history), quality), folder)
    if kind not in RUN_EXPORTS:
        raise unknown_name("export", kind, [*EXPORTS, *RUN_EXPORTS])
    if run_id is None:
        raise InputError(f"A {kind.replace('_', ' ')} export needs to know which run: name it.")
    run = workspace.finished_run(run_id)
    certificates = certificate_manifests(quality)
    if kind == "model":
        return export_model(run.folder, folder, certificates)
    info = {"run": run_id, "fingerprint": run.record.fingerprint, **certificates}
    return export_round_card(round_card(workspace, history, quality, run), folder, info)
