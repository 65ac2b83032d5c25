"""Stored features: theirs alone, damage named, other projects refused."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import DataError
from core.data.image_store import open_images
from core.features.compute import compute_features
from core.features.extractors import handcrafted
from core.features.store import feature_status, images_digest, list_features, open_features, read_record
from tests.features.conftest import MakeImages, image_set

PIXELS = handcrafted("pixels")


@pytest.fixture
def stored(make_images: MakeImages, tmp_path: Path) -> Path:
    """Folder of the features of ten images."""
    compute_features(PIXELS, make_images("images", 10), tmp_path / "features")
    return tmp_path / "features" / PIXELS.key


def test_values_are_float16_memory_mapped_and_read_only(stored: Path, tmp_path: Path) -> None:
    images = open_images(tmp_path / "images")
    values = open_features(stored, images).values
    assert values.dtype == np.float16
    assert not values.flags.writeable
    assert np.array_equal(values, (images.pixels.reshape(10, -1) / np.float32(255)).astype(np.float16))


@pytest.mark.parametrize("change", [{"seed": 1}, {"side": 13}, {"channels": 3}])
def test_features_of_another_project_are_refused(
    stored: Path, make_images: MakeImages, tmp_path: Path, change: dict[str, int]
) -> None:
    other = make_images("other", 10, **change)
    with pytest.raises(DataError, match="belong to other images than this project's"):
        open_features(stored, open_images(other))
    with pytest.raises(DataError, match="belong to other images"):
        compute_features(PIXELS, other, tmp_path / "features")
    assert len(open_features(stored, open_images(tmp_path / "images")).values) == 10


def test_features_of_more_images_than_there_are_are_refused(stored: Path, make_images: MakeImages) -> None:
    with pytest.raises(DataError, match="belong to other images"):
        open_features(stored, open_images(make_images("fewer", 9)))


def test_the_digest_sees_names_pixels_shape_and_number() -> None:
    images = image_set(20)
    before = images_digest(images, 20)
    assert before == images_digest(image_set(25), 20)
    assert before != images_digest(images, 19)
    images.names[7] = "other.png"
    renamed = images_digest(images, 20)
    images.pixels[7, 0, 0] ^= 1
    assert len({before, renamed, images_digest(images, 20)}) == 3
    assert images_digest(image_set(1), 0)


@pytest.mark.parametrize("damage", ["cut", "missing", "other dtype", "fewer rows"])
def test_damaged_arrays_are_named(stored: Path, tmp_path: Path, damage: str) -> None:
    file = stored / "features.npy"
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-10])
    elif damage == "missing":
        file.unlink()
    else:
        np.save(file, np.zeros((10, 144), np.float32) if damage == "other dtype" else np.zeros((9, 144), np.float16))
    with pytest.raises(DataError, match=r"features\.npy"):
        open_features(stored, open_images(tmp_path / "images"))


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 99}', '{"format": 1, "extractor": {}}', '{"format": 1}'])
def test_damaged_records_are_named_and_left_out_of_the_list(stored: Path, text: str) -> None:
    assert [record.extractor.name for record in list_features(stored.parent)] == ["pixels"]
    (stored / "record.json").write_text(text)
    with pytest.raises(DataError, match=r"record\.json"):
        read_record(stored)
    assert list_features(stored.parent) == []


def test_the_record_says_what_computed_the_features(stored: Path) -> None:
    facts = json.loads((stored / "record.json").read_text())
    assert facts["extractor"]["name"] == "pixels"
    assert facts["num_images"] == 10
    assert facts["num_features"] == 144
    assert len(facts["digest"]) == 64


def test_nothing_is_there_before_anything_was_computed(tmp_path: Path) -> None:
    assert list_features(tmp_path / "features") == []
    assert feature_status(tmp_path) is None
    shutil.rmtree(tmp_path / "features", ignore_errors=True)
