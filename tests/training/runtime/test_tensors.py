"""Memory layout of image tensors."""

import pytest
import torch

from core.training.runtime.tensors import channels_last


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_last_changes_the_layout_and_nothing_else(channels: int) -> None:
    images = torch.rand(4, channels, 6, 5)
    found = channels_last(images)
    assert torch.equal(found, images)
    assert found.stride() == (30 * channels, 1, 5 * channels, channels)
