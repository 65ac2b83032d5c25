"""Filters learned from a project's own images: what they keep, what they refuse, and that they are learned once."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import DataError, InputError
from core.base.types import ImageSet
from core.data.image_store import open_images, write_images
from core.features.catalog import find_extractor, named_features, project_extractor
from core.features.compute import num_workers
from core.features.feature_process import compute_function
from core.features.handcrafted.patch_filters import LEAST_IMAGES, PatchFilters, learn_patch_filters, patch_features
from core.heads.fit import head_logits
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import HeadSettings


def stripes(num: int, side: int = 28, channels: int = 1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Images of stripes at one of four angles, at any place, in noise; (num, side, side, C) uint8 and the angles."""
    rng = np.random.default_rng(seed)
    labels = np.arange(num) % 4
    y, x = np.mgrid[:side, :side]
    angles, phases = labels * np.pi / 4, rng.uniform(0, 6, num)
    across = x[None] * np.cos(angles)[:, None, None] + y[None] * np.sin(angles)[:, None, None]
    waves = 128 + 60 * np.sin(across * 0.9 + phases[:, None, None]) + rng.normal(0, 70, (num, side, side))
    return np.repeat(waves.clip(0, 255).astype(np.uint8)[..., None], channels, axis=-1), labels


def stored(folder: Path, pixels: np.ndarray) -> Path:
    """An image folder of some pixels."""
    names = np.array([f"a/{row}.png" for row in range(len(pixels))])
    write_images(ImageSet(pixels, np.zeros(len(pixels), np.int64), ("a", "b"), names, np.empty(0, np.int64)), folder)
    return folder


@pytest.fixture(scope="module")
def filters() -> PatchFilters:
    """Filters of 400 striped images."""
    return learn_patch_filters(stripes(400)[0])


def test_a_head_names_angles_at_any_place_better_than_on_pixels(filters: PatchFilters) -> None:
    pixels, labels = stripes(400)
    none = np.empty(0, np.int64)
    known = HeadLabels(np.arange(24), labels[:24], np.ones(24, np.float32), none, none, 4)
    right = {}
    for name, values in (("patches", patch_features(pixels, filters)), ("pixels", pixels.reshape(400, -1) / 255)):
        said = head_logits(np.asarray(values, np.float16), known, HeadSettings()).argmax(axis=1)
        right[name] = float((said[24:] == labels[24:]).mean())
    assert right["patches"] > 0.95
    assert right["patches"] > right["pixels"] + 0.1


def test_an_image_has_the_same_bits_alone_and_among_others(filters: PatchFilters) -> None:
    pixels = stripes(20, seed=5)[0]
    together = patch_features(pixels, filters)
    assert together.shape == (20, 256)
    assert np.isfinite(together).all()
    for row in (0, 7, 19):
        assert np.array_equal(patch_features(pixels[row : row + 1], filters)[0], together[row])


@pytest.mark.parametrize("shape", [(60, 40, 3), (9, 14, 1)])
def test_color_and_other_sizes(shape: tuple[int, int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (LEAST_IMAGES, *shape), dtype=np.uint8)
    found = patch_features(pixels[:3], learn_patch_filters(pixels))
    assert found.shape == (3, 256)
    assert np.isfinite(found).all()


def test_too_few_or_empty_images_and_other_channels_are_refused(filters: PatchFilters) -> None:
    with pytest.raises(InputError, match="299 are too few: add images until there are 300, or choose hog"):
        learn_patch_filters(stripes(299)[0])
    with pytest.raises(InputError, match="empty or of one color each"):
        learn_patch_filters(np.full((300, 28, 28, 1), 255, np.uint8))
    with pytest.raises(InputError, match="learned from images of 1 channels, not 3"):
        patch_features(stripes(2, channels=3)[0], filters)
    with pytest.raises(InputError, match="name the project"):
        find_extractor("patches")


def test_they_are_learned_once_and_again_for_other_images(tmp_path: Path) -> None:
    images, root = stored(tmp_path / "images", stripes(320)[0]), tmp_path / "features"
    first = project_extractor("patches", images, root)
    file = root / "patch_filters" / "filters.npz"
    before = file.stat().st_mtime_ns
    assert project_extractor("patches", images, root) == first
    assert file.stat().st_mtime_ns == before
    file.unlink()
    assert project_extractor("patches", images, root) == first  # the same bytes again
    file.write_bytes(b"damaged")
    assert project_extractor("patches", images, root) == first
    shutil.rmtree(images)
    other = project_extractor("patches", stored(images, stripes(320, seed=1)[0]), root)
    assert other.sha256 != first.sha256
    assert other.key != first.key


def test_added_images_get_their_features_by_the_same_filters(tmp_path: Path) -> None:
    pixels, root = stripes(340)[0], tmp_path / "features"
    images = stored(tmp_path / "images", pixels[:310])
    before = np.array(named_features("patches", images, root).values)
    shutil.rmtree(images)
    stored(images, pixels)
    after = named_features("patches", images, root)
    assert np.array_equal(after.values[:310], before)
    alone = patch_features(pixels[310:], PatchFilters.read(root / "patch_filters" / "filters.npz"))
    assert np.array_equal(after.values[310:], alone.astype(np.float16))


def test_a_file_without_filters_is_told(tmp_path: Path) -> None:
    np.savez(tmp_path / "filters.npz", other=np.zeros(3))
    with pytest.raises(DataError, match="holds no filters"):
        PatchFilters.read(tmp_path / "filters.npz")


def test_many_images_are_computed_in_several_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = stored(tmp_path / "images", stripes(320)[0])
    extractor = project_extractor("patches", images, tmp_path / "features")
    assert num_workers(extractor, images, 10, None) == 0
    monkeypatch.setattr("core.features.compute.SMALL_JOB", 1_000_000)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    assert num_workers(extractor, images, 10, None) == 2
    assert num_workers(find_extractor("hog"), images, 10, None) == 0
    assert compute_function(extractor, 1)(open_images(images).pixels[:2]).shape == (2, 256)
