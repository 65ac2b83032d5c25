"""The weak view equals torchvision's functional operations."""

import math

import pytest
import torch
from torch import Generator
from torchvision.transforms import functional as oracle

from core.base import config
from core.training.augmentation.weak import PROFILES, affine, digits, natural, none, shift

ACTIVE = [name for name in PROFILES if name != "none"]


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def copies(num: int = 64, channels: int = 1) -> torch.Tensor:
    return torch.rand(1, channels, 16, 12, generator=seeded(9)).repeat(num, 1, 1, 1)


def test_the_catalogue_and_the_settings_name_the_same_profiles() -> None:
    assert set(PROFILES) == set(config.PROFILES)


@pytest.mark.parametrize("name", ACTIVE)
def test_two_images_of_a_batch_are_drawn_differently(name: str) -> None:
    views = PROFILES[name](copies(), seeded())
    assert len({tuple(view.flatten().tolist()) for view in views}) > 16


@pytest.mark.parametrize("name", PROFILES)
def test_one_seed_gives_one_tensor_and_the_input_stays(name: str) -> None:
    images = copies(8, channels=3)
    before = images.clone()
    assert torch.equal(PROFILES[name](images, seeded()), PROFILES[name](images, seeded()))
    assert torch.equal(images, before)


@pytest.mark.parametrize("name", ACTIVE)
def test_another_seed_gives_another_tensor(name: str) -> None:
    assert not torch.equal(PROFILES[name](copies(8), seeded(0)), PROFILES[name](copies(8), seeded(1)))


@pytest.mark.parametrize("name", PROFILES)
def test_views_keep_shape_and_range(name: str) -> None:
    views = PROFILES[name](copies(channels=3), seeded())
    assert views.shape == (64, 3, 16, 12)
    assert views.min() >= 0
    assert views.max() <= 1 + 1e-6


def test_none_changes_nothing() -> None:
    assert torch.equal(none(copies(), seeded()), copies())


def test_every_natural_view_is_a_crop_of_the_reflected_image_flipped_or_not() -> None:
    views = natural(copies(), seeded())
    padded = oracle.pad(copies(1), [1, 2, 1, 2], padding_mode="reflect")  # left, top, right, bottom: an eighth
    possible = {
        (is_flipped, top, left): oracle.crop(oracle.hflip(padded) if is_flipped else padded, top, left, 16, 12)[0]
        for is_flipped in (False, True) for top in range(5) for left in range(3)
    }  # fmt: skip
    seen = [next(key for key, crop in possible.items() if torch.equal(crop, view)) for view in views]
    assert {key[0] for key in seen} == {False, True}
    assert len({key[1:] for key in seen}) > 8


@pytest.mark.parametrize(("down", "right"), [(0, 0), (3, -2), (-3, 2)])
def test_shift_equals_reflecting_and_cropping(down: int, right: int) -> None:
    padded = oracle.pad(copies(1), [3, 3, 3, 3], padding_mode="reflect")
    moved = shift(copies(1), torch.tensor([down]), torch.tensor([right]))
    assert torch.equal(moved, oracle.crop(padded, 3 + down, 3 + right, 16, 12))


@pytest.mark.parametrize("degrees", [-10.0, 4.0, 10.0, 90.0])
def test_turning_equals_rotating_counter_clockwise(degrees: float) -> None:
    images = copies(1, channels=3)
    turned = affine(images, torch.tensor([math.radians(degrees)]), torch.zeros(1, 2))
    expected = oracle.rotate(images, degrees, interpolation=oracle.InterpolationMode.BILINEAR)
    torch.testing.assert_close(turned, expected, atol=1e-4, rtol=0)


def test_moving_equals_translating() -> None:
    images = copies(1)
    moved = affine(images, torch.zeros(1), torch.tensor([[2 * 3 / 12, 2 * -2 / 16]]))  # 3 pixels right, 2 up
    expected = oracle.affine(images, 0, [3, -2], 1.0, [0.0])
    torch.testing.assert_close(moved, expected, atol=1e-4, rtol=0)


def test_a_digit_is_never_flipped() -> None:
    left_bright = torch.zeros(256, 1, 16, 16)
    left_bright[..., :8] = 1
    views = digits(left_bright, seeded())
    assert (views[..., :8].mean((1, 2, 3)) > views[..., 8:].mean((1, 2, 3))).all()
