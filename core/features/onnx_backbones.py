"""Backbones from local ONNX files, run by onnxruntime on processors."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import Pixels
from core.base.untrusted.json_text import parse_json
from core.features.extractors import Compute, Extractor
from core.features.input_spec import InputSpec

BATCH = 4
"""Images in one call of the network: more of them fall out of the processor's cache (measured, 8 % slower at 16)."""
EXTRA = "pip install 'winnow[onnx]'"


def onnx_extractor(path: Path, *, spec: InputSpec | None = None, side: int | None = None) -> Extractor:
    """Open a local ONNX file as an extractor.

    Args:
        path: A network with one image input (n, channels, side, side) float32; its first output gives the features:
            (n, D), or (n, D, h, w) and (n, tokens, D), of which the mean is taken.
        spec: How it wants its images. None: what its own metadata say, or a JSON file beside it: the same name with
            .json, or preprocessor_config.json.
        side: Side of the images in pixels instead of the one of `spec`, where the network takes any.

    Returns:
        The extractor; its licence is what the file's metadata say.

    Raises:
        InputError: onnxruntime is not installed, the file is no such network, or nobody says what images it wants.
    """
    session = open_session(path, threads=1)
    metadata = dict(session.get_modelmeta().custom_metadata_map)
    fixed = _fixed_side(session, path)
    found = spec or _own_spec(path, metadata, fixed if side is None else side)
    side = side or fixed or found.side
    found = InputSpec(side, found.mean, found.std, found.interpolation)
    if fixed not in (None, found.side):
        raise InputError(f"{path.name} takes images of {fixed} pixels, not {found.side}: leave the side out.")
    extractor = Extractor(
        metadata.get("name", f"onnx:{path.stem}"), metadata.get("version", "1"), "onnx", 1, found, path.resolve(),
        metadata.get("sha256") or file_sha256(path), metadata.get("licence", "unknown"),
        metadata.get("source", str(path)),
    )  # fmt: skip
    probe = onnx_compute(extractor, threads=1)(np.zeros((1, found.side, found.side, len(found.mean)), np.uint8))
    return Extractor.from_facts(extractor.facts() | {"num_features": probe.shape[1]})


def onnx_compute(extractor: Extractor, threads: int) -> Compute:
    """The function that computes an ONNX extractor's features with so many threads.

    Raises:
        InputError: onnxruntime is not installed, or the file is missing, changed or no such network.
    """
    path, spec = extractor.weights, extractor.input
    assert path is not None
    assert spec is not None
    session = open_session(path, threads)
    name, fixed_batch = session.get_inputs()[0].name, session.get_inputs()[0].shape[0]
    batch = fixed_batch if isinstance(fixed_batch, int) and fixed_batch > 0 else BATCH

    def compute(pixels: Pixels) -> NDArray[np.float32]:
        found = []
        for start in range(0, len(pixels), batch):
            images = spec.prepare(pixels[start : start + batch])
            num = len(images)
            if batch == fixed_batch and num < batch:
                images = np.concatenate([images, np.repeat(images[-1:], batch - num, axis=0)])
            try:
                output = session.run(None, {name: images})[0]
            except Exception as error:  # onnxruntime's errors have no common class
                raise InputError(f"{path.name} cannot take images of {spec.side} pixels ({_first(error)}).") from error
            found.append(_pooled(np.asarray(output), path)[:num])
        return np.concatenate(found)

    return compute


def open_session(path: Path, threads: int) -> Any:
    """An onnxruntime session on the processor; InputError where it cannot be had."""
    try:
        import onnxruntime
    except ImportError as error:
        raise InputError(f"ONNX files need onnxruntime, which is not installed: {EXTRA}.") from error
    if not path.is_file():
        raise InputError(f"{path} does not exist: give the path of an ONNX file.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 4
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common class
        raise InputError(f"{path} cannot be read as an ONNX network ({_first(error)}).") from error
    inputs = session.get_inputs()
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].type != "tensor(float)":
        raise InputError(f"{path.name} does not take images: one float32 input (n, channels, height, width) is needed.")
    return session


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, hex; InputError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error


def _fixed_side(session: Any, path: Path) -> int | None:
    """The only side that the network takes; None where it takes several."""
    sizes = [size for size in session.get_inputs()[0].shape[2:] if isinstance(size, int) and size > 0]
    if len(set(sizes)) > 1:
        raise InputError(f"{path.name} takes images of {sizes[0]} x {sizes[1]} pixels; only squares can be used.")
    return sizes[0] if sizes else None


def _own_spec(path: Path, metadata: dict[str, str], side: int | None) -> InputSpec:
    """What the file's metadata, or a JSON file beside it, say of the images."""
    files = [path.with_suffix(".json"), path.with_name("preprocessor_config.json")]
    file = next((file for file in files if file.is_file()), None)
    if "input" in metadata:
        source: object = path.name
        text = metadata["input"]
    elif file is not None:
        source, text = file.name, file.read_text(encoding="utf-8")
    else:
        raise InputError(
            f"{path.name} does not say how pixels are normalised: give side, mean and std, or put them into "
            f"{files[0].name} beside it."
        )
    try:
        facts = parse_json(text)
    except ValueError as error:
        raise InputError(f"{source} is no JSON object ({error}).") from error
    return InputSpec.from_facts(({"side": side} if side else {}) | dict(facts), source)


def _pooled(output: NDArray[Any], path: Path) -> NDArray[np.float32]:
    """Features (n, D) of an output (n, D), (n, D, h, w) or (n, tokens, D)."""
    if output.ndim not in (2, 3, 4):
        raise InputError(f"{path.name} gives no features: its first output has {output.ndim} axes, not 2 to 4.")
    axes: dict[int, tuple[int, ...]] = {2: (), 3: (1,), 4: (2, 3)}
    return np.asarray(output.mean(axis=axes[output.ndim]), dtype=np.float32)


def _first(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
