"""Damaged files end in sentences, never in a traceback: 2,000 mutated images and 2,000 mutated tables, seeds fixed."""

import io
import json
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.base.errors import WinnowError
from core.data.image_io import ImageFileError, read_image
from core.data.ingest_config import IngestConfig
from core.data.sources.open_source import open_source

NUM = 2_000
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Return the content with one of six kinds of damage, mostly near its begin, where headers are."""
    data = bytearray(content)
    kind = rng.randrange(6)
    place = rng.randrange(min(len(data), rng.choice((16, 64, len(data)))))
    if kind == 0:
        for _ in range(rng.randrange(1, 12)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    elif kind == 1:
        del data[place:]
    elif kind == 2:
        data[place : place + 4] = rng.choice(
            (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f")
        )
    elif kind == 3:
        data[place:place] = rng.randbytes(rng.randrange(1, 40))
    elif kind == 4:
        del data[place : place + rng.randrange(1, 40)]
    else:
        end = rng.randrange(place, len(data))
        data[place:end] = bytes(end - place)
    return bytes(data)


def seeds_of_images() -> list[bytes]:
    values = np.random.default_rng(0).integers(0, 256, (24, 20, 3), dtype=np.uint8)
    found = []
    for name in FORMATS:
        buffer = io.BytesIO()
        Image.fromarray(values).save(buffer, name)
        found.append(buffer.getvalue())
    for mode, kind in (
        ("I;16", "PNG"),
        ("I;16", "TIFF"),
        ("F", "TIFF"),
        ("P", "PNG"),
        ("LA", "PNG"),
        ("CMYK", "JPEG"),
        ("1", "TIFF"),
    ):
        buffer = io.BytesIO()
        deep = (
            Image.fromarray(values[..., 0].astype(np.uint16) * 100)
            if mode == "I;16"
            else Image.fromarray(values).convert(mode)
        )
        deep.save(buffer, kind)
        found.append(buffer.getvalue())
    return found


@pytest.mark.filterwarnings("ignore")
def test_mutated_images_are_read_or_refused_with_a_sentence() -> None:
    rng, seeds, sentences = random.Random(1), seeds_of_images(), list[str]()
    for number in range(NUM):
        content = mutated(seeds[number % len(seeds)], rng)
        try:
            pixels = read_image(content, (16, 16, 3), name=f"{number}.png")
        except ImageFileError as error:
            sentences.append(str(error).removeprefix(f"{number}.png cannot be read as an image: "))
        else:
            assert pixels.shape == (16, 16, 3)
    assert NUM // 4 < len(sentences) < NUM
    assert [text for text in sentences if len(text) < 10 or "\n" in text or "cannot be read" in text] == []


def test_a_bomb_of_few_bytes_takes_no_memory() -> None:
    import tracemalloc

    def png(width: int, height: int, rows: bytes) -> bytes:
        def chunk(kind: bytes, body: bytes) -> bytes:
            return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

        head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\0\0\0\0"
        packed = zlib.compress(rows, 9)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")

    bombs = {"long": png(49_000_000, 1, bytes(49_000_001)), "square": png(7_000, 7_000, bytes(7_000 * 7_001))}
    assert all(len(content) < 60_000 for content in bombs.values())
    for name, content in bombs.items():
        tracemalloc.start()
        with pytest.raises(ImageFileError, match=r"no side may be longer|decompression bomb"):
            read_image(content, (16, 16, 1), name=name)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
        tracemalloc.stop()


ROWS = [{"file": f"{n}.png", "label": "cat" if n % 2 else "K\u00e4fer", "split": "train"} for n in range(4)]
COCO = {
    "images": [{"id": n, "file_name": f"{n}.png"} for n in range(4)],
    "annotations": [{"image_id": 0, "category_id": 1}],
    "categories": [{"id": 1, "name": "cat"}],
}
TASKS = [
    {"data": {"image": "/data/upload/1/00ff00ff-0.png"}, "annotations": [{"result": [{"value": {"choices": ["a"]}}]}]}
]
XML = '<annotations><image id="0" name="0.png"><tag label="cat"/></image></annotations>'


def seeds_of_tables() -> list[tuple[str, bytes]]:
    frame, parquet, archive = pd.DataFrame(ROWS), io.BytesIO(), io.BytesIO()
    frame.to_parquet(parquet)
    np.savez(archive, images=np.zeros((3, 8, 8), np.uint8), labels=np.arange(3))
    texts: list[tuple[str, str]] = [
        ("t.csv", frame.to_csv(index=False)),
        ("t.tsv", frame.to_csv(index=False, sep="\t")),
        ("t.jsonl", frame.to_json(orient="records", lines=True)),
        ("rows.json", json.dumps(ROWS)),
        ("coco.json", json.dumps(COCO)),
        ("tasks.json", json.dumps(TASKS)),
        ("samples.json", json.dumps({"samples": [{"filepath": "0.png", "tags": ["test"]}]})),
        ("labels.json", json.dumps({"classes": ["a"], "labels": {"0": 0}})),
        ("cvat.xml", XML),
    ]
    binary = [("t.parquet", parquet.getvalue()), ("t.npz", archive.getvalue())]
    return [
        *((name, text.encode()) for name, text in texts),
        ("w.csv", frame.to_csv(index=False, sep=";").encode("utf-16")),
        *binary,
    ]


def test_mutated_tables_are_read_or_refused_with_a_sentence(tmp_path: Path) -> None:
    for number in range(4):
        Image.new("L", (8, 8)).save(tmp_path / f"{number}.png")
    rng, seeds, sentences = random.Random(2), seeds_of_tables(), list[str]()
    swap: Callable[[bytes], bytes] = lambda content: content.replace(b'"', rng.choice((b"[", b"{", b"null", b"")), 1)  # noqa: E731
    for number in range(NUM):
        name, content = seeds[number % len(seeds)]
        content = swap(content) if rng.random() < 0.2 else mutated(content, rng)
        file = tmp_path / name
        file.write_bytes(content)
        try:
            table = open_source(file, IngestConfig())
        except WinnowError as error:
            sentences.append(str(error))
        else:
            assert len(table.names) == len(table.files) == len(table.classes) == len(set(table.names))
        file.unlink()
    assert NUM // 20 < len(sentences) < NUM
    assert [text for text in sentences if len(text) < 20] == []
