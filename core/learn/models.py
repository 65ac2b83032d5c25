"""Models: each gives features (B, D) and logits (B, K) from images (B, C, H, W), C 1 or 3, any side from 8 pixels."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torchvision.models import resnet


class Classifier(nn.Module):
    """A body that makes features (B, D) and a linear head that makes logits (B, K) of them."""

    def __init__(self, body: nn.Module, num_features: int, num_classes: int) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Linear(num_features, num_classes)

    def features(self, images: Tensor) -> Tensor:
        """What the head sees, (B, D)."""
        features: Tensor = self.body(images)
        return features

    def classify(self, features: Tensor) -> Tensor:
        """Logits (B, K) of features (B, D)."""
        logits: Tensor = self.head(features)
        return logits

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, K)."""
        return self.classify(self.features(images))


def mlp(num_classes: int, channels: int, height: int, width: int) -> Classifier:
    """One hidden layer of 512 units, as in Lee 2013 but narrower: the fastest, for simple pictures."""
    body = nn.Sequential(nn.Flatten(), nn.Linear(channels * height * width, 512), nn.ReLU())
    return Classifier(body, 512, num_classes)


def small_cnn(num_classes: int, channels: int, height: int, width: int) -> Classifier:
    """Three blocks of two convolutions with batch norm, then the mean over the image; 0.3 million weights."""
    blocks = [_block(channels, 32), nn.MaxPool2d(2), _block(32, 64), nn.MaxPool2d(2), _block(64, 128)]
    body = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Classifier(body, 128, num_classes)


def _block(num_in: int, num_out: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before in (num_in, num_out):
        layers += [nn.Conv2d(before, num_out, 3, padding=1, bias=False), nn.BatchNorm2d(num_out), nn.ReLU()]
    return nn.Sequential(*layers)


def resnet18(num_classes: int, channels: int, height: int, width: int) -> Classifier:
    """ResNet-18 from torchvision; below 96 pixels its first convolution keeps the size and the pooling is left out."""
    body = resnet.resnet18(weights=None)
    is_small = min(height, width) < 96
    kernel, stride, padding = (3, 1, 1) if is_small else (7, 2, 3)
    body.conv1 = nn.Conv2d(channels, 64, kernel, stride, padding, bias=False)
    nn.init.kaiming_normal_(body.conv1.weight, mode="fan_out", nonlinearity="relu")
    if is_small:
        body.maxpool = nn.Identity()
    num_features = body.fc.in_features
    body.fc = nn.Identity()
    return Classifier(body, num_features, num_classes)


MODELS: dict[str, Callable[[int, int, int, int], Classifier]] = {
    function.__name__: function for function in (mlp, small_cnn, resnet18)
}


def build(name: str, num_classes: int, channels: int, height: int, width: int, seed: int) -> Classifier:
    """A model whose weights are drawn from the seed alone; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MODELS[name](num_classes, channels, height, width)
