"""Create a project: load images, draw splits, move the folder into place.

A creation that fails half-way leaves nothing behind.
"""

import csv
import fcntl
import json
import os
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.config import SplitConfig
from core.base.errors import DataError, InputError, not_allowed
from core.base.types import UNKNOWN, ImageSet, QuarantinedFile
from core.data.classes.added_classes import append_class
from core.data.classes.class_names import checked_name
from core.data.groups.group_draw import draw_group_splits
from core.data.groups.group_rule import parse_rule
from core.data.groups.image_groups import compute_groups, load_groups, save_groups
from core.data.image_store import fingerprint, open_images
from core.data.ingest_config import IngestConfig
from core.data.ingestion.ingest import ImageSize
from core.data.ingestion.ingest_workers import Progress
from core.data.split_sizes import fill_split, suggest_split
from core.data.splits import distinct_per_class, draw_splits, exact_duplicates, given_parts, save_splits
from core.store.file_lock import try_lock
from core.store.files import full_path
from core.workspace.project_source import SOURCES, load_source, root_of

FORMAT = 1


def create_project(
    path: Path,
    source: str,
    *,
    name: str | None,
    split: SplitConfig | None,
    image_size: ImageSize,
    root: Path | None,
    classes: Sequence[str] = (),
    hide_labels: bool = False,
    reading: IngestConfig | None = None,
    groups: str = "",
    progress: Progress | None = None,
) -> None:
    """Create a project folder from a built-in data set or a source of images.

    Args:
        path: The folder to make; an empty one may be there.
        source: One of SOURCES, a data set of the Hugging Face hub, an image folder, or a table, archive or export of
            another tool.
        name: Name of the project; None takes that of the folder.
        split: Sizes of the parts; for a folder, those that it does not name follow what there is. None suggests all.
        image_size: Side of the images in pixels, or (height, width); None chooses one.
        root: Where the files of a built-in data set are, or where the paths in a table start; None: the usual places.
        classes: Names of further classes, which have no image yet.
        hide_labels: Of a folder whose images all have a label: hide most of them, which then play the unlabeled pool.
        reading: How the source is read.
        groups: Which images belong together, as `parse_rule` reads it; empty: as the source says.
        progress: Called with (done, total) images.

    Raises:
        InputError: The folder is not empty, a class cannot be used, the source is unknown, or the split does not fit.
        DataError: The project cannot be written.
    """
    target, rule = full_path(path), parse_rule(groups) if groups else None
    for kind, text in (("name", name or target.name), ("source", source)):
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise InputError(f"The {kind} of the project is no UTF-8 ({text!a}): rename the folder and try again.")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        more = f" To take new images into it: winnow add {path} FOLDER" if (target / "project.toml").exists() else ""
        raise InputError(f"{path} exists and is not an empty folder: choose another place for the project.{more}")
    with _building(target) as folder:
        images = load_source(source, folder / "images", image_size, root, reading, progress)
        for added in classes:
            append_class(folder / "images", checked_name(added, open_images(folder / "images").class_names), "")
        copies, given = exact_duplicates(images.pixels), _given(images)
        hub = {key: str(value) for key, value in images.facts.get("hub", {}).items()}
        origin = source if source in SOURCES else hub.pop("folder", "") or str(root_of(source, root))
        if rule is not None:
            save_groups(folder, compute_groups(folder, images, origin, rule))
        config = _split_config(source, images, copies, split, given, hide_labels=hide_labels)
        values: dict[str, Any] = {"official_test": images.official_test, "duplicates": copies, "given": given}
        names, together = images.class_names, load_groups(folder, images)
        if together is None:
            splits = draw_splits(images.labels, config, class_names=names, **values)
        else:
            splits = draw_group_splits(images.labels, config, groups=together.of_image, class_names=names, **values)
        save_splits(splits, folder / "splits.npz")
        write_left_out(folder / "left_out.csv", images.quarantined)
        info: dict[str, str | int] = {
            "format": FORMAT,
            "name": name or target.name,
            "source": origin,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "fingerprint": fingerprint(images),
            "num_duplicates": len(copies) - len(np.unique(copies)),
            **hub,
        }
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in info.items()]
        text = "\n".join(lines).replace("\x7f", "\\u007f")  # JSON leaves this one character raw, TOML forbids it
        (folder / "project.toml").write_text(text + "\n", encoding="utf-8")
        (folder / "runs").mkdir()


def _given(images: ImageSet) -> dict[str, NDArray[np.int64]]:
    """Return the ids of the parts that the source itself names."""
    if images.given_splits is None:
        return {}
    return {name: np.flatnonzero(images.given_splits == code) for name, code in (("val", 2), ("test", 3))}


def _split_config(
    source: str,
    images: ImageSet,
    groups: NDArray[np.int64],
    asked: SplitConfig | None,
    given: Mapping[str, NDArray[np.int64]],
    *,
    hide_labels: bool,
) -> SplitConfig:
    """Return the sizes to draw; parts that the source names are not drawn, and their share trains."""
    if source in SOURCES:
        return asked or SplitConfig()
    parts = given_parts(given, images.labels, groups)
    labels = images.labels.copy()
    labels[np.isin(groups, groups[np.concatenate([*parts.values(), np.empty(0, np.int64)])])] = UNKNOWN
    num_per_class = distinct_per_class(labels, groups, len(images.class_names))
    has_unlabeled = bool((images.labels == UNKNOWN).any())
    suggested = suggest_split(num_per_class, has_unlabeled, hide_labels=hide_labels)
    if parts and suggested.kind == "stratified":
        freed = dict.fromkeys(parts, 0)
        more = suggested.labeled + sum(int(getattr(suggested, name)) for name in parts)
        suggested = suggested.model_copy(update={"labeled": more, **freed})
    return suggested if asked is None else fill_split(asked, suggested, num_per_class)


def write_left_out(file: Path, quarantined: Sequence[QuarantinedFile]) -> None:
    """Write the list of files that are left out, with the reasons; no file where there are none."""
    if not quarantined:
        return
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "reason"])
        writer.writerows([item.name, item.reason] for item in quarantined)


def read_info(path: Path) -> Mapping[str, Any]:
    """Read project.toml of a project folder.

    Args:
        path: The folder.

    Returns:
        Its values: format, name, source, created, fingerprint and others.

    Raises:
        InputError: There is no project in the folder.
        DataError: The file cannot be read, or a newer version of Winnow made it.
    """
    file = path / "project.toml"
    if not file.exists():
        raise InputError(f"There is no Winnow project in {path}: make one with: winnow new {path} --source FOLDER")
    try:
        info = tomllib.loads(file.read_text(encoding="utf-8"))
        version = int(info["format"])
        str(info["name"]), str(info["fingerprint"]), str(info["source"]), str(info["created"])
    except PermissionError as error:
        raise not_allowed(file) from error
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise DataError(f"{file} cannot be read ({error}): restore it from a copy.") from error
    if version > FORMAT:
        raise DataError(f"{path} was made by a newer version of Winnow (format {version}): update Winnow to open it.")
    return info


@contextmanager
def _building(target: Path) -> Iterator[Path]:
    """Yield a draft folder; success moves it to the target, failure removes it."""
    folder = target.with_name(f".{target.name}-unfinished")  # a killed process leaves it, for the next one to go on
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("a")
    except OSError as error:
        raise DataError(
            f"No project can be made in {target.parent}: {error.strerror}. Choose another place."
        ) from error
    with lock:
        if not try_lock(lock, fcntl.LOCK_EX, seconds=0):
            raise InputError(f"Another process is making a project in {target}: wait for it, or choose another place.")
        try:
            for path in folder.iterdir():
                if path.name not in (".lock", ".images-unfinished"):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            yield folder
            (folder / ".lock").unlink()
            os.replace(folder, target)
        except OSError as error:
            raise DataError(
                f"The project could not be written to {target}: {error.strerror}. Nothing was kept."
            ) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)
