"""A person's own features: by id or by name, every image once, and a sentence for what does not fit."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.errors import InputError
from core.data.image_store import open_images
from core.features.compute import compute_features
from core.features.own_arrays import import_features
from core.features.store import list_features, open_features
from tests.features.conftest import MakeImages, image_set

NUM = 12
IMAGES = image_set(NUM)
VALUES = np.random.default_rng(0).normal(size=(NUM, 5)).astype(np.float32)
ORDER = np.random.default_rng(1).permutation(NUM)


def write(path: Path, kind: str) -> Path:
    """The values, in the order of the ids or shuffled under their names or ids."""
    names, values = IMAGES.names[ORDER], VALUES[ORDER]
    if kind == "rows":
        np.save(path.with_suffix(".npy"), VALUES)
        return path.with_suffix(".npy")
    if kind in ("npz names", "npz ids"):
        keys = {"names": np.append(names, "else")} if kind == "npz names" else {"ids": np.append(ORDER, 99)}
        np.savez(path.with_suffix(".npz"), allow_pickle=False, features=np.vstack([values, values[:1]]), **keys)
        return path.with_suffix(".npz")
    table = pd.DataFrame({"id": ORDER} if kind == "parquet ids" else {"file": names})
    columns = {f"f{i}": values[:, i] for i in range(5)} if kind == "parquet columns" else {"vector": list(values)}
    table.assign(**columns).to_parquet(path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


@pytest.mark.parametrize("kind", ["rows", "npz names", "npz ids", "parquet names", "parquet ids", "parquet columns"])
def test_each_image_gets_its_own_row(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / "mine", kind)
    found = import_features(path, IMAGES, tmp_path / "features")
    assert np.array_equal(found.values, VALUES.astype(np.float16))
    assert found.record.extractor.name == f"own:{path.name}"
    assert np.array_equal(open_features(found.folder, IMAGES).values, found.values)
    assert [record.extractor.name for record in list_features(tmp_path / "features")] == [f"own:{path.name}"]


def test_another_file_of_the_same_name_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    first = import_features(write(tmp_path / "mine", "rows"), IMAGES, tmp_path / "features")
    np.save(tmp_path / "mine.npy", VALUES + 1)
    second = import_features(tmp_path / "mine.npy", IMAGES, tmp_path / "features")
    assert first.folder != second.folder
    assert np.array_equal(first.values, VALUES.astype(np.float16))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (VALUES[:-1], "has 11 rows and the project 12 images"),
        (VALUES[:, 0], "numbers of shape"),
        (VALUES.astype("U5"), "numbers of shape"),
        (VALUES[:, :0], "numbers of shape"),
        (np.where(VALUES > 1, np.nan, VALUES), "not numbers"),
        (VALUES * 1e6, "beyond 65,504, which float16 cannot: scale its columns"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_and_leave_nothing(tmp_path: Path, values: np.ndarray, said: str) -> None:
    np.save(tmp_path / "mine.npy", values)
    with pytest.raises(InputError, match=said):
        import_features(tmp_path / "mine.npy", IMAGES, tmp_path / "features")
    assert list_features(tmp_path / "features") == []


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (IMAGES.names[:-1], "has no row for 1 of 12 images"),
        (np.append(IMAGES.names, IMAGES.names[:1]), "several rows for 'a/0.png'"),
    ],
)
def test_each_image_needs_one_row(tmp_path: Path, names: np.ndarray, said: str) -> None:
    values = np.zeros((len(names), 2), np.float32)
    np.savez(tmp_path / "mine.npz", allow_pickle=False, names=names, features=values)
    with pytest.raises(InputError, match=said):
        import_features(tmp_path / "mine.npz", IMAGES, tmp_path / "features")


def test_names_and_rows_must_be_as_many(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", allow_pickle=False, names=IMAGES.names, features=VALUES[:-1])
    with pytest.raises(InputError, match="has 12 names for 11 rows"):
        import_features(tmp_path / "mine.npz", IMAGES, tmp_path / "features")


@pytest.mark.parametrize("name", ["mine.npy", "mine.npz", "mine.parquet", "mine.csv"])
def test_files_that_cannot_be_read_are_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=name):
        import_features(tmp_path / name, IMAGES, tmp_path / "features")
    (tmp_path / name).write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match=name):
        import_features(tmp_path / name, IMAGES, tmp_path / "features")


def test_a_table_without_keys_or_features_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1.0]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match="no column called name"):
        import_features(tmp_path / "a.parquet", IMAGES, tmp_path / "features")
    pd.DataFrame({"name": IMAGES.names}).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(InputError, match="no column of features"):
        import_features(tmp_path / "b.parquet", IMAGES, tmp_path / "features")


def test_own_features_cannot_be_computed_for_added_images(make_images: MakeImages, tmp_path: Path) -> None:
    found = import_features(write(tmp_path / "mine", "rows"), IMAGES, tmp_path / "features")
    with pytest.raises(InputError, match=r"own:mine\.npy came from a file: import it again with all images"):
        compute_features(found.record.extractor, make_images("more", NUM + 3), tmp_path / "features")
    assert len(open_features(found.folder, open_images(make_images("same", NUM))).values) == NUM
