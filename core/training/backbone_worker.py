"""Pretrained backbones in a process of their own: find one, export it to ONNX, compute features with torch.

python -m core.training.backbone_worker find REQUEST      prints the extractor as JSON, or {"error": sentence}
python -m core.training.backbone_worker EXTRACTOR         computes features, see core.features.feature_process
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
from torch import Tensor

from core.base.drafts import draft_file
from core.base.errors import InputError, WinnowError
from core.base.types import Pixels
from core.features.extractors import Compute, Extractor
from core.features.feature_process import serve
from core.features.input_spec import InputSpec, resize_matrix
from core.features.onnx_backbones import onnx_extractor, open_session
from core.training.models.pretrained import Backbone, load_backbone
from core.training.runtime.memory import keep_freed_memory, run_in_chunks
from core.training.runtime.tensors import channels_last

TOLERANCE = 1e-3
"""Largest difference of an exported network's features from torch's, as a share of the largest feature."""


def find(request: Mapping[str, Any]) -> Extractor:
    """Load the backbone that a request of core.features.catalog names, and say what it is.

    Where there is no GPU and the packages for it are installed, it is exported to ONNX in the request's `cache`.

    Raises:
        InputError: It cannot be had, or does not take images of the side that was asked for.
    """
    given = request["weights"], request["spec"]
    weights = Path(given[0]) if given[0] else None
    spec = InputSpec.from_facts(given[1], "The request") if given[1] else None
    backbone = load_backbone(
        request["name"], weights=weights, spec=spec, side=request["side"], allow_download=request["allow_download"]
    )
    num = _probe(backbone, request["name"])
    gpus = tuple(f"cuda:{number}" for number in range(torch.cuda.device_count()))
    extractor = Extractor(
        request["name"], backbone.version, "torch", num, backbone.input, backbone.weights, backbone.sha256,
        backbone.licence, backbone.source, gpus or ("cpu",), {"weights": request["weights"]},
    )  # fmt: skip
    if not gpus and request["export"]:
        path = Path(request["cache"]) / f"{extractor.key}.onnx"
        if path.exists() or _exported(backbone, extractor, path):
            return onnx_extractor(path)
    return extractor


def _probe(backbone: Backbone, name: str) -> int:
    """D, from one black image."""
    spec = backbone.input
    images = torch.zeros(1, len(spec.mean), spec.side, spec.side)
    try:
        with torch.inference_mode():
            found = backbone.network(images)
    except (RuntimeError, AssertionError, ValueError) as error:
        why = " ".join(str(error).split())[:200]
        raise InputError(f"{name} cannot take images of {spec.side} pixels ({why}): leave the side out.") from error
    if found.ndim != 2:
        raise InputError(f"{name} gives an answer of {found.ndim} axes, not features: choose another network.")
    return int(found.shape[1])


def _exported(backbone: Backbone, extractor: Extractor, path: Path) -> bool:
    """Write the network as ONNX with its description.

    Whether that worked and gives the same features.
    """
    import onnx

    spec = backbone.input
    images = torch.rand(2, len(spec.mean), spec.side, spec.side, generator=torch.Generator().manual_seed(0))
    handle, temporary = draft_file(path)
    os.close(handle)
    try:
        torch.onnx.export(
            backbone.network, (images,), temporary, dynamo=True, external_data=False, verbose=False,
            input_names=["images"], output_names=["features"],
            dynamic_shapes=({0: torch.export.Dim("n", min=1, max=4096)},),
        )  # fmt: skip
        model = onnx.load(temporary)
        kept = {key: extractor.facts()[key] for key in ("name", "version", "sha256", "licence", "source")}
        onnx.helper.set_model_props(model, kept | {"input": json.dumps(spec.facts())})
        onnx.save(model, temporary)
        found = open_session(Path(temporary), threads=1).run(None, {"images": images.numpy()})[0]
        with torch.inference_mode():
            expected = backbone.network(images).numpy()
        if np.abs(found - expected).max() > TOLERANCE * np.abs(expected).max():
            return False
        os.replace(temporary, path)
    except Exception as error:  # a network that the exporter cannot take runs in torch
        print(f"{extractor.name} is not exported: {error}", file=sys.stderr)
        return False
    finally:
        Path(temporary).unlink(missing_ok=True)
    return True


def torch_compute(extractor: Extractor, threads: int, device: torch.device) -> Compute:
    """The function that computes a backbone's features with torch.

    InputError where its weights have changed.
    """
    torch.set_num_threads(threads)
    weights = extractor.settings.get("weights")
    backbone = load_backbone(extractor.name, weights=Path(weights) if weights else None, spec=extractor.input)
    if backbone.sha256 != extractor.sha256:
        raise InputError(f"The weights of {extractor.name} have changed since it was chosen: choose it again.")
    network = backbone.network.to(device).to(memory_format=torch.channels_last)
    spec = backbone.input

    def compute(pixels: Pixels) -> NDArray[np.float32]:
        out = np.empty((len(pixels), extractor.num_features), dtype=np.float32)

        def answer(rows: slice) -> None:
            with torch.inference_mode():
                images = _prepare(torch.from_numpy(np.array(pixels[rows])).to(device), spec)
                out[rows] = network(channels_last(images)).float().cpu().numpy()

        run_in_chunks(slice(0, len(pixels)), 256 if device.type == "cuda" else 16, answer)
        return out

    return compute


def _prepare(pixels: Tensor, spec: InputSpec) -> Tensor:
    """The same as InputSpec.prepare, on the device: (n, H, W, C) uint8 to (n, channels, side, side)."""
    planes = pixels.permute(0, 3, 1, 2).float()
    rows, columns = (
        torch.from_numpy(resize_matrix(size, spec.side, spec.interpolation)).to(pixels.device)
        for size in planes.shape[2:]
    )
    if planes.shape[2:] != (spec.side, spec.side):
        planes = (rows @ planes @ columns.T).clamp(0, 255)
    channels = len(spec.mean)
    if planes.shape[1] != channels:
        planes = planes.mean(1, keepdim=True) if channels == 1 else planes.expand(-1, channels, -1, -1)
    mean, std = (torch.tensor(v, device=pixels.device).view(1, -1, 1, 1) * 255 for v in (spec.mean, spec.std))
    return (planes - mean) / std


def _make(extractor: Extractor, facts: Mapping[str, Any]) -> Compute:
    return torch_compute(extractor, facts["threads"], torch.device(facts["device"]))


def main(arguments: list[str]) -> int:
    """Find a backbone or compute features, as the command line says."""
    keep_freed_memory()
    warnings.simplefilter("ignore")
    if arguments[0] != "find":
        return serve(_make, arguments)
    try:
        with redirect_stdout(sys.stderr):
            facts = find(json.loads(arguments[1])).facts()
    except WinnowError as error:
        print(json.dumps({"error": str(error)}))
        return 2
    print(json.dumps(facts))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
