"""The strong view keeps its rules; its moves equal torchvision's affine."""

import math

import pytest
import torch
from torch import Generator, Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as oracle

from core.base import config
from core.training.augmentation import weak
from core.training.augmentation.strong import STRONG, apply_photometric, cutout, strong, warp, warp_matrix

ACTIVE = [name for name, recipe in STRONG.items() if recipe is not None]


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def copies(num: int = 128, channels: int = 3) -> Tensor:
    small = torch.rand(1, channels, 4, 4, generator=seeded(5))
    one = torch.nn.functional.interpolate(small, (20, 16), mode="bilinear")
    return (one * 255).to(torch.uint8).repeat(num, 1, 1, 1)


def test_the_catalogue_and_the_settings_name_the_same_profiles() -> None:
    assert tuple(STRONG) == config.PROFILES


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", STRONG)
def test_views_keep_shape_and_range_and_the_input_stays(name: str, channels: int) -> None:
    given = copies(channels=channels)
    before = given.clone()
    views = strong(given, name, seeded())
    assert torch.equal(given, before)
    assert views.shape == given.shape
    assert -1e-5 <= float(views.min()) <= float(views.max()) <= 1 + 1e-5


@pytest.mark.parametrize("name", ACTIVE)
def test_two_images_of_a_batch_are_drawn_differently(name: str) -> None:
    views = strong(copies(), name, seeded())
    assert len({tuple(view.flatten().tolist()) for view in views}) > 120


@pytest.mark.parametrize("name", STRONG)
def test_one_seed_gives_one_tensor_and_another_seed_another(name: str) -> None:
    assert torch.equal(strong(copies(8), name, seeded()), strong(copies(8), name, seeded()))
    if name != "none":
        assert not torch.equal(strong(copies(8), name, seeded()), strong(copies(8), name, seeded(1)))


def test_none_is_the_image_itself() -> None:
    torch.testing.assert_close(strong(copies(4), "none", seeded()), copies(4).float() / 255)


def test_digits_are_never_turned_inside_out_nor_far() -> None:
    recipe = STRONG["digits"]
    assert recipe is not None
    assert "solarize" not in recipe.ranges
    assert recipe.ranges["rotate"][1] == pytest.approx(math.radians(15))
    assert (recipe.ranges["translate_x"], recipe.ranges["shear_y"], recipe.hole) == ((-0.15, 0.15), (-0.2, 0.2), 0.25)


def still(num: int) -> dict[str, Tensor]:
    names = ("rotate", "shear_x", "shear_y", "translate_x", "translate_y")
    return {name: torch.zeros(num) for name in names}


def judged(height: int = 16, **moves: float) -> tuple[Tensor, Tensor]:
    """Apply our move and torchvision's to an image (height, 16), without the border."""
    given = copies(1)[:, :, :height].float() / 255
    strengths = still(1) | {name: torch.tensor([value]) for name, value in moves.items()}
    found = warp(given, warp_matrix(strengths), 0.0)
    sides = {"translate_x": given.shape[3], "translate_y": given.shape[2]}
    translate = [round(side * moves.get(name, 0.0)) for name, side in sides.items()]
    slopes = [math.degrees(math.atan(moves.get(name, 0.0))) for name in ("shear_x", "shear_y")]
    expected = oracle.affine(
        given, -math.degrees(moves.get("rotate", 0.0)), translate, 1.0, slopes,
        interpolation=InterpolationMode.BILINEAR,
    )  # fmt: skip
    return found[..., 4:12, 4:12], expected[..., 4:12, 4:12]


MOVES: list[dict[str, float]] = [
    {}, {"rotate": 0.3}, {"rotate": -0.5}, {"translate_x": 0.125}, {"translate_y": -0.1875}, {"shear_x": 0.3},
    {"shear_x": -0.2}, {"shear_y": 0.3}, {"shear_y": -0.2},
]  # fmt: skip


@pytest.mark.parametrize("moves", MOVES)
def test_a_move_does_what_the_oracle_does(moves: dict[str, float]) -> None:
    found, expected = judged(16, **moves)
    torch.testing.assert_close(found, expected, atol=2e-3, rtol=0)
    still_there = judged()[1]
    assert not moves or (expected - still_there).abs().max() > 0.02  # the oracle moved, and so did we


@pytest.mark.parametrize("moves", [{"rotate": 0.3}, {"rotate": -0.5}, {"translate_x": 0.125}, {"translate_y": -0.15}])
def test_a_move_keeps_the_proportions_of_an_image_that_is_not_square(moves: dict[str, float]) -> None:
    """20 by 16: torchvision rotates in pixels and translates by sides."""
    found, expected = judged(20, **moves)
    torch.testing.assert_close(found, expected, atol=2e-3, rtol=0)


def test_shear_slides_rows_by_their_distance_from_the_middle() -> None:
    given = torch.zeros(1, 1, 9, 9)
    given[..., 4] = 1
    found = warp(given, warp_matrix(still(1) | {"shear_x": torch.tensor([0.5])}), 0.0)
    centers = (found[0, 0] * torch.arange(9)).sum(1) / found[0, 0].sum(1)
    slopes = centers[3:6].diff()
    assert slopes.abs().tolist() == pytest.approx([0.5, 0.5], abs=0.05)
    assert centers[4] == pytest.approx(4)


def test_two_moves_composed_are_one_after_the_other() -> None:
    given = copies(1)[:, :, :16].float() / 255
    first = warp_matrix(still(1) | {"translate_x": torch.tensor([0.25])})
    second = warp_matrix(still(1) | {"translate_y": torch.tensor([0.125])})
    one_by_one = warp(warp(given, first, 0.0), second, 0.0)
    torch.testing.assert_close(warp(given, first @ second, 0.0), one_by_one, atol=1e-5, rtol=0)


def test_what_comes_in_from_outside_has_the_filling_value() -> None:
    given = torch.ones(1, 1, 8, 8)
    found = warp(given, warp_matrix(still(1) | {"translate_x": torch.tensor([0.5])}), 0.25)
    assert found[0, 0, 4].tolist() == pytest.approx([0.25] * 4 + [1.0] * 4)


def test_only_the_chosen_operation_changes_an_image() -> None:
    given = copies(2)
    names = ("brightness", "contrast", "color", "sharpness", "posterize", "autocontrast", "equalize", "solarize")
    chosen = {name: torch.tensor([name == "brightness", False]) for name in names}
    found = apply_photometric(given, {name: torch.full((2,), 0.5) for name in names}, chosen)
    assert torch.equal(found[1], given[1])
    assert torch.equal(found[0], (given[0].float() * 0.5).to(torch.uint8))


def test_the_hole_is_where_its_draws_say() -> None:
    """Side, row and column of each hole are given; one is cut off at the border."""
    found = cutout(torch.ones(3, 1, 10, 20), 0.5, 0.25, seeded(4))
    for view, (side, row, column) in zip(found[:, 0], torch.rand(3, 3, generator=seeded(4)).tolist(), strict=True):
        expected = torch.ones(10, 20)
        for y in range(10):
            for x in range(20):
                is_near = abs((y + 0.5) / 10 - row) < side / 4 and abs((x + 0.5) / 20 - column) < side / 4
                expected[y, x] = 0.25 if is_near else 1.0
        assert torch.equal(view, expected)
        assert (view == 0.25).any()


def test_a_strong_digit_is_turned_and_moved_by_no_more_than_its_docstring_says() -> None:
    """One weak and two strong rotations and translations all go in one direction."""
    recipe = STRONG["digits"]
    assert recipe is not None
    (_, turn), (_, way) = recipe.ranges["rotate"], recipe.ranges["translate_x"]
    assert math.degrees(weak._ROTATION + 2 * turn) == pytest.approx(40)
    assert weak._TRANSLATION + 2 * way == pytest.approx(0.4)
    words = " ".join((strong.__doc__ or "").split())
    assert "40 degrees" in words
    assert ".4 of the side" in words


def test_the_hole_is_at_most_its_side_and_square() -> None:
    found = cutout(torch.ones(500, 1, 20, 20), 0.5, 0.0, seeded())
    holes = (found == 0)[:, 0]
    heights, widths = holes.any(2).sum(1), holes.any(1).sum(1)
    assert int(heights.max()) <= 11
    assert int(heights.max()) >= 8
    inner = (holes[:, 0].sum(1) == 0) & (holes[:, -1].sum(1) == 0) & (holes[:, :, 0].sum(1) == 0)
    inner &= holes[:, :, -1].sum(1) == 0
    assert int((heights - widths)[inner].abs().max()) <= 1
