"""Exports of one run: its model as safetensors, and its round card."""

import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.base.errors import InputError, RunError
from core.export.placement import finish, place_export
from core.store.files import read_json, write_json
from core.store.run_folder import RunFolder


def export_model(run: RunFolder, folder: Path, more: Mapping[str, Any] | None = None) -> Path:
    """Write a run's weights, architecture, settings and temperature.

    The files are model.safetensors, model.json and run.json.

    Args:
        run: A run that has a trained model.
        folder: An empty folder or one of an earlier export.
        more: Further entries of the manifest.

    Returns:
        The file of the weights.

    Raises:
        RunError: The run has no trained model yet.
        InputError: The folder holds other files, or the run has no network.
        DataError: The files cannot be written.
    """
    config = run.record().config
    if not config.is_network:
        what = "was imported" if config.is_imported else "is a head on stored features"
        raise InputError(f"{run.id} {what} and has no model file: export a run with a network.")
    if not run.model_path.exists():
        raise RunError(f"{run.id} has no trained model yet: wait until it is done.")
    record, architecture = run.record(), read_json(run.path / "model.json")
    content = {**asdict(record), "config": record.config.model_dump(), "temperature": run.temperature()}
    info = {"run": run.id, "fingerprint": record.fingerprint, **(more or {})}
    with place_export(folder) as draft:
        shutil.copyfile(run.model_path, draft / run.model_path.name)
        write_json(draft / "model.json", architecture)
        write_json(draft / "run.json", content)
        finish(draft, "model", info, set())
    return folder / run.model_path.name


def export_round_card(text: str, folder: Path, info: Mapping[str, Any]) -> Path:
    """Write a round card as round_card.html.

    Args:
        text: The HTML.
        folder: An empty folder or one of an earlier export.
        info: Entries of the manifest.

    Returns:
        The file.

    Raises:
        InputError: The folder holds other files.
        DataError: The file cannot be written.
    """
    with place_export(folder) as draft:
        (draft / "round_card.html").write_text(text, encoding="utf-8")
        finish(draft, "round_card", info, set())
    return folder / "round_card.html"
