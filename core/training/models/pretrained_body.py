"""Fine-tuning of a pretrained backbone: its body, the parts that train, and the learning rate of each block.

Batch norm keeps the statistics of the pretrained network and dropout stays off: an image's answer does not depend on
its batch, and before the first step it is that of the stored features.
"""

import re
from contextlib import nullcontext

import torch
from torch import Tensor, nn

from core.base.config import TrainConfig
from core.features.input_spec import InputSpec, resize_matrix
from core.training.models.pretrained import bare_network
from core.training.runtime.tensors import channels_last

_BLOCK = re.compile(r"(?:.*?[._])??(?:\d+|(?:layer|block|stage|encoder_layer)_?\d+)(?=\.)")
"""The start of a parameter's name that names its block: up to the first number, as in _blocks.15 or layer4."""


class PreparedBody(nn.Module):
    """A backbone that gets its images prepared as InputSpec.prepare does.

    Args:
        name: Extractor that names the network.
        spec: How the network wants its images.
        shape: Channels, height and width of the images.
    """

    rows: Tensor
    columns: Tensor
    mean: Tensor
    std: Tensor

    def __init__(self, name: str, spec: InputSpec, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.network, self.spec, (self.channels, *size) = bare_network(name, spec.side), spec, shape
        self.is_resized = size != [spec.side, spec.side]
        arrays = {
            "rows": torch.from_numpy(resize_matrix(size[0], spec.side, spec.interpolation).copy()),
            "columns": torch.from_numpy(resize_matrix(size[1], spec.side, spec.interpolation).T.copy()),
            "mean": torch.tensor(spec.mean).view(1, -1, 1, 1),
            "std": torch.tensor(spec.std).view(1, -1, 1, 1),
        }
        for key, value in arrays.items():
            self.register_buffer(key, value, persistent=False)
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        """Features (b, D) of images (b, C, H, W) with values in [0, 1]."""
        kind = images.device.type
        with torch.autocast(kind, enabled=False) if torch.is_autocast_enabled(kind) else nullcontext():
            prepared = channels_last(self._prepared(images.float()))
        features: Tensor = self.network(prepared)
        return features

    def train(self, mode: bool = True) -> "PreparedBody":
        """Keep the network in evaluation mode: its statistics stay, nothing is dropped."""
        super().train(mode)
        self.network.eval()
        return self

    @torch.no_grad()
    def num_features(self) -> int:
        """D, from one black image."""
        return int(self(torch.zeros(1, self.channels, self.rows.shape[1], self.columns.shape[0])).shape[1])

    def _prepared(self, images: Tensor) -> Tensor:
        if self.is_resized:
            images = self.rows @ images @ self.columns
            if self.spec.interpolation in ("bicubic", "lanczos"):  # they overshoot
                images = images.clamp(0, 1)
        channels = len(self.spec.mean)
        if images.shape[1] != channels:
            images = images.mean(1, keepdim=True) if channels == 1 else images.expand(-1, channels, -1, -1)
        return (images - self.mean) / self.std


def blocks(network: nn.Module) -> list[list[nn.Parameter]]:
    """Return a network's parameters by block, the lowest first.

    What stands before the first block is one; what stands after a block, and a norm by itself, belongs to it.
    """
    named: dict[str, list[nn.Parameter]] = {}
    last = "stem"
    for name, parameter in network.named_parameters():
        match = _BLOCK.match(name)
        last = match[0] if match else last
        named.setdefault(last, []).append(parameter)
    found: list[list[nn.Parameter]] = []
    for parameters in named.values():
        if found and all(parameter.ndim <= 1 for parameter in parameters):
            found[-1].extend(parameters)
        else:
            found.append(parameters)
    return found


def choose_trained_part(model: nn.Module, config: TrainConfig) -> None:
    """Let the parts of a fine-tuned model train that its settings name, and freeze the others."""
    if not config.is_fine_tuned:
        return
    body = blocks(model.body)  # type: ignore[arg-type]
    trained = {"head": 0, "last_block": 1, "everything": len(body)}[config.trained_part]
    for number, parameters in enumerate(body):
        for parameter in parameters:
            parameter.requires_grad_(number >= len(body) - trained)


def rate_groups(model: nn.Module, config: TrainConfig) -> list[tuple[float, list[nn.Parameter]]]:
    """Return the parameters that train, with their share of the learning rate.

    Args:
        model: Of the run.
        config: Its settings.

    Returns:
        Share above 0 and parameters: one group of share 1 where no backbone trains. Else the head has its own, and
        where everything trains block b of B, the lowest one 0, has lowest_block_rate^((B − b) / B).
    """
    if not config.is_fine_tuned:
        return [(1.0, list(model.parameters()))]
    body = blocks(model.body)  # type: ignore[arg-type]
    lowest = config.lowest_block_rate if config.trained_part == "everything" else 1.0
    groups = [(lowest ** ((len(body) - number) / len(body)), values) for number, values in enumerate(body)]
    groups.append((model.head_rate, list(model.head.parameters())))  # type: ignore[union-attr]
    trained = [(share, [value for value in values if value.requires_grad]) for share, values in groups]
    return [(share, values) for share, values in trained if values]
