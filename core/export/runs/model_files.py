"""Export a model for use elsewhere: safetensors and config, ONNX, a card, and an example without Winnow."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from core.base.errors import InputError, WinnowError
from core.base.types import UNKNOWN
from core.export.curated_table import certificate_manifests
from core.export.placement import finish, place_export
from core.export.runs.model_card import CardFacts, example, model_card, program
from core.features.extractors import HANDCRAFTED, PATCHES, Extractor
from core.features.learned_filters import FILE as FILTERS
from core.features.learned_filters import learned_extractor
from core.features.store import open_features
from core.heads.fit import fit_head
from core.heads.head_labels import head_labels
from core.heads.head_settings import head_settings
from core.jobs.launch import module_command
from core.quality.service import Quality
from core.risk.error_estimates import proportion
from core.store.files import read_json, save_array, save_arrays, write_json
from core.workspace.model_versions import parse_version
from core.workspace.run import Run
from core.workspace.workspace import Workspace

TARGET_ERROR = 0.05
"""Highest share of wrong names among those above the threshold that a model goes out with, unless asked otherwise."""
NUM_COMPARED = 64
"""Images on which the ONNX file's logits are compared with the product's."""


def export_model_package(
    workspace: Workspace, quality: Quality, run: Run, folder: Path, threshold: float | None = None
) -> Path:
    """Write a finished run's model for use without Winnow.

    Args:
        workspace: The project.
        quality: Its quality service, for the threshold and the certificates.
        run: A finished network or head.
        folder: New, empty, or an earlier export.
        threshold: Confidence below which the answer is "don't know", [0, 1]; None: the conformal threshold of the pool
            for TARGET_ERROR.

    Returns:
        The ONNX file; the folder where none could be written, and README.md says why.

    Raises:
        InputError: The run's model cannot score new images, or the threshold is out of range.
        DataError: The files cannot be written.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise InputError(f"The threshold {threshold:g} is no confidence: give 0 to 1.")
    _check_kind(run)
    threshold, guarantee = _threshold(quality, run, threshold)
    certificates = certificate_manifests(quality)
    with place_export(folder) as draft:
        model = _write_weights(workspace, run, draft) | {"threshold": threshold, **_reading(workspace)}
        write_json(draft / "model.json", model)
        record = run.record
        write_json(draft / "run.json", {**asdict(record), "config": record.config.model_dump()})
        onnx = _write_onnx(workspace, run, draft)
        if "error" not in onnx:
            (draft / "predict.py").write_text(program(model["fit"]), encoding="utf-8")
            (draft / "example.py").write_text(example(model), encoding="utf-8")
        card = model_card(_card_facts(workspace, run, model, guarantee, certificates), model, onnx)
        (draft / "README.md").write_text(card, encoding="utf-8")
        info = {"run": run.id, "fingerprint": record.fingerprint, "onnx": onnx, **certificates}
        finish(draft, "onnx", info, set())
    return folder / "model.onnx" if "error" not in onnx else folder


def _check_kind(run: Run) -> None:
    """Raise InputError where the model cannot score images it has not seen."""
    if parse_version(run.id) is not None:
        raise InputError(f"{run.id} is a live version of a run: train a run on the decisions, and export that.")
    config = run.record.config
    if config.is_imported:
        raise InputError(f"{run.id} was imported: its model is not here, so it cannot be exported.")
    if not config.is_head:
        return
    if config.head == "label_propagation":
        raise InputError(
            f"{run.id} spreads labels among the project's own images and cannot score others: export a run whose head "
            "is logistic or kernel_ridge."
        )
    if config.extractor.startswith("own:"):
        raise InputError(
            f"{run.id} reads features from a file, which new images do not have: choose another extractor."
        )
    if not run.folder.calibration().get("has_suggestions", True):
        raise InputError(f"{run.id} has seen labels of fewer than two classes: there is nothing to export yet.")


def _reading(workspace: Workspace) -> dict[str, Any]:
    """Return how files become pixels, for model.json."""
    facts = workspace.images.facts
    settings = facts.get("settings", {})
    return {"fit": settings.get("fit", "pad"), "background": settings.get("background", "white"),
            "value_range": facts.get("value_range")}  # fmt: skip


def _threshold(quality: Quality, run: Run, given: float | None) -> tuple[float | None, str]:
    """Return the threshold of "don't know" and what is known of it."""
    if given is not None:
        return given, f"The threshold {given:g} was chosen by hand: nothing is guaranteed about it."
    try:
        found = quality.conformal_threshold(run.id, TARGET_ERROR)
    except WinnowError as error:
        return None, f"No threshold is known ({error})"
    if found.threshold is None:
        return None, (
            f"No threshold keeps the expected error at {TARGET_ERROR:.0%} ({found.num_calibration:,} hidden "
            "calibration images): nothing is guaranteed."
        )
    return float(found.threshold), (
        f"Of the pool's images that reach the threshold {found.threshold:.4f} ({found.coverage:.1%} of "
        f"{found.num_pool:,}), at most {TARGET_ERROR:.0%} are expected to be named wrong: conformal selection (Jin & "
        f"Candes 2023) on {found.num_calibration:,} hidden calibration images. It is an expectation over draws of "
        "those images, for images that come from where the pool's came from."
    )


def _write_weights(workspace: Workspace, run: Run, draft: Path) -> dict[str, Any]:
    """Write model.safetensors; return what model.json says."""
    if run.record.config.is_network:
        shutil.copyfile(run.folder.model_path, draft / "model.safetensors")
        return {**read_json(run.folder.path / "model.json"), "temperature": run.temperature}
    stored = open_features(run.folder.features_file().parent, workspace.images)
    num_classes, config = int(run.folder.logits().shape[1]), run.record.config
    curated = run.folder.curated()
    if curated is None:
        raise InputError(f"{run.id} holds no labels: train it again.")
    head = fit_head(stored.values, head_labels(curated, num_classes, config.unlabeled_weight), head_settings(config))
    arrays = {name: np.ascontiguousarray(value).reshape(np.shape(value)) for name, value in vars(head).items()}
    (draft / "model.safetensors").write_bytes(save(arrays))
    extractor = stored.record.extractor
    if extractor.name == PATCHES:
        extractor = _copied_filters(workspace, extractor, draft)
    images = workspace.images
    _, height, width, channels = images.pixels.shape
    return {
        "kind": "head", "head": config.head, "extractor": extractor.facts(), "num_classes": num_classes,
        "height": height, "width": width, "channels": channels, "class_names": list(images.class_names)[:num_classes],
        "temperature": run.temperature,
    }  # fmt: skip


def _copied_filters(workspace: Workspace, used: Extractor, draft: Path) -> Extractor:
    """Copy the filters that the features were computed by beside the head; the extractor names the copy."""
    now = learned_extractor(workspace.path / "images", workspace.path / "features")
    if now.weights is None or now.sha256 != used.sha256:
        raise InputError("The filters that this run's features were computed by are gone: train it again.")
    shutil.copyfile(now.weights, draft / FILTERS)
    return replace(used, weights=Path(FILTERS))


def _write_onnx(workspace: Workspace, run: Run, draft: Path) -> dict[str, Any]:
    """Write model.onnx in a process with torch; return its check, or why there is none."""
    ids = np.linspace(0, len(workspace.images.pixels) - 1, NUM_COMPARED).astype(int)
    ids = np.unique(ids)
    work = draft / "work"
    work.mkdir()
    save_array(work / "pixels.npy", np.asarray(workspace.images.pixels[ids]))
    request = {"folder": str(work), "pixels": str(work / "pixels.npy"), "logits": str(work / "logits.npy"),
               "out": str(draft / "model.onnx")}  # fmt: skip
    shutil.copyfile(draft / "model.json", work / "model.json")
    if (draft / FILTERS).exists():
        shutil.copyfile(draft / FILTERS, work / FILTERS)
    if run.record.config.is_head:
        save_arrays(work / "head.npz", load((draft / "model.safetensors").read_bytes()))
        save_array(work / "logits.npy", np.asarray(run.folder.logits()[ids]))
    else:
        shutil.copyfile(draft / "model.safetensors", work / "model.safetensors")
    try:
        return ask_model_worker("export", request)
    finally:
        shutil.rmtree(work)


def ask_model_worker(task: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Run a task of core.training.onnx_worker to its end; return its answer, with `error` where it failed."""
    command = module_command("core.training.onnx_worker", task, json.dumps(request))
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}, check=False
    )
    try:
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        answer = {"error": f"The model cannot be written as ONNX ({last})."}
    return answer


def _card_facts(
    workspace: Workspace, run: Run, model: Mapping[str, Any], guarantee: str, certificates: Mapping[str, Any]
) -> CardFacts:
    logits, labels = run.folder.logits(), workspace.images.labels
    accuracies = {}
    for part in ("val", "test"):
        ids = getattr(workspace.splits, part)
        ids = ids[labels[ids] != UNKNOWN]
        if len(ids):
            right = np.asarray(logits[ids]).argmax(axis=1) == labels[ids]
            accuracies[part] = proportion(int(right.sum()), len(ids))
    record = run.record
    licence, kind = "", f"A network ({record.config.model}, {record.config.method})"
    if model.get("kind") == "head":
        extractor = Extractor.from_facts(model["extractor"])
        licence = "" if extractor.name in HANDCRAFTED else extractor.licence
        kind = f"A head ({record.config.head}) on the features {extractor.name}"
    own = [one for one in certificates["certificates"] if one.get("run") == run.id]
    return CardFacts(
        workspace.name, run.id, record.fingerprint, kind, len(labels), record.num_labels, accuracies, guarantee, own,
        licence,
    )  # fmt: skip
