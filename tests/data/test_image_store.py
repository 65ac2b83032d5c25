"""Image folders are whole or absent, round-trip, and name damage."""

import errno
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.base.errors import DataError, InputError
from core.base.types import UNKNOWN, ImageSet
from core.data.image_store import fingerprint, open_images, write_images
from core.data.ingestion.ingest import ingest_images
from core.data.sources.folder_layout import scan_folder


def picture(path: Path, value: int, size: tuple[int, int] = (40, 30), mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value if mode == "L" else (value, 0, 0)).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    for number in range(3):
        picture(root / "cat" / f"{number}.png", 10 + number)
        picture(root / "dog" / f"{number}.png", 50 + number)
    picture(root / "unlabeled" / "0.png", 99)
    return root


@pytest.fixture
def image_set() -> ImageSet:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 4, 5, 3), dtype=np.uint8)
    names = np.array([f"test/{i}" for i in range(6)])
    labels = np.array([0, 1, 0, 1, -1, 0])
    return ImageSet(pixels, labels, ("a", "b"), names, np.array([4, 5]))


def test_a_folder_becomes_an_image_set(folder: Path, tmp_path: Path) -> None:
    images = ingest_images(scan_folder(folder), tmp_path / "images", image_size=None)
    assert images.pixels.shape == (7, 32, 32, 1)
    assert images.class_names == ("cat", "dog")
    assert images.labels.tolist() == [0, 0, 0, 1, 1, 1, UNKNOWN]
    assert images.names[4] == "dog/1.png"
    assert images.pixels[:, 16, 16, 0].tolist() == [10, 11, 12, 50, 51, 52, 99]
    assert not images.pixels.flags.writeable
    assert len(images.official_test) == 0


def test_one_color_image_makes_all_have_three_channels(folder: Path, tmp_path: Path) -> None:
    picture(folder / "dog" / "9.png", 200, mode="RGB")
    images = ingest_images(scan_folder(folder), tmp_path / "images", image_size=16)
    assert images.pixels.shape == (8, 16, 16, 3)
    assert images.pixels[6, 8, 8].tolist() == [200, 0, 0]


@pytest.mark.parametrize(("side", "expected"), [(20, 32), (75, 64), (100, 96), (500, 224)])
def test_the_size_chosen_is_nearest_to_the_median(tmp_path: Path, side: int, expected: int) -> None:
    for name in ("a/1.png", "a/2.png", "b/1.png"):
        picture(tmp_path / "in" / name, 1, (side, side // 2))
    images = ingest_images(scan_folder(tmp_path / "in"), tmp_path / "out", image_size=None)
    assert images.pixels.shape[1:3] == (expected, expected)


def test_unreadable_files_are_quarantined_with_a_reason(folder: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (30, 40), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "cat" / "cut.png")
    content = (folder / "cat" / "cut.png").read_bytes()
    (folder / "cat" / "cut.png").write_bytes(content[: len(content) // 2])
    (folder / "dog" / "text.jpg").write_text("not a picture")
    images = ingest_images(scan_folder(folder), tmp_path / "images", image_size=32)
    reasons = {item.name: item.reason for item in images.quarantined}
    assert "cut short" in reasons["cat/cut.png"]
    assert "none of" in reasons["dog/text.jpg"]
    assert len(images.pixels) == len(images.names) == 7
    assert images.pixels[:, 16, 16, 0].tolist() == [10, 11, 12, 50, 51, 52, 99], "later rows moved up"


def test_a_class_without_a_readable_image_is_named_and_nothing_is_left(folder: Path, tmp_path: Path) -> None:
    (folder / "owl").mkdir()
    (folder / "owl" / "1.png").write_text("no")
    with pytest.raises(InputError, match="class owl"):
        ingest_images(scan_folder(folder), tmp_path / "out" / "images", image_size=32)
    assert list((tmp_path / "out").iterdir()) == []


def test_progress_reaches_the_number_of_files(folder: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    ingest_images(scan_folder(folder), tmp_path / "images", image_size=8, progress=lambda *at: seen.append(at))
    assert seen == [(done, 7) for done in range(1, 8)]


@pytest.mark.parametrize("size", [0, 7, -1, 5000])
def test_an_image_size_out_of_range_says_the_range(folder: Path, tmp_path: Path, size: int) -> None:
    with pytest.raises(InputError, match="8 to 1024"):
        ingest_images(scan_folder(folder), tmp_path / "images", image_size=size)


def test_what_is_written_is_what_is_opened(image_set: ImageSet, tmp_path: Path) -> None:
    write_images(image_set, tmp_path / "images")
    back = open_images(tmp_path / "images")
    for name in ("pixels", "labels", "names", "official_test"):
        assert np.array_equal(getattr(back, name), getattr(image_set, name)), name
    assert back.class_names == image_set.class_names
    assert fingerprint(back) == fingerprint(image_set)


def test_the_fingerprint_feels_every_pixel_label_and_name(image_set: ImageSet) -> None:
    pixels, labels = image_set.pixels.copy(), image_set.labels.copy()
    pixels[-1, -1, -1, -1] ^= 1
    labels[0] = 1
    others = [
        replace(image_set, pixels=pixels),
        replace(image_set, labels=labels),
        replace(image_set, class_names=("a", "c")),
        replace(image_set, pixels=image_set.pixels.reshape(6, 5, 4, 3)),
    ]
    assert len({fingerprint(one) for one in (image_set, *others)}) == 5


@pytest.mark.parametrize("name", ["pixels.npy", "labels.npy", "names.npy", "official_test.npy", "meta.json"])
@pytest.mark.parametrize("keep", [None, 0, 40, 0.9])
def test_a_missing_or_cut_file_is_named(image_set: ImageSet, tmp_path: Path, name: str, keep: float | None) -> None:
    write_images(image_set, tmp_path / "images")
    file = tmp_path / "images" / name
    if keep is None:
        file.unlink()
    else:
        content = file.read_bytes()
        file.write_bytes(content[: int(keep if keep >= 1 else keep * len(content))])
    with pytest.raises(DataError, match=name.replace(".", r"\.")):
        open_images(tmp_path / "images")


@pytest.mark.parametrize("names", ["ab", ["a", ["b"]], ["a", None], {"a": 1}, 3])
def test_class_names_that_are_no_texts_are_a_sentence(image_set: ImageSet, tmp_path: Path, names: object) -> None:
    write_images(image_set, tmp_path / "images")
    file = tmp_path / "images" / "meta.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"class_names": names}))
    with pytest.raises(DataError, match=r"meta\.json is damaged .its class names are no list of texts"):
        open_images(tmp_path / "images")


def test_files_that_do_not_belong_together_are_refused(image_set: ImageSet, tmp_path: Path) -> None:
    write_images(image_set, tmp_path / "images")
    np.save(tmp_path / "images" / "labels.npy", np.zeros(5, dtype=np.int64))
    with pytest.raises(DataError, match="belong together"):
        open_images(tmp_path / "images")
    np.save(tmp_path / "images" / "labels.npy", np.full(6, 2))
    with pytest.raises(DataError, match="2 classes"):
        open_images(tmp_path / "images")


def test_a_place_that_cannot_be_written_is_a_sentence(image_set: ImageSet, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("I am no folder")
    with pytest.raises(DataError, match="cannot be written"):
        write_images(image_set, tmp_path / "file" / "images")


def test_a_full_disk_leaves_nothing_behind(
    image_set: ImageSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(json, "dumps", fill)
    with pytest.raises(DataError, match="No space left"):
        write_images(image_set, tmp_path / "out" / "images")
    assert list((tmp_path / "out").iterdir()) == []
