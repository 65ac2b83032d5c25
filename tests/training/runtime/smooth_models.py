"""Smooth models, in which a rounding error stays small through a training."""

from collections.abc import Callable
from typing import Any

from torch import nn

from core.training.models.models import MODELS, Classifier

SMOOTH = ("mlp", "small_cnn")


def smooth_models() -> dict[str, Callable[..., Classifier]]:
    """Return MODELS with smooth layers for those of SMOOTH.

    They have GELU in place of ReLU and the mean in place of the maximum.
    """
    return MODELS | {name: _without_kinks(MODELS[name]) for name in SMOOTH}


def _without_kinks(make: Callable[..., Classifier]) -> Callable[..., Classifier]:
    def made(*shape: int, **options: Any) -> Classifier:
        model = make(*shape, **options)
        for parent in list(model.modules()):
            for name, child in list(parent.named_children()):
                if isinstance(child, nn.ReLU):
                    setattr(parent, name, nn.GELU())
                elif isinstance(child, nn.MaxPool2d):
                    setattr(parent, name, nn.AvgPool2d(child.kernel_size))
        return model

    return made
