"""Input of backbones: the same pixels as Pillow's, the weights' own normalisation, bad numbers refused."""

import numpy as np
import pytest
from PIL import Image

from core.base.errors import InputError
from core.features.input_spec import InputSpec, resize_planes

LITE = InputSpec(24, (127 / 255,) * 3, (128 / 255,) * 3)
METHODS = {
    "bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC, "lanczos": Image.Resampling.LANCZOS,
    "nearest": Image.Resampling.NEAREST,
}  # fmt: skip


@pytest.mark.parametrize("size", [(40, 40), (10, 17), (24, 24), (1, 1)])
@pytest.mark.parametrize("name", METHODS)
def test_resizing_is_that_of_pillow_but_for_rounding(name: str, size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(80, 176, (2, *size, 3), dtype=np.uint8)  # so that nothing overshoots
    found = resize_planes(pixels, 24, 24, name)
    expected = np.stack([np.asarray(Image.fromarray(image).resize((24, 24), METHODS[name])) for image in pixels])
    assert (
        np.abs(found.transpose(0, 2, 3, 1) - expected).max() <= 1.3
    )  # two roundings of half a level, weighted by the second pass


def test_the_offline_backbone_gets_its_pixels_less_127_by_128() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (2, 24, 24, 3), dtype=np.uint8)
    assert np.allclose(LITE.prepare(pixels), (pixels.transpose(0, 3, 1, 2).astype(float) - 127) / 128, atol=1e-6)


def test_gray_images_are_repeated_and_colors_averaged_for_a_gray_backbone() -> None:
    gray = np.random.default_rng(2).integers(0, 256, (2, 24, 24, 1), dtype=np.uint8)
    assert np.array_equal(LITE.prepare(gray), LITE.prepare(np.repeat(gray, 3, axis=-1)))
    one = InputSpec(24, (0.5,), (0.5,))
    assert one.prepare(np.repeat(gray, 3, axis=-1)).shape == (2, 1, 24, 24)
    assert np.allclose(one.prepare(np.repeat(gray, 3, axis=-1)), one.prepare(gray), atol=1e-6)


def test_facts_are_read_back_and_those_of_the_hub_are_understood() -> None:
    assert InputSpec.from_facts(LITE.facts(), "x") == LITE
    hub = {"size": {"shortest_edge": 224}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "resample": 3}
    assert InputSpec.from_facts(hub, "x") == InputSpec(224, (0.5,) * 3, (0.5,) * 3, "bicubic")
    assert InputSpec.from_facts(hub | {"size": 96}, "x").side == 96


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"side": 24}, "does not say side, mean and std"),
        ({"side": 4, "mean": [0.5], "std": [0.5]}, "cannot have 4 pixels"),
        ({"side": 5000, "mean": [0.5], "std": [0.5]}, "choose 8 to 1024"),
        ({"side": 24, "mean": [0.5, 0.5], "std": [1, 1]}, "3 finite numbers"),
        ({"side": 24, "mean": [0.5], "std": [0]}, "above 0"),
        ({"side": 24, "mean": [float("nan")], "std": [1]}, "finite"),
        ({"side": 24, "mean": [0.5], "std": [1], "interpolation": "magic"}, "no interpolation called 'magic'"),
    ],
)
def test_bad_numbers_are_refused_with_a_sentence(facts: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        InputSpec.from_facts(facts, "x")
