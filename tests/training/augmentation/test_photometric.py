"""Photometric operations equal torchvision's functional operations."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torchvision.transforms import functional as oracle

from core.training.augmentation import photometric
from core.training.augmentation.photometric import TABLES, apply_tables, color, sharpness


def images(num: int = 12, channels: int = 3) -> Tensor:
    """Return smooth images of narrow and wide ranges, one flat."""
    draws = torch.Generator().manual_seed(2)
    small = torch.rand(num, channels, 4, 4, generator=draws)
    large = torch.nn.functional.interpolate(small, (15, 13), mode="bilinear") * 200 + 20
    large[1] = large[1] / 4 + 90
    large[2] = 77
    return large.round().to(torch.uint8)


STRENGTHS: dict[str, Tensor] = {
    "brightness": torch.linspace(0.05, 1.4, 12),
    "contrast": torch.linspace(0.05, 1.4, 12),
    "posterize": torch.tensor([4.0, 5, 6, 7, 8, 4, 5, 6, 7, 8, 1, 2]),
    "solarize": torch.linspace(0, 255, 12).floor(),
    "autocontrast": torch.zeros(12),
    "equalize": torch.zeros(12),
}
ORACLES: dict[str, Callable[[Tensor, float], Tensor]] = {
    "brightness": oracle.adjust_brightness,
    "contrast": oracle.adjust_contrast,
    "posterize": lambda image, bits: oracle.posterize(image, int(bits)),
    "solarize": oracle.solarize,
    "autocontrast": lambda image, _: oracle.autocontrast(image),
    "equalize": lambda image, _: oracle.equalize(image),
}


def apart(one: Tensor, two: Tensor) -> int:
    return int((one.int() - two.int()).abs().max())


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", TABLES)
def test_a_table_does_what_the_oracle_does(name: str, channels: int) -> None:
    given, strengths = images(channels=channels), STRENGTHS[name]
    found = apply_tables(given, TABLES[name](given, strengths))
    for row in range(len(given)):
        expected = ORACLES[name](given[row], float(strengths[row]))
        assert apart(found[row], expected) <= (1 if name in ("contrast", "autocontrast") else 0), row


def test_every_table_has_an_oracle() -> None:
    assert set(TABLES) == set(ORACLES) == set(STRENGTHS)


def test_color_and_sharpness_do_what_the_oracle_does() -> None:
    given, strengths = images(), torch.linspace(0.05, 1.6, 12)
    for blend, judge in ((color, oracle.adjust_saturation), (sharpness, oracle.adjust_sharpness)):
        found = blend(given, strengths)
        for row in range(len(given)):
            assert apart(found[row], judge(given[row], float(strengths[row]))) <= 1


def test_grey_images_have_no_color_to_lose() -> None:
    given = images(channels=1)
    assert torch.equal(color(given, torch.full((12,), 0.05)), given)


def test_a_neutral_strength_changes_nothing() -> None:
    given, one = images(), torch.ones(12)
    for name in ("brightness", "contrast"):
        assert apart(apply_tables(given, TABLES[name](given, one)), given) == 0
    assert apart(color(given, one), given) == apart(sharpness(given, one), given) == 0
    assert torch.equal(apply_tables(given, photometric.identity(given)), given)
