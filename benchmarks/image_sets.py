"""Image sets of the benchmarks of heads: the demo, Tux Paint's stamps, and photographs of solar cells.

* demo: Fashion-MNIST, ships with Winnow.
* stamps: Debian package tuxpaint-stamps-default; the folders of 38 images and more are classes: color photographs and
  drawings.
* elpv: the wheel of elpv-dataset, unpacked outside the repository (non-commercial licence: never shipped): 300 × 300
  gray photographs; classes sound and defective, the cells that its experts were unsure of left out.
"""

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.base.types import Ids, Labels
from core.data.datasets import demo
from core.data.image_store import open_images, write_images
from core.data.ingestion.ingest import ingest_images
from core.data.sources.folder_layout import scan_folder
from core.features.catalog import find_extractor, project_extractor
from core.features.compute import compute_features

STAMPS = Path("/usr/share/tuxpaint/stamps")
LEAST_STAMPS = 38
SIDE = 224


@dataclass(frozen=True)
class LabeledSet:
    """Images of known labels in an image folder.

    Attributes:
        name: demo, stamps or elpv.
        labels: (N,) true labels.
        class_names: K names.
        folder: Holds `images` and `features`.
    """

    name: str
    labels: Labels
    class_names: tuple[str, ...]
    folder: Path

    def features(self, extractor: str, side: int | None = None) -> NDArray[np.float32]:
        """Features (N, D) of all images, computed once."""
        images, root = self.folder / "images", self.folder / "features"
        found = find_extractor(extractor, side=side) if side else project_extractor(extractor, images, root)
        values = compute_features(found, images, root, workers=1).values
        return np.asarray(values, dtype=np.float32)


@dataclass(frozen=True)
class Parts:
    """Image ids of one draw; labeled and pool are what a person labels and could label."""

    labeled: Ids
    val: Ids
    pool: Ids
    test: Ids


def labeled_set(name: str, cache: Path, elpv: Path | None = None) -> LabeledSet:
    """Read an image set, made once in a folder of its own.

    Args:
        name: demo, stamps or elpv.
        cache: Where the folders lie.
        elpv: Folder into which the package elpv-dataset was unpacked.

    Raises:
        InputError: Its files are not there.
    """
    folder = cache / name
    if not (folder / "images").exists():
        if name == "demo":
            write_images(demo(), folder / "images")
        else:
            source = folder / "source"
            shutil.rmtree(source, ignore_errors=True)
            copy_stamps(source) if name == "stamps" else copy_cells(source, elpv)
            ingest_images(scan_folder(source), folder / "images", image_size=SIDE)
    images = open_images(folder / "images")
    return LabeledSet(name, np.asarray(images.labels), images.class_names, folder)


def copy_stamps(target: Path) -> None:
    """Copy the stamps of the large folders, one folder for each class."""
    groups = {folder.name: sorted(folder.rglob("*.png")) for folder in sorted(STAMPS.glob("*")) if folder.is_dir()}
    large = {name: files for name, files in groups.items() if len(files) >= LEAST_STAMPS}
    if not large:
        raise InputError(f"{STAMPS} holds no stamps: install the package tuxpaint-stamps-default.")
    for name, files in large.items():
        (target / name).mkdir(parents=True)
        for number, file in enumerate(files):
            shutil.copyfile(file, target / name / f"{number:03d}_{file.name}")


def copy_cells(target: Path, elpv: Path | None) -> None:
    """Copy the solar cells whose state is sure, one folder for each class."""
    data = (elpv or Path("elpv")) / "elpv_dataset" / "data"
    if not (data / "labels.csv").exists():
        raise InputError(f"{data} holds no solar cells: unpack elpv-dataset and name its folder by --elpv.")
    with (data / "labels.csv").open(encoding="utf-8") as file:
        rows = [line[0].split() for line in csv.reader(file) if line]
    for name, probability, _ in rows:
        if float(probability) in (0.0, 1.0):
            folder = target / ("defective" if float(probability) else "sound")
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(data / name, folder / Path(name).name)


def draw(labels: Labels, seed: int, per_class: int, *, val: float, test: float) -> Parts:
    """Draw the parts; val and test are shares of each class, then `per_class` images of each are labeled."""
    rng = np.random.default_rng(seed)
    parts: dict[str, list[Ids]] = {"test": [], "val": [], "labeled": [], "pool": []}
    for label in range(labels.max() + 1):
        ids = rng.permutation(np.flatnonzero(labels == label))
        ends = np.cumsum([round(test * len(ids)), round(val * len(ids)), per_class])
        for name, part in zip(parts, np.split(ids, ends), strict=True):
            parts[name].append(part)
    return Parts(**{name: np.sort(np.concatenate(found)) for name, found in parts.items()})
