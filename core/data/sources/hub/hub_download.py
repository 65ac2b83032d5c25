"""Download a data set of the hub into the cache of its client, and read it there."""

import contextlib
import glob
import importlib
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.base.errors import DataError, InputError
from core.data.ingest_config import IngestConfig
from core.data.sources.archives.hugging_face_data import image_column, read_hugging_face
from core.data.sources.archives.tar_shards import read_tar_shards
from core.data.sources.hub.hub_dataset import HubDataset, look_up, size_text
from core.data.sources.hub.hub_errors import NO_SPACE, hub_error, hub_library
from core.data.sources.hub.hub_name import HubName, parse_hub_name
from core.data.sources.open_source import finish_table, open_source
from core.data.sources.source_table import SourceTable, split_of

_EXACT = 1_000
"""Most files that are asked for one by one; the client compares each file with each pattern."""


def download(source: str) -> HubDataset:
    """Download what a data set lacks on this machine; its size is told on the error output before it begins.

    Args:
        source: Such as "hf:OWNER/NAME".

    Returns:
        The data set, whole on this machine.

    Raises:
        InputError: There is no such data set, or the hub cannot be reached.
        DataError: It does not fit on the disk.
    """
    dataset = look_up(source)
    hub = hub_library(source)
    if dataset.missing:
        dataset = _downloaded(hub, source, dataset)
    _note_revision(hub, parse_hub_name(source), dataset)
    return dataset


def _downloaded(hub: Any, source: str, dataset: HubDataset) -> HubDataset:
    cache = Path(importlib.import_module("huggingface_hub.constants").HF_HUB_CACHE)
    _check_space(source, dataset.num_missing_bytes, cache)
    print(f"{source}: {dataset.download_text} are downloaded into {cache}.", file=sys.stderr, flush=True)
    if not sys.stderr.isatty():
        importlib.import_module("huggingface_hub.utils").disable_progress_bars()
    try:
        folder = hub.snapshot_download(
            dataset.name, repo_type="dataset", revision=dataset.revision, allow_patterns=_patterns(dataset)
        )
    except Exception as error:  # the hub's client and its transports have no common class
        raise hub_error(source, error) from error
    return replace(dataset, folder=Path(folder), missing=())


def _note_revision(hub: Any, wanted: HubName, dataset: HubDataset) -> None:
    """Let the client's cache know which commit a branch or tag is now, for a time without a network."""
    if wanted.is_pinned or dataset.is_offline:
        return
    # what cannot be noted is asked for again the next time
    with contextlib.suppress(Exception):
        hub.HfApi().resolve_revision(dataset.name, repo_type="dataset", revision=wanted.revision or None)


def open_hub_dataset(source: str, config: IngestConfig, *, may_download: bool) -> SourceTable:
    """List the images of a data set of the hub; none is decoded.

    Args:
        source: Such as "hf:OWNER/NAME".
        config: How it is read.
        may_download: Whether what is not on this machine is downloaded.

    Returns:
        One row an image, with revision and licence.

    Raises:
        InputError: It is not on this machine and may not be downloaded, it cannot be had, or it has no images.
        DataError: It does not fit on the disk.
    """
    dataset = download(source) if may_download else look_up(source)
    if dataset.folder is None:
        raise InputError(
            f"{source} is not whole on this machine: {dataset.download_text} would be downloaded. Making a project "
            "of it does that, and so does Project.download."
        )
    table = _table(dataset, dataset.folder, config)
    return replace(table, remarks=(*dataset.sentences(), *table.remarks), hub=dataset.facts)


def _table(dataset: HubDataset, folder: Path, config: IngestConfig) -> SourceTable:
    files = [folder / path for path in sorted(dataset.files)]
    if dataset.kind == "folder":
        return _with_told_splits(open_source(folder / dataset.base, config), dataset)
    if dataset.kind == "shards":
        return finish_table(read_tar_shards([f for f in files if f.suffix in (".tar", ".tgz", ".gz")]), folder, config)
    packed = [file for file in files if file.suffix in (".parquet", ".arrow") and image_column(file) is not None]
    if not packed:
        raise InputError(f"{dataset.source} has no column of images in its files.")
    splits = {folder / path: split_of(split) for path, split in dataset.splits.items()}
    table = read_hugging_face(packed, folder, splits=splits, class_names=dataset.told.class_names)
    return finish_table(table, folder, config)


def _with_told_splits(table: SourceTable, dataset: HubDataset) -> SourceTable:
    """Keep the images of the configuration alone, with the splits that the card tells where the folders tell none."""
    own = [row for row, name in enumerate(table.names) if dataset.base + name in dataset.files]
    table = table.rows(own) if len(own) < len(table.names) else table
    told: Mapping[str, str] = {path: split_of(split) for path, split in dataset.splits.items()}
    if table.splits or not any(told.values()):
        return table
    return replace(table, splits=tuple(told.get(dataset.base + name, "") for name in table.names))


def _check_space(source: str, needed: int, cache: Path) -> None:
    there = next(parent for parent in (cache, *cache.absolute().parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise DataError(
            f"{source} does not fit on the disk of {cache}: it needs {size_text(needed)}, {size_text(free)} are free: "
            f"{NO_SPACE}"
        )


def _patterns(dataset: HubDataset) -> list[str]:
    """Return what to download, as the hub's client takes it: each file, or of many the ends of their names."""
    if len(dataset.files) <= _EXACT:
        return [glob.escape(path) for path in dataset.files]
    ends = sorted({os.path.splitext(path)[1] for path in dataset.files})
    return [f"{glob.escape(dataset.base)}*{end}" for end in ends] + ["README.md"]
