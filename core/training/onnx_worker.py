"""Whole models as ONNX, checked against torch and the product's logits, and logits of given pixels.

python -m core.training.onnx_worker export REQUEST     prints {"difference": …}, or {"error": sentence}
python -m core.training.onnx_worker logits REQUEST     writes the logits of the request's pixels
"""

import json
import os
import sys
import warnings
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.base.errors import InputError, WinnowError
from core.base.types import Logits, Pixels
from core.features.extractors import PATCHES, Extractor
from core.features.handcrafted.patch_filters import PatchFilters
from core.features.input_spec import InputSpec
from core.store.files import load_array, load_arrays, read_json, save_array
from core.training.models.models import Classifier
from core.training.models.onnx_graphs import (
    BackboneInput,
    Normalized,
    PixelModel,
    Pooled,
    Resized,
    handcrafted_steps,
    head_of,
    learned_steps,
)
from core.training.models.pretrained import load_backbone
from core.training.models.weights import load_model
from core.training.predict import predict

TOLERANCE = 1e-4
"""Largest difference of the exported logits from the product's own: a number, or a share of the largest logit above 1.

Features are rounded to float16 as the product stores them, so the last bit of a backbone's answer can tip one."""


def export(request: Mapping[str, Any]) -> dict[str, Any]:
    """Write a model as ONNX and compare its logits with the product's.

    Args:
        request: `folder` with model.json, `pixels` (.npy) to compare on, `logits` (.npy) of a head, `out`.

    Returns:
        `difference`: the largest of the logits, and `num_images` compared.

    Raises:
        InputError: The logits differ by more than TOLERANCE.
    """
    folder, out = Path(request["folder"]), Path(request["out"])
    facts, pixels = read_json(folder / "model.json"), np.asarray(load_array(Path(request["pixels"])))
    if facts.get("kind") == "head":
        _export_head(folder, facts, out)
        expected = np.asarray(load_array(Path(request["logits"])))
    else:
        model = load_model(folder).eval()
        _write(PixelModel([Normalized(facts["mean"], facts["std"]), model], facts["temperature"]), facts, out)
        expected = network_logits(model, facts, pixels)
    found = _run_onnx(out, pixels)
    difference = float(np.abs(found - expected).max(initial=0))
    if not difference <= TOLERANCE * max(1.0, float(np.abs(expected).max(initial=0))):
        out.unlink()
        raise InputError(f"The ONNX file's logits differ from the model's by {difference:.1e}, so it was not kept.")
    return {"difference": difference, "num_images": len(pixels)}


def network_logits(model: Classifier, facts: Mapping[str, Any], pixels: Pixels) -> Logits:
    """Logits (n, K) of pixels (n, H, W, C) under a network, in fp32 on the processor."""
    logits = np.empty((len(pixels), model.head.out_features), np.float32)
    features = np.empty((len(pixels), model.head.in_features), np.float16)
    mean, std = (torch.tensor(facts[name]).view(1, -1, 1, 1) for name in ("mean", "std"))
    predict(model, pixels, (mean, std), torch.device("cpu"), "fp32", (logits, features), lambda _: None)
    return logits


def _export_head(folder: Path, facts: Mapping[str, Any], out: Path) -> None:
    """Write features and head as one graph; a backbone that is an ONNX file itself is put between two graphs."""
    extractor, head = Extractor.from_facts(facts["extractor"]), head_of(load_arrays(folder / "head.npz"))
    shape = (facts["height"], facts["width"], facts["channels"])
    if extractor.name == PATCHES and extractor.weights is not None:
        steps = learned_steps(PatchFilters.read(folder / extractor.weights), shape)
        _write(PixelModel([*steps, head], facts["temperature"]), facts, out)
        return
    if extractor.runner == "numpy":
        _write(PixelModel([*handcrafted_steps(extractor.name, shape), head], facts["temperature"]), facts, out)
        return
    assert extractor.input is not None
    spec = extractor.input
    before = [Resized(shape[:2], (spec.side, spec.side), spec.interpolation), BackboneInput(spec)]
    if extractor.runner == "torch":
        weights = extractor.settings.get("weights")
        network = load_backbone(extractor.name, weights=Path(weights) if weights else None, spec=spec).network
        _write(PixelModel([*before, network, Pooled(), head], facts["temperature"]), facts, out)
        return
    _write_around(extractor, spec, before, PixelModel([Pooled(), head], facts["temperature"]), facts, out)


def _write_around(
    extractor: Extractor,
    spec: InputSpec,
    before: list[nn.Module],
    after: nn.Module,
    facts: Mapping[str, Any],
    out: Path,
) -> None:
    import onnx
    from onnx import compose, version_converter

    parts = [out.with_suffix(f".{number}") for number in range(2)]
    assert extractor.weights is not None
    middle = onnx.load(extractor.weights)
    try:
        _write(nn.Sequential(*before), facts, parts[0], outputs=["prepared"])
        features = torch.zeros(2, extractor.num_features)
        _write(after, facts, parts[1], example=features, inputs=["features"])
        graphs = [onnx.load(parts[0]), middle, onnx.load(parts[1])]
        opset = max(entry.version for graph in graphs for entry in graph.opset_import if entry.domain == "")
        graphs = [version_converter.convert_version(graph, opset) for graph in graphs]
        for graph, prefix in zip(graphs, ("input_", "backbone_", "head_"), strict=True):
            graph.ir_version = max(one.ir_version for one in graphs)
            compose.add_prefix(graph, prefix, inplace=True)
        whole = graphs[0]
        for graph in graphs[1:]:
            whole = compose.merge_models(whole, graph, [(whole.graph.output[0].name, graph.graph.input[0].name)])
        _rename(whole, {"input_pixels": "pixels", "head_logits": "logits", "head_probabilities": "probabilities"})
        _describe(whole, facts)
        onnx.save(whole, out)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def _rename(model: Any, names: Mapping[str, str]) -> None:
    for value in (*model.graph.input, *model.graph.output):
        value.name = names.get(value.name, value.name)
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]


def _write(
    module: nn.Module, facts: Mapping[str, Any], out: Path, *, example: torch.Tensor | None = None,
    inputs: list[str] | None = None, outputs: list[str] | None = None,
) -> None:  # fmt: skip
    """Export a module with a free number of images."""
    import onnx

    shape = (2, facts["height"], facts["width"], facts["channels"])
    given = torch.zeros(shape, dtype=torch.uint8) if example is None else example
    torch.onnx.export(
        module.eval(), (given,), str(out), dynamo=True, external_data=False, verbose=False,
        input_names=inputs or ["pixels"], output_names=outputs or ["logits", "probabilities"],
        dynamic_shapes=({0: torch.export.Dim("n", min=1, max=65536)},),
    )  # fmt: skip
    model = onnx.load(out)
    _describe(model, facts)
    onnx.save(model, out)


def _describe(model: Any, facts: Mapping[str, Any]) -> None:
    import onnx

    kept = {key: json.dumps(facts[key], ensure_ascii=False) for key in ("class_names", "temperature", "threshold")}
    onnx.helper.set_model_props(model, kept)


def _run_onnx(path: Path, pixels: NDArray[np.uint8]) -> Logits:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    parts = [session.run(["logits"], {"pixels": pixels[n : n + 16]})[0] for n in range(0, len(pixels), 16)]
    return np.concatenate(parts)


def main(arguments: list[str]) -> int:
    """Do what the command line says; the answer is one JSON line."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(max(1, int(os.environ.get("OMP_NUM_THREADS", "0")) or torch.get_num_threads()))
    request = json.loads(arguments[1])
    try:
        with redirect_stdout(sys.stderr):
            if arguments[0] == "export":
                answer = export(request)
            else:
                folder = Path(request["folder"])
                pixels = np.asarray(load_array(Path(request["pixels"])))
                logits = network_logits(load_model(folder).eval(), read_json(folder / "model.json"), pixels)
                save_array(Path(request["out"]), logits)
                answer = {}
    except ImportError as error:
        answer = {"error": f"{error.name} is not installed, so no ONNX file was written: pip install 'winnow[onnx]'."}
    except WinnowError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer))
    return 2 if "error" in answer else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
