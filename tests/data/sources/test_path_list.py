"""Paths of many files: the same paths as in a list, in little memory."""

import gc
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from core.data.image_io import encode_png
from core.data.ingest_config import IngestConfig
from core.data.ingestion.ingest import read_headers
from core.data.sources.open_source import open_source
from core.data.sources.path_list import PathList

PATHS = [
    Path("a/1.png"),
    Path("a/ü 2.png"),
    Path("b/1.png"),
    Path(os.fsdecode(b"a/\xff.png")),
    Path("c.png"),
    Path("/d/e"),
]


def test_it_holds_the_paths_that_a_list_holds() -> None:
    found = PathList(PATHS)
    assert list(found) == PATHS
    assert [found[row] for row in range(-len(PATHS), len(PATHS))] == PATHS + PATHS
    assert list(found[1:5:2]) == PATHS[1:5:2]
    assert list(found.rows([5, 0, 0])) == [PATHS[5], PATHS[0], PATHS[0]]
    assert found.folders() == [path.parent for path in PATHS]
    assert (len(found), PATHS[3] in found, Path("x") in found) == (6, True, False)
    assert not PathList()
    with pytest.raises(IndexError):
        found[6]


def test_an_image_of_a_source_takes_few_bytes_until_it_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(encode_png(np.zeros((8, 8, 1), np.uint8)))
    taken = {}
    for num in (500, 500, 2_500):  # the first reads modules, too
        folder = tmp_path / f"images{num}"
        for number in range(0 if folder.exists() else num):
            place = folder / f"class{number % 5}"
            place.mkdir(parents=True, exist_ok=True)
            os.link(tmp_path / "one.png", place / f"image{number:06}.png")
        gc.collect()
        tracemalloc.start()
        table = open_source(folder, IngestConfig())
        kept = read_headers(table, IngestConfig())
        gc.collect()
        taken[num] = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert len(kept[1]) == num
    assert (taken[2_500] - taken[500]) / 2_000 < 300  # bytes; 870 with a path, an image and a header of its own each
