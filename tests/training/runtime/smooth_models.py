"""Models without kinks, so that a rounding stays a rounding through a whole training.

At a kink (ReLU at 0, the largest of nearly equal values) one rounding chooses another gradient: with about five million
activations in a small training of small_cnn one of them is that near on some machine, and the logits differ by 1e-3.
"""

from collections.abc import Callable
from typing import Any

from torch import nn

from core.training.models.models import MODELS, Classifier

SMOOTH = ("mlp", "small_cnn")


def smooth_models() -> dict[str, Callable[..., Classifier]]:
    """MODELS, where those of SMOOTH have GELU in place of ReLU and the mean in place of the maximum."""
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
