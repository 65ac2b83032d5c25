"""Source of a project: a data set by name, or a folder, table, archive or export; and how it is decoded."""

import json
import os
import re
import shutil
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.base.config import SplitConfig
from core.base.errors import DataError, InputError, WinnowError
from core.base.types import ImageSet
from core.data.datasets import DATASETS, TORCHVISION_DATASETS
from core.data.image_store import fingerprint, open_images, write_images
from core.data.ingest_config import IngestConfig
from core.data.ingestion.ingest import ImageSize, ingest_images
from core.data.ingestion.ingest_workers import Progress
from core.data.ingestion.original_files import original_files
from core.data.ingestion.redecoded_images import (
    READING,
    READY,
    Reading,
    current_reading,
    move_into_place,
    redecode,
)
from core.data.sources.hub.hub_download import open_hub_dataset
from core.data.sources.hub.hub_name import is_hub_name
from core.data.sources.open_source import lone_table, open_source
from core.data.sources.source_preview import SourcePreview, preview
from core.data.sources.source_roots import read_roots
from core.data.sources.source_table import SourceTable
from core.data.split_sizes import fill_split, in_proportion, suggest_split
from core.features.compute import compute_features
from core.features.store import images_digest, list_features
from core.jobs.start import load_dataset
from core.risk.size_notes import size_notes, source_group_notes
from core.store.file_lock import hold_lock
from core.store.files import full_path, write_json
from core.store.run_folder import TRASH, list_runs

SOURCES = tuple(dict.fromkeys([*DATASETS, *TORCHVISION_DATASETS]))
"""Names of the built-in data sets that a project can be made from."""
_REPOSITORY = re.compile(r"[\w-]+/[\w.-]+", re.ASCII)


def load_source(
    source: str,
    folder: Path,
    image_size: ImageSize,
    root: Path | None,
    reading: IngestConfig | None = None,
    progress: Progress | None = None,
) -> ImageSet:
    """Load a built-in data set or a source of images into `folder`.

    Args:
        source: One of SOURCES, a data set of the Hugging Face hub (it is downloaded), an image folder, or a table,
            archive or export of another tool.
        folder: The image folder to make.
        image_size: Side in pixels, or (height, width), for images that are decoded; None chooses one.
        root: Where the files of a built-in data set are, or where the paths in a table start; None: the usual places.
        reading: How the source is read.
        progress: Called with (done, total) images.

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
    else:
        config = reading or IngestConfig()
        table = open_named(source, config, root, may_download=True)
        return ingest_images(table, folder, image_size=image_size, config=config, progress=progress)
    return open_images(folder)


def preview_source(source: str, reading: IngestConfig | None = None, root: Path | None = None) -> SourcePreview:
    """Say what a source of images is understood to be; nothing is decoded or written.

    Args:
        source: An image folder; a table, archive or export of another tool; or a data set of the Hugging Face hub that
            is on this machine.
        reading: How it is read.
        root: Where the paths in a table start; None: its own folder.

    Returns:
        Layout, classes, splits, what is left out, three examples of each.

    Raises:
        InputError: The source cannot be read.
    """
    return preview(open_named(source, reading or IngestConfig(), root, may_download=False))


def open_named(source: str, config: IngestConfig, root: Path | None, *, may_download: bool) -> SourceTable:
    """List the images of a data set of the hub, or of a source on this machine; none is decoded.

    Args:
        source: "hf:OWNER/NAME"; or an image folder, or a table, archive or export of another tool.
        config: How it is read.
        root: Where the paths in a table start; None: its own folder.
        may_download: Whether what the hub has and this machine has not is downloaded.

    Raises:
        InputError: The source cannot be read, or may not be downloaded.
    """
    if is_hub_name(source):
        return open_hub_dataset(source, config, may_download=may_download)
    return open_source(existing_source(source), config, root)


@dataclass(frozen=True)
class PlannedSplit:
    """Parts that a project would get, before copies and unreadable files are taken out.

    Attributes:
        sizes: Part → images.
        notes: What each part can and cannot show at its size, a sentence each.
    """

    sizes: Mapping[str, int]
    notes: tuple[str, ...]


def plan_split(found: SourcePreview, asked: SplitConfig | None, *, hide_labels: bool = False) -> PlannedSplit:
    """Say which parts a source would give; InputError where more is asked for than there is."""
    sizes = planned_sizes(found, asked, hide_labels=hide_labels)
    return PlannedSplit(sizes, (*size_notes(sizes), *source_group_notes(sizes, found.num_groups)))


def planned_sizes(found: SourcePreview, asked: SplitConfig | None, *, hide_labels: bool = False) -> dict[str, int]:
    """Return how many images each part would get, before duplicates and unreadable files are taken out.

    Args:
        found: The preview of the source.
        asked: Sizes that a person named.
        hide_labels: Whether most labels are hidden where all images have one.

    Returns:
        Images by part.

    Raises:
        InputError: More is asked for than there is.
    """
    given = {name: found.splits.get(name, 0) for name in ("val", "test") if found.splits.get(name, 0)}
    total = max(1, sum(found.classes.values()))
    counts = in_proportion(list(found.classes.values()), max(0, total - sum(given.values()))) or [0]
    config = suggest_split(counts, found.num_unlabeled > 0, hide_labels=hide_labels)
    trained = config.labeled + sum(int(getattr(config, name)) for name in given)
    config = config.model_copy(update={**given, "labeled": trained})
    if asked is not None:
        config = fill_split(asked, config, counts)
    parts = {name: int(getattr(config, name)) for name in ("labeled", "val", "calibration", "test")}
    return {**parts, "unlabeled": found.num_images - sum(parts.values())}


def existing_source(source: str) -> Path:
    """Return the path of a source; InputError where it is neither there nor a built-in data set's name.

    Of a folder that holds nothing but a table it is the table.
    """
    path = Path(source).expanduser()
    if not path.exists():
        raise InputError(
            f"{source} is neither an image folder nor a built-in data set ({', '.join(SOURCES)}): check the spelling."
            + (f" A data set of the Hugging Face hub is named hf:{source}" if _REPOSITORY.fullmatch(source) else "")
        )
    return lone_table(path)


def root_of(source: str, root: Path | None = None) -> Path:
    """Return the folder that image names are relative to; of an archive, the archive.

    Args:
        source: A source that is not built in.
        root: Where the paths in a table start; None: its own folder.
    """
    path = lone_table(full_path(source))
    is_container = path.name.lower().endswith((".npz", ".tar", ".tgz", ".gz", ".arrow"))
    return path if path.is_dir() or is_container else full_path(root or path.parent)


def write_info(project: Path, info: Mapping[str, Any]) -> None:
    """Replace project.toml; DataError where it cannot be written.

    Args:
        project: The project folder.
        info: Its values by name.
    """
    file = project / "project.toml"
    text = "\n".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in info.items())
    try:
        draft = file.with_name(".project.toml.new")
        draft.write_text(text + "\n", encoding="utf-8")
        os.replace(draft, file)
    except OSError as error:
        raise DataError(f"{file} cannot be written ({error.strerror}).") from error


def change_reading(
    project: Path,
    info: Mapping[str, Any],
    images: ImageSet,
    reading: Reading,
    check_idle: Callable[[], None],
    progress: Progress | None = None,
) -> list[str]:
    """Decode all images of a project again; ids, splits, decisions and runs stay.

    Runs from before say how their images were decoded. Features are computed again, except those of a person's own
    file. Killed at any point it can be called again, and goes on.

    Args:
        project: The project folder.
        info: What project.toml says.
        images: Its images.
        reading: How they are decoded from now on.
        check_idle: Raises RunError where a run is being trained; asked before decoding and after it.
        progress: Called with (done, total) images.

    Returns:
        Sentences: what was not computed again.

    Raises:
        InputError: Original files are missing, damaged or changed, or images were added meanwhile.
        RunError: A run is being trained.
        DataError: The project cannot be written.
    """
    folder = project / "images"
    with hold_lock(folder / "add.lock"):
        check_idle()
        if len(open_images(folder).labels) != len(images.labels):
            raise InputError("Images were added to the project meanwhile: open it again, and decode them then.")
        roots = read_roots(project, str(info["source"]))
        files = original_files(images, roots.file_of, range(len(images.labels)))
        note_readings(project, images)
        redecode(folder, images, files, reading, check_idle, progress)
        return _finish(project)


def finish_reading(project: Path) -> None:
    """Finish a change of the reading whose process was killed after all images had been decoded."""
    if (project / "images" / READY).exists():
        with hold_lock(project / "images" / "add.lock"):
            _finish(project)


def note_readings(project: Path, images: ImageSet) -> None:
    """Write into the folder of every run that does not say it yet how its images were decoded."""
    runs = project / "runs"
    for run in (*list_runs(runs), *list_runs(runs / TRASH)):
        if not (run.path / READING).exists():
            write_json(run.path / READING, current_reading(images).info())


def _finish(project: Path) -> list[str]:
    folder = project / "images"
    if not (folder / READY).exists():
        return []
    move_into_place(folder)
    remarks = _recompute_features(folder, project / "features")
    images = open_images(folder)
    info = tomllib.loads((project / "project.toml").read_text(encoding="utf-8"))
    write_info(project, {**info, "fingerprint": fingerprint(images)})
    shutil.rmtree(folder / READY)
    return remarks


def _recompute_features(folder: Path, root: Path) -> list[str]:
    """Compute stored features of the images as they are now; those that cannot be computed stay as they are."""
    images, remarks = open_images(folder), []
    (root / "near_duplicates.npz").unlink(missing_ok=True)
    records = {record.extractor.key: record for record in list_features(root)}
    for key, record in records.items():
        own, stale = root / key, root / f".stale-{key}"
        digest = images_digest(images, record.num_images)
        if not stale.exists():
            if record.digest == digest:
                continue
            os.replace(own, stale)
        try:
            compute_features(record.extractor, folder, root)
            shutil.rmtree(stale)
        except WinnowError:
            shutil.rmtree(own, ignore_errors=True)
            os.replace(stale, own)
            write_json(own / "record.json", replace(record, digest=digest).facts())
            remarks.append(f"Features {record.extractor.name} are still those of the images as they were before.")
    return remarks
