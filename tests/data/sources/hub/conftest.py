"""A hub on this machine, and an empty cache of the hub's client."""

from collections.abc import Callable, Iterator
from pathlib import Path

import datasets
import huggingface_hub.constants as hub_constants
import numpy as np
import pytest
from PIL import Image

from tests.data.sources.hub.fake_hub import FakeHub, running_hub

CLASSES = ("healthy", "rust")
CARD = """---
license: mit
dataset_info:
  features:
  - name: image
    dtype: image
  - name: leaf
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
          '0': healthy
          '1': rust
  splits:
  - name: train
    num_examples: 24
  - name: validation
    num_examples: 8
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*
  - split: validation
    path: data/validation-*
---
# Beans
"""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """Let the hub's client ask a hub on this machine and store in an empty folder."""
    with running_hub() as fake:
        monkeypatch.setattr(hub_constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(hub_constants, "ENDPOINT", fake.url)
        monkeypatch.setattr(
            hub_constants, "HUGGINGFACE_CO_URL_TEMPLATE", fake.url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        monkeypatch.setattr(hub_constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
        monkeypatch.setattr(hub_constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield fake


def write_parquet(file: Path, count: int, first: int = 0) -> None:
    """Write images with their class and leaf as the library `datasets` does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    features = datasets.Features(
        {"image": datasets.Image(), "leaf": datasets.Value("string"), "label": datasets.ClassLabel(names=list(CLASSES))}
    )
    rows = range(first, first + count)
    columns = {
        "image": [Image.fromarray(np.full((16, 16, 3), 3 * row % 256, np.uint8)) for row in rows],
        "leaf": [f"leaf {row // 2}" for row in rows],
        "label": [row % 2 for row in rows],
    }
    datasets.Dataset.from_dict(columns, features=features).to_parquet(file)


@pytest.fixture
def beans(hub: FakeHub, tmp_path: Path) -> str:
    """Add a data set as `push_to_hub` leaves it, and return its commit."""
    folder = tmp_path / "beans"
    write_parquet(folder / "data" / "train-00000-of-00001.parquet", 24)
    write_parquet(folder / "data" / "validation-00000-of-00001.parquet", 8, first=24)
    (folder / "README.md").write_text(CARD)
    return hub.add("plants/beans", folder)


@pytest.fixture
def image_folder(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that makes a folder with a folder of images a class."""

    def make(name: str) -> Path:
        for row in range(12):
            file = tmp_path / name / CLASSES[row % 2] / f"{row}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((20, 20, 3), 10 * row, np.uint8)).save(file)
        return tmp_path / name

    return make
