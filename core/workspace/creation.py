"""Create a project: load images, draw splits, move the folder into place.

A creation that fails half-way leaves nothing behind.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.base.config import SplitConfig
from core.base.errors import DataError, InputError
from core.base.types import UNKNOWN, ImageSet
from core.data.class_names import append_class, checked_name
from core.data.datasets import DATASETS, TORCHVISION_DATASETS
from core.data.folder_scan import scan_folder
from core.data.image_store import fingerprint, ingest_listing, open_images, write_images
from core.data.split_sizes import fill_split, suggest_split
from core.data.splits import distinct_per_class, draw_splits, exact_duplicates, save_splits
from core.jobs.start import load_dataset

FORMAT = 1
SOURCES = tuple(dict.fromkeys([*DATASETS, *TORCHVISION_DATASETS]))
"""Names of the built-in data sets that a project can be made from."""


def create_project(
    path: Path,
    source: str,
    *,
    name: str | None,
    split: SplitConfig | None,
    image_size: int | None,
    root: Path | None,
    classes: Sequence[str] = (),
    hide_labels: bool = False,
) -> None:
    """Create a project folder from a built-in data set or an image folder.

    Args:
        path: The folder to make; an empty one may be there.
        source: One of SOURCES, or an image folder.
        name: Name of the project; None takes that of the folder.
        split: Sizes of the parts; for a folder, those that it does not name follow what there is. None suggests all.
        image_size: Side of the images in pixels; None chooses one.
        root: Where the files of a built-in data set are; None looks in the usual places.
        classes: Names of further classes, which have no image yet.
        hide_labels: Of a folder whose images all have a label: hide most of them, which then play the unlabeled pool.

    Raises:
        InputError: The folder is not empty, a class cannot be used, the source is unknown, or the split does not fit.
        DataError: The project cannot be written.
    """
    target = path.expanduser().resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{path} exists and is not an empty folder: choose another place for the project.")
    with _building(target) as folder:
        images = load_source(source, folder / "images", image_size, root)
        for added in classes:
            append_class(folder / "images", checked_name(added, open_images(folder / "images").class_names), "")
        groups = exact_duplicates(images.pixels)
        config = _split_config(source, images, groups, split, hide_labels=hide_labels)
        splits = draw_splits(
            images.labels,
            config,
            official_test=images.official_test,
            duplicates=groups,
            class_names=images.class_names,
        )
        save_splits(splits, folder / "splits.npz")
        info: dict[str, str | int] = {
            "format": FORMAT,
            "name": name or target.name,
            "source": source if source in SOURCES else str(Path(source).expanduser().resolve()),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "fingerprint": fingerprint(images),
            "num_duplicates": len(groups) - len(np.unique(groups)),
        }
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in info.items()]
        (folder / "project.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (folder / "runs").mkdir()


def load_source(source: str, folder: Path, image_size: int | None, root: Path | None) -> ImageSet:
    """Load a built-in data set or an image folder into `folder`.

    Args:
        source: One of SOURCES, or an image folder.
        folder: The image folder to make.
        image_size: Side in pixels, for an image folder; None chooses one.
        root: Where the files of a built-in data set are; None looks in the usual places.

    Returns:
        The images, memory-mapped.

    Raises:
        InputError: The source is neither.
        DataError: The images cannot be read or written.
    """
    known = DATASETS.get(source)
    if known is not None and known.is_available(root):
        write_images(known.load(root), folder)
    elif source in TORCHVISION_DATASETS:
        load_dataset(source, root, folder)
    elif known is not None or not Path(source).expanduser().exists():
        raise InputError(
            f"{source} is neither an image folder nor a built-in data set ({', '.join(SOURCES)}): check the spelling."
        )
    else:
        return ingest_listing(scan_folder(Path(source).expanduser()), folder, image_size=image_size)
    return open_images(folder)


def _split_config(
    source: str, images: ImageSet, groups: NDArray[np.int64], asked: SplitConfig | None, *, hide_labels: bool
) -> SplitConfig:
    if source in SOURCES:
        return asked or SplitConfig()
    num_per_class = distinct_per_class(images.labels, groups, len(images.class_names))
    has_unlabeled = bool((images.labels == UNKNOWN).any())
    suggested = suggest_split(num_per_class, has_unlabeled, hide_labels=hide_labels)
    return suggested if asked is None else fill_split(asked, suggested, num_per_class)


@contextmanager
def _building(target: Path) -> Iterator[Path]:
    """Yield a temporary folder; success moves it to the target, failure removes it."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise DataError(
            f"No project can be made in {target.parent}: {error.strerror}. Choose another place."
        ) from error
    try:
        yield folder
        folder.chmod(0o755)
        os.replace(folder, target)
    except OSError as error:
        raise DataError(f"The project could not be written to {target}: {error.strerror}. Nothing was kept.") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
