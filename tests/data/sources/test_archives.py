"""Archives give the pixels and labels that were put into them."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core.base.errors import InputError
from core.base.types import ImageSet
from core.data.ingest_config import IngestConfig
from core.data.ingestion.ingest import ingest_images
from core.data.sources.open_source import open_source

VALUES = (10, 60, 110, 160, 210, 250)
LABELS = (0, 1, 0, 1, 0, 1)


def png(value: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (16, 16), value).save(buffer, "PNG")
    return buffer.getvalue()


def ingested(source: Path, tmp_path: Path, size: int = 16) -> ImageSet:
    return ingest_images(open_source(source, IngestConfig()), tmp_path / "out" / "images", image_size=size)


def check(images: ImageSet) -> None:
    assert images.class_names == ("cat", "dog")
    assert images.labels.tolist() == list(LABELS)
    assert images.pixels[:, 8, 8, 0].tolist() == list(VALUES)


def test_npz(tmp_path: Path) -> None:
    pixels = np.stack([np.full((16, 16), value, np.uint8) for value in VALUES])
    np.savez(tmp_path / "a.npz", images=pixels, labels=np.array(LABELS), class_names=np.array(["cat", "dog"]))
    check(ingested(tmp_path / "a.npz", tmp_path))


def test_npz_of_keras_has_a_given_test_split(tmp_path: Path) -> None:
    pixels = np.stack([np.full((16, 16, 3), value, np.uint8) for value in VALUES])
    labels = np.array(LABELS)
    np.savez(tmp_path / "a.npz", x_train=pixels[:4], y_train=labels[:4], x_test=pixels[4:], y_test=labels[4:, None])
    images = ingested(tmp_path / "a.npz", tmp_path)
    assert images.given_splits is not None
    assert images.given_splits.tolist() == [1, 1, 1, 1, 3, 3]
    assert images.class_names == ("0", "1")


def test_npz_of_sixteen_bits_keeps_its_levels(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(30_000, 30_400, (6, 16, 16)).astype(np.uint16)
    np.savez(tmp_path / "a.npz", images=values, labels=np.array(LABELS))
    images = ingested(tmp_path / "a.npz", tmp_path)
    assert len(np.unique(images.pixels)) > 100
    assert images.facts["value_range"][0] >= 30_000


def test_webdataset_shards(tmp_path: Path) -> None:
    for part, rows in (("train", range(4)), ("test", range(4, 6))):
        with tarfile.open(tmp_path / f"{part}-000.tar", "w") as archive:
            for row in rows:
                more = {"label": ("cat", "dog")[LABELS[row]], "place": f"p{row}"}
                for name, content in (
                    (f"{row:04}.png", png(VALUES[row])),
                    (f"{row:04}.json", json.dumps(more).encode()),
                ):
                    member = tarfile.TarInfo(name)
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
    table = open_source(tmp_path, IngestConfig())
    assert sorted(table.splits) == ["test"] * 2 + ["train"] * 4
    images = ingest_images(table, tmp_path / "out" / "images", image_size=16)
    assert sorted(images.pixels[:, 8, 8, 0].tolist()) == sorted(VALUES)
    assert images.class_names == ("cat", "dog")


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_hugging_face(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    features = {"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}
    image = pa.array([{"bytes": png(value), "path": f"{value}.png"} for value in VALUES])
    table = pa.table({"image": image, "label": pa.array(LABELS), "place": pa.array(list("abcdef"))})
    table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    if kind == "parquet":
        pq.write_table(table, folder / "train-00000-of-00001.parquet", row_group_size=2)
    else:
        with (
            pa.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as file,
            pa.ipc.new_stream(file, table.schema) as out,
        ):
            out.write_table(table)
        (folder / "state.json").write_text("{}")
    source = open_source(folder, IngestConfig())
    assert list(source.metadata["place"]) == list("abcdef")
    check(ingest_images(source, tmp_path / "out" / "images", image_size=16))


@pytest.mark.parametrize("name", ["a.npz", "a.tar", "a.tar.gz"])
def test_a_damaged_archive_is_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"nothing of the kind" * 40)
    with pytest.raises(InputError, match="cannot be read"):
        open_source(tmp_path / name, IngestConfig())


def test_an_archive_without_images_says_what_it_holds(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", weights=np.zeros(3))
    with pytest.raises(InputError, match=r"weights \(3,\)"):
        open_source(tmp_path / "a.npz", IngestConfig())
