"""Models by name, from images (B, C, H, W) with C 1 or 3 and sides from 8 pixels to features (B, D), logits (B, K)."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.features.input_spec import InputSpec
from core.training.models import torchvision_models
from core.training.models.pretrained_body import PreparedBody
from core.training.runtime.memory import chunk_size


class Classifier(nn.Module):
    """A body that computes features (B, D), and a linear head that computes logits (B, K) from them."""

    def __init__(self, body: nn.Module, num_features: int, num_classes: int) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Linear(num_features, num_classes)
        self.head_rate = 1.0  # the head's share of the learning rate; a fine-tuning sets it by the length of features

    def features(self, images: Tensor) -> Tensor:
        """Features (B, D), the input of the head."""
        features: Tensor = self.body(images)
        return features

    def classify(self, features: Tensor) -> Tensor:
        """Logits (B, K) of features (B, D)."""
        logits: Tensor = self.head(features)
        return logits

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, K) of images (B, C, H, W)."""
        return self.classify(self.features(images))


def mlp(num_classes: int, channels: int, height: int, width: int) -> Classifier:
    """Build one hidden layer of 512 units: the fastest, for simple images (Lee 2013, narrower).

    Args:
        num_classes: K.
        channels: Of the images, 1 or 3.
        height: Pixels, 8 or more.
        width: Pixels, 8 or more.

    Returns:
        The model with random weights.
    """
    body = nn.Sequential(nn.Flatten(), nn.Linear(channels * height * width, 512), nn.ReLU(inplace=True))
    return Classifier(body, 512, num_classes)


def small_cnn(num_classes: int, channels: int, height: int, width: int) -> Classifier:
    """Build three blocks of two convolutions with batch norm; 0.3 million weights.

    Args:
        num_classes: K.
        channels: Of the images, 1 or 3.
        height: Pixels, 8 or more.
        width: Pixels, 8 or more.

    Returns:
        The model with random weights.
    """
    blocks = [_block(channels, 32), nn.MaxPool2d(2), _block(32, 64), nn.MaxPool2d(2), _block(64, 128)]
    body = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Classifier(body, 128, num_classes)


def tiny_cnn(num_classes: int, channels: int, height: int, width: int) -> Classifier:
    """Build small_cnn at half its width, with stride 2 in the first convolution; 0.07 million weights.

    A step costs about a tenth of small_cnn's on a processor.

    Args:
        num_classes: K.
        channels: Of the images, 1 or 3.
        height: Pixels, 8 or more.
        width: Pixels, 8 or more.

    Returns:
        The model with random weights.
    """
    blocks = [_block(channels, 16, stride=2), nn.MaxPool2d(2), _block(16, 32), nn.MaxPool2d(2), _block(32, 64)]
    body = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Classifier(body, 64, num_classes)


def _block(num_in: int, num_out: int, stride: int = 1) -> nn.Sequential:
    """Two convolutions with batch norm; the first one has the stride."""
    layers: list[nn.Module] = []
    for before, step in ((num_in, stride), (num_out, 1)):
        convolution = nn.Conv2d(before, num_out, 3, step, padding=1, bias=False)
        layers += [convolution, nn.BatchNorm2d(num_out), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class WideBlock(nn.Module):
    """Two 3x3 convolutions, norm and activation before each, added to the input (Zagoruyko & Komodakis 2016)."""

    def __init__(self, num_in: int, num_out: int, stride: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = _norm(num_in), _norm(num_out)
        self.conv1 = nn.Conv2d(num_in, num_out, 3, stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(num_out, num_out, 3, padding=1, bias=False)
        self.shortcut = nn.Conv2d(num_in, num_out, 1, stride, bias=False) if num_in != num_out else None

    def forward(self, images: Tensor) -> Tensor:
        """(b, num_in, h, w) to (b, num_out, h / stride, w / stride)."""
        active = functional.leaky_relu(self.norm1(images), 0.1, inplace=True)
        kept = images if self.shortcut is None else self.shortcut(active)
        found: Tensor = self.conv2(functional.leaky_relu(self.norm2(self.conv1(active)), 0.1, inplace=True))
        return kept + found


def wrn(num_classes: int, channels: int, height: int, width: int, *, depth: int = 28, widen: int = 2) -> Classifier:
    """Build a Wide ResNet (arXiv 1605.07146), leaky as in FixMatch; 1.5 million weights at 28-2.

    Args:
        num_classes: K.
        channels: Of the images, 1 or 3.
        height: Pixels, 8 or more.
        width: Pixels, 8 or more.
        depth: Layers, 6 n + 4.
        widen: Widening factor.

    Returns:
        The model with random weights.
    """
    num_blocks, widths = (depth - 4) // 6, (16, 16 * widen, 32 * widen, 64 * widen)
    layers: list[nn.Module] = [nn.Conv2d(channels, 16, 3, padding=1, bias=False)]
    for group in range(3):
        for number in range(num_blocks):
            num_in = widths[group] if number == 0 else widths[group + 1]
            layers.append(WideBlock(num_in, widths[group + 1], 2 if number == 0 and group else 1))
    body = nn.Sequential(
        *layers, _norm(widths[3]), nn.LeakyReLU(0.1, inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )  # fmt: skip
    for module in body.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="leaky_relu", a=0.1)
    return Classifier(body, widths[3], num_classes)


def _norm(num: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(num)


def _torchvision(name: str) -> Callable[..., Classifier]:
    def make(num_classes: int, channels: int, height: int, width: int, *, pretrained: str = "") -> Classifier:
        body, num_features = torchvision_models.body(name, (channels, height, width), pretrained)
        return Classifier(body, num_features, num_classes)

    return make


def backbone(
    num_classes: int, channels: int, height: int, width: int, *, name: str, spec: Mapping[str, Any]
) -> Classifier:
    """Build a pretrained network's architecture with a new head, with random weights.

    Args:
        num_classes: K.
        channels: Of the images, 1 or 3.
        height: Pixels.
        width: Pixels.
        name: Extractor that names the network, such as efficientnet_lite0.
        spec: How it wants its images, see InputSpec.

    Returns:
        The model; it takes images of values in [0, 1], and has the features of the extractor before it is trained.

    Raises:
        InputError: A package is missing, or there is no such network.
    """
    body = PreparedBody(name, InputSpec.from_facts(spec, name), (channels, height, width))
    return Classifier(body, body.num_features(), num_classes)


MODELS: dict[str, Callable[..., Classifier]] = {
    "mlp": mlp, "tiny_cnn": tiny_cnn, "small_cnn": small_cnn, "wrn": wrn,
    **{name: _torchvision(name) for name in torchvision_models.BODIES},
}  # fmt: skip
"""Models by name but for "backbone", which needs the name of a pretrained network."""


def build(
    name: str,
    num_classes: int,
    channels: int,
    height: int,
    width: int,
    seed: int,
    options: Mapping[str, Any] | None = None,
) -> Classifier:
    """Build a model.

    Its random weights depend on the seed alone, and the global generator is left unchanged.

    Args:
        name: One of MODELS, or "backbone".
        num_classes: K, the number of logits.
        channels: C of the images, 1 or 3.
        height: H of the images, in pixels.
        width: W of the images, in pixels.
        seed: Seed of the weights.
        options: Further arguments: depth and widen of a wrn, pretrained of a torchvision model, name and spec of a
            backbone.

    Returns:
        The model, on the CPU.

    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        make = backbone if name == "backbone" else MODELS[name]
        return partial(make, **(options or {}))(num_classes, channels, height, width)


def images_at_a_time(model: Classifier, height: int, width: int) -> int:
    """Images of a size in one forward pass without gradients, as chunk_size; a backbone may enlarge them."""
    side = model.body.spec.side if isinstance(model.body, PreparedBody) else 0
    return chunk_size(max(height, side), max(width, side))


def has_batch_norm(model: nn.Module) -> bool:
    """Whether an image's logits depend on the other images of its batch."""
    return any(module.training and isinstance(module, nn.modules.batchnorm._BatchNorm) for module in model.modules())
