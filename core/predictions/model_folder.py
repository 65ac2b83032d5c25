"""An exported model: what it is, and its logits of new images."""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from core.base.errors import DataError, InputError
from core.base.types import Logits, Pixels
from core.data.image_io import Rendering
from core.features.extractors import PATCHES, Extractor, as_stored
from core.features.feature_process import compute_function
from core.heads.kernel_ridge import KernelRidge
from core.heads.logistic import Logistic
from core.jobs.launch import module_command
from core.store.files import cannot_read, load_array, read_json, save_array

LogitsOf = Callable[[Pixels], Logits]


@dataclass(frozen=True)
class ModelFolder:
    """A model on disk that scores images.

    Attributes:
        path: Its folder, with model.json.
        class_names: K names.
        shape: (H, W, C) of the images it takes.
        temperature: Divides the logits, above 0.
        threshold: Confidence below which it says "don't know"; None where no threshold is known.
        rendering: How values of a file become pixels.
        logits: From pixels (n, H, W, C) uint8 to logits (n, K).
    """

    path: Path
    class_names: tuple[str, ...]
    shape: tuple[int, int, int]
    temperature: float
    threshold: float | None
    rendering: Rendering
    logits: LogitsOf


def open_model(path: Path) -> ModelFolder:
    """Open an exported model, or the run folder of a network.

    Args:
        path: Folder that `winnow export-model` wrote, or PROJECT/runs/RUN.

    Returns:
        The model; onnxruntime computes where it is installed and model.onnx is there, else numpy or torch.

    Raises:
        InputError: There is no model in the folder, or it needs a package that is not installed.
        DataError: A file is damaged.
    """
    folder = path.expanduser()
    file = folder / "model.json"
    if not file.exists():
        raise InputError(f"There is no model in {path}: export one with: winnow export-model PROJECT RUN FOLDER")
    facts = read_json(file)
    try:
        shape = (int(facts["height"]), int(facts["width"]), int(facts["channels"]))
        names = tuple(str(name) for name in facts["class_names"])
        temperature = float(facts.get("temperature") or _temperature(folder))
        threshold = None if facts.get("threshold") is None else float(facts["threshold"])
    except (KeyError, TypeError, ValueError) as error:
        raise cannot_read(file, f"it does not describe a model: {error}") from error
    return ModelFolder(folder, names, shape, temperature, threshold, _rendering(facts), _logits_of(folder, facts))


def _rendering(facts: dict[str, Any]) -> Rendering:
    """Return how the project of a model turned files into pixels; the usual way where model.json does not say."""
    limits = facts.get("value_range")
    value_range = None if limits is None else (float(limits[0]), float(limits[1]))
    return Rendering(value_range, str(facts.get("background", "white")), facts.get("fit", "pad"))


def _temperature(folder: Path) -> float:
    """Return the temperature of a run folder, or of a model that an earlier version exported."""
    for name in ("calibration.json", "run.json"):
        if (folder / name).exists():
            return float(read_json(folder / name).get("temperature", 1.0))
    return 1.0


def _logits_of(folder: Path, facts: dict[str, Any]) -> LogitsOf:
    try:
        import onnxruntime
    except ImportError:
        onnxruntime = None
    if onnxruntime is not None and (folder / "model.onnx").exists():
        return _onnx_logits(onnxruntime, folder / "model.onnx")
    if facts.get("kind") == "head":
        return _head_logits(folder, facts)
    return lambda pixels: _torch_logits(folder, pixels)


def _onnx_logits(onnxruntime: Any, path: Path) -> LogitsOf:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common class
        raise DataError(f"{path} cannot be read as an ONNX network: export the model again.") from error
    return lambda pixels: np.asarray(session.run(["logits"], {"pixels": pixels})[0], dtype=np.float32)


def _head_logits(folder: Path, facts: dict[str, Any]) -> LogitsOf:
    """Features by their extractor, then the head, in this process."""
    try:
        arrays: dict[str, Any] = load_file(folder / "model.safetensors")
    except (OSError, SafetensorError) as error:
        raise cannot_read(folder / "model.safetensors", error) from error
    extractor = Extractor.from_facts(facts["extractor"])
    if extractor.name == PATCHES and extractor.weights is not None:
        extractor = replace(extractor, weights=folder / extractor.weights)
    if extractor.runner == "torch":
        raise InputError(f"{folder} needs model.onnx and onnxruntime: pip install 'winnow[onnx]', and export it again.")
    compute = compute_function(extractor, os.cpu_count() or 1)
    if "points" in arrays:
        arrays |= {name: float(arrays[name]) for name in ("gamma", "temperature")}
    head = KernelRidge(**arrays) if "points" in arrays else Logistic(**arrays)
    return lambda pixels: head.logits(as_stored(compute(pixels), extractor.name))


def _torch_logits(folder: Path, pixels: Pixels) -> Logits:
    """Logits of a network, computed by torch in a process of its own."""
    with tempfile.TemporaryDirectory() as work:
        save_array(Path(work) / "pixels.npy", pixels)
        request = {"folder": str(folder.resolve()), "pixels": f"{work}/pixels.npy", "out": f"{work}/logits.npy"}
        command = module_command("core.training.onnx_worker", "logits", json.dumps(request))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = (done.stdout or done.stderr).strip().splitlines() or ["no answer"]
            reason = json.loads(lines[-1])["error"] if lines[-1].startswith('{"error"') else lines[-1]
            raise DataError(f"{folder} cannot score images: {reason}")
        return np.array(load_array(Path(work) / "logits.npy"))
