"""Reference steps and epochs of training, written as ports of the papers usually are."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageOps
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from core.training.models.models import build

BATCH, RATIO, SIDE = 64, 7, 32


def _operations() -> list[Callable[[Image.Image], Image.Image]]:
    def enhanced(kind: Any) -> Callable[[Image.Image], Image.Image]:
        return lambda image: kind(image).enhance(random.uniform(0.05, 0.95))

    def moved(*numbers: Callable[[], float]) -> Callable[[Image.Image], Image.Image]:
        return lambda image: image.transform(image.size, Image.Transform.AFFINE, tuple(n() for n in numbers))

    one, zero = lambda: 1.0, lambda: 0.0
    slope, way = lambda: random.uniform(-0.3, 0.3), lambda: random.uniform(-0.3, 0.3) * SIDE
    kinds = (ImageEnhance.Brightness, ImageEnhance.Color, ImageEnhance.Contrast, ImageEnhance.Sharpness)
    return [
        ImageOps.autocontrast, ImageOps.equalize, lambda image: image,
        lambda image: image.rotate(random.uniform(-30, 30)),
        lambda image: ImageOps.posterize(image, random.randint(4, 8)),
        lambda image: ImageOps.solarize(image, random.randint(0, 256)),
        moved(one, slope, zero, zero, one, zero), moved(one, zero, zero, slope, one, zero),
        moved(one, zero, way, zero, one, zero), moved(one, zero, zero, zero, one, way),
        *[enhanced(kind) for kind in kinds],
    ]  # fmt: skip


class ReferencePool(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Weak and strong views made from one Pillow image at a time."""

    def __init__(self, images: np.ndarray) -> None:
        self.images, self.operations = images, _operations()
        self.weak = transforms.Compose(
            [transforms.RandomHorizontalFlip(), transforms.RandomCrop(SIDE, SIDE // 8, padding_mode="reflect")]
        )
        self.finish = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.3] * 3, [0.3] * 3)])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> tuple[torch.Tensor, torch.Tensor]:
        image = Image.fromarray(self.images[row])
        strong = self.weak(image)
        for operation in random.choices(self.operations, k=2):
            strong = operation(strong)
        size = int(random.uniform(0, 0.5) * SIDE)
        left, top = random.randrange(SIDE), random.randrange(SIDE)
        strong = strong.copy()
        strong.paste((127, 127, 127), (left - size // 2, top - size // 2, left + size // 2, top + size // 2))
        return self.finish(self.weak(image)), self.finish(strong)


def reference_fixmatch(device: torch.device) -> Callable[[], object]:
    """A step of the usual port."""
    images = np.random.default_rng(0).integers(0, 256, (5000, SIDE, SIDE, 3), dtype=np.uint8)
    loader = iter(DataLoader(ReferencePool(np.concatenate([images] * 9)), BATCH * RATIO, num_workers=2, drop_last=True))
    model = build("wrn", 10, 3, SIDE, SIDE, 0).to(device).train()
    optimizer = torch.optim.SGD(model.parameters(), 0.03, momentum=0.9, nesterov=True, weight_decay=5e-4)
    average = [p.detach().clone() for p in model.parameters()]
    labeled, labels = torch.rand(BATCH, 3, SIDE, SIDE, device=device), torch.randint(0, 10, (BATCH,), device=device)

    def step() -> None:
        weak, strong = (views.to(device) for views in next(loader))
        logits = model(torch.cat([labeled, weak, strong]))
        known, (guess, student) = logits[:BATCH], logits[BATCH:].chunk(2)
        confidence, targets = guess.detach().softmax(1).max(1)
        unlabeled = nn.functional.cross_entropy(student, targets, reduction="none") * (confidence >= 0.95)
        loss = nn.functional.cross_entropy(known, labels) + unlabeled.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        for own, other in zip(average, model.parameters(), strict=True):
            own.mul_(0.999).add_(other.detach(), alpha=0.001)

    return step


def reference_epoch(device: torch.device) -> Callable[[], object]:
    """An epoch of a plain loop: fp32, a DataLoader, torchvision transforms image by image."""
    images = np.random.default_rng(0).integers(0, 256, (1000, 28, 28), dtype=np.uint8)
    labels = torch.randint(0, 10, (1000,))
    view = transforms.Compose(
        [transforms.RandomHorizontalFlip(), transforms.RandomCrop(28, 3, padding_mode="reflect"), transforms.ToTensor()]
    )

    class Plain(Dataset[tuple[torch.Tensor, torch.Tensor]]):
        def __len__(self) -> int:
            return 1000

        def __getitem__(self, row: int) -> tuple[torch.Tensor, torch.Tensor]:
            return view(Image.fromarray(images[row])), labels[row]

    model = build("small_cnn", 10, 1, 28, 28, 0).to(device).train()
    optimizer = torch.optim.SGD(model.parameters(), 0.03, momentum=0.9, nesterov=True, weight_decay=5e-4)
    loader = DataLoader(Plain(), 64, shuffle=True)

    def epoch() -> None:
        for batch, known in loader:
            loss = nn.functional.cross_entropy(model(batch.to(device)), known.to(device))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()

    return epoch
