"""Preview image of an augmentation profile: labeled images with weak and strong views below."""

from pathlib import Path
from typing import IO

import torch

from core.data.image_io import sprite
from core.store.files import replace_file
from core.training.augmentation.strong import strong
from core.training.augmentation.weak import PROFILES
from core.training.batches.part import Part

_COLUMNS = 8


def draw_views(labeled: Part, profile: str, seed: int, path: Path) -> None:
    """Write a PNG with a row of eight images, two rows of weak views and two of strong ones.

    Args:
        labeled: The labeled part, whose first images are taken.
        profile: One of PROFILES.
        seed: Seed of the views, drawn from a separate generator.
        path: File to write.

    Raises:
        DataError: The file cannot be written.

    """
    device = labeled.labels.device
    images = labeled.take(torch.arange(min(_COLUMNS, len(labeled)), device=device))
    draws = torch.Generator(device).manual_seed(seed)
    weak = [PROFILES[profile](images.float() / 255, draws) for _ in range(2)]
    views = torch.cat([images.float() / 255, *weak, *(strong(images, profile, draws) for _ in range(2))])
    pixels = (views.clamp(0, 1) * 255).byte().permute(0, 2, 3, 1).cpu().numpy()
    sheet = sprite(pixels, 64, len(images))

    def write(file: IO[bytes]) -> None:
        file.write(sheet)

    replace_file(path, write)
