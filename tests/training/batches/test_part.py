"""Parts return the same images from disk as from memory."""

import numpy as np
import pytest
import torch

from core.training.batches import part as part_module
from core.training.batches.part import OnDisk, load_part

CPU = torch.device("cpu")


def test_a_part_that_stays_on_disk_gives_the_same_images(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 6, 5, 3), dtype=np.uint8)
    ids, rows = np.array([3, 7, 11, 19]), torch.tensor([2, 0, 3])
    resident = load_part(pixels, ids, np.arange(4), None, CPU)
    monkeypatch.setattr(part_module, "free_bytes", lambda _: 20)
    on_disk = load_part(pixels, ids, None, None, CPU)
    assert isinstance(on_disk.images, OnDisk)
    assert isinstance(resident.images, torch.Tensor)
    assert torch.equal(on_disk.take(rows), resident.take(rows))
    assert on_disk.labels.tolist() == [-1] * 4
