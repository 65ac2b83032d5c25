"""Models of torchvision without their head, for images (B, C, H, W) of any shape, random or with pretrained weights.

Small images: ResNets keep the size in their first convolution and leave the pooling out; the others, whose strides
are fixed, get the image enlarged. Dropout and stochastic depth are off, so that a run can be repeated.
"""

from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from torchvision import models
from torchvision.models.vision_transformer import VisionTransformer, interpolate_embeddings

from core.base.errors import TrainingError

Weights = dict[str, Tensor]
Shape = tuple[int, int, int]
Maker = Callable[[Shape, Weights | None], tuple[nn.Module, int]]
"""Maps (channels, height, width) and pretrained weights to a body and its number of features D."""

_SMALL = 96  # a side, in pixels, below which a stem that shrinks the image four times leaves too little
_PATCH = 16


class Enlarged(nn.Module):
    """A body that gets its images enlarged; its output is flattened."""

    def __init__(self, body: nn.Module, height: int, width: int) -> None:
        super().__init__()
        self.body, self.size = body, (height, width)

    def forward(self, images: Tensor) -> Tensor:
        """Features (b, D) of images (b, C, h, w)."""
        if tuple(images.shape[2:]) != self.size:
            images = functional.interpolate(images, self.size, mode="bilinear", align_corners=False)
        found: Tensor = self.body(images)
        return found.flatten(1)


def body(name: str, shape: Shape, pretrained: str) -> tuple[nn.Module, int]:
    """Build a body without its head.

    Args:
        name: One of BODIES.
        shape: Channels, height and width of the images.
        pretrained: "imagenet", a file of weights, or empty for random weights.

    Returns:
        The body, and its number of features D.

    Raises:
        TrainingError: The pretrained weights are not available or do not fit.

    """
    make, weights = BODIES[name]
    given = _weights(name, weights, pretrained) if pretrained else None
    return make(shape, given)


def _resnet(
    make: Callable[..., models.ResNet],
) -> Callable[[tuple[int, int, int], Weights | None], tuple[nn.Module, int]]:
    def build(shape: Shape, given: Weights | None) -> tuple[nn.Module, int]:
        found, (channels, height, width) = make(weights=None), shape
        is_small = min(height, width) < _SMALL
        kernel, stride, padding = (3, 1, 1) if is_small else (7, 2, 3)
        found.conv1 = nn.Conv2d(channels, 64, kernel, stride, padding, bias=False)
        nn.init.kaiming_normal_(found.conv1.weight, mode="fan_out", nonlinearity="relu")
        if is_small:
            found.maxpool = nn.Identity()
        num_features = found.fc.in_features
        found.fc = nn.Identity()
        return _with_weights(found, given, "conv1.weight"), num_features

    return build


def _convnext(shape: Shape, given: Weights | None) -> tuple[nn.Module, int]:
    found, (channels, height, width) = models.convnext_tiny(weights=None, stochastic_depth_prob=0.0), shape
    if channels != 3:
        found.features[0][0] = nn.Conv2d(channels, 96, 4, 4)
    num_features = found.classifier[2].in_features
    found.classifier[2] = nn.Identity()
    inner = _with_weights(found, given, "features.0.0.weight")
    return Enlarged(inner, max(64, height), max(64, width)), num_features


def _efficientnet(shape: Shape, given: Weights | None) -> tuple[nn.Module, int]:
    found, (channels, height, width) = (
        models.efficientnet_b0(weights=None, dropout=0.0, stochastic_depth_prob=0.0),
        shape,
    )
    if channels != 3:
        found.features[0][0] = nn.Conv2d(channels, 32, 3, 2, 1, bias=False)
    num_features = found.classifier[1].in_features
    found.classifier = nn.Sequential()
    inner = _with_weights(found, given, "features.0.0.weight")
    return Enlarged(inner, max(64, height), max(64, width)), num_features


def _vit(shape: Shape, given: Weights | None) -> tuple[nn.Module, int]:
    channels, side = shape[0], max(64, -(-max(shape[1:]) // _PATCH) * _PATCH)
    found: VisionTransformer = models.vit_b_16(weights=None, image_size=side)
    if channels != 3:
        found.conv_proj = nn.Conv2d(channels, found.hidden_dim, _PATCH, _PATCH)
    num_features = found.hidden_dim
    found.heads = nn.Sequential()
    if given is not None and side != 224:
        given = dict(interpolate_embeddings(side, _PATCH, given))
    return Enlarged(_with_weights(found, given, "conv_proj.weight"), side, side), num_features


BODIES: dict[str, tuple[Maker, Any]] = {
    "resnet18": (_resnet(models.resnet18), models.ResNet18_Weights.DEFAULT),
    "resnet50": (_resnet(models.resnet50), models.ResNet50_Weights.DEFAULT),
    "convnext_tiny": (_convnext, models.ConvNeXt_Tiny_Weights.DEFAULT),
    "efficientnet_b0": (_efficientnet, models.EfficientNet_B0_Weights.DEFAULT),
    "vit_b_16": (_vit, models.ViT_B_16_Weights.DEFAULT),
}


def _weights(name: str, published: Any, pretrained: str) -> Weights:
    """Pretrained weights: "imagenet" from torchvision's cache or site, else a file of Winnow or torchvision."""
    if pretrained == "imagenet":
        try:
            return dict(published.get_state_dict(progress=False, check_hash=True, weights_only=True))
        except (OSError, RuntimeError, UnpicklingError) as error:
            place = Path(torch.hub.get_dir()) / "checkpoints" / Path(published.url).name
            raise TrainingError(
                f"The pretrained weights of {name} are not here and could not be downloaded ({error}). Put "
                f"{published.url} at {place}, or name a file of weights instead of imagenet."
            ) from error
    return read_weights(Path(pretrained).expanduser())


def read_weights(path: Path) -> Weights:
    """The weights in a .safetensors or .pth file.

    TrainingError where it cannot be read or holds more than weights.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, SafetensorError, RuntimeError, ValueError, TypeError, EOFError) as error:
        raise TrainingError(f"{path} cannot be read as weights ({error}): name a .safetensors or .pth file.") from error
    except Exception as error:  # the errors of the unpickler have no common class
        raise TrainingError(f"{path} holds more than weights, so it is not loaded: save a plain state dict.") from error


def _with_weights(found: nn.Module, given: Weights | None, first: str) -> nn.Module:
    """Load given weights into a body.

    Those of a head are left out, every other has to fit.
    """
    if given is None:
        return found
    own = found.state_dict()
    given = {name.removeprefix("body.").removeprefix("body."): value for name, value in given.items()}
    if first in given:
        given[first] = _fit_kernel(given[first], own[first].shape)
    missing = [name for name in own if name not in given]
    unfit = [name for name in own if name in given and given[name].shape != own[name].shape]
    if missing or unfit:
        raise TrainingError(
            f"The pretrained weights do not fit this model: {len(missing)} of {len(own)} are missing "
            f"and {len(unfit)} have another shape (first: {(missing + unfit)[0]}). Choose the model they were made for."
        )
    found.load_state_dict({name: given[name] for name in own})
    return found


def _fit_kernel(kernel: Tensor, shape: torch.Size) -> Tensor:
    """Fit the first convolution's kernel: sum its colors for grey images, crop it where this kernel is smaller."""
    if shape[1] == 1 and kernel.shape[1] == 3:
        kernel = kernel.sum(1, keepdim=True)
    edge = (kernel.shape[-1] - shape[-1]) // 2
    return kernel[:, :, edge : edge + shape[-2], edge : edge + shape[-1]] if edge > 0 else kernel
