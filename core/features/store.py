"""Features on disk: features.npy (N, D) float16 and record.json in one folder for each extractor."""

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from core.base.errors import DataError, InputError
from core.base.types import ImageSet
from core.features.extractors import Extractor, Features
from core.store.files import cannot_read, load_array, read_json, write_json

FORMAT = 1
SAMPLE = 256
"""Images whose pixels enter the digest of an image set, evenly spaced."""


@dataclass(frozen=True)
class FeatureRecord:
    """What record.json says of stored features.

    Attributes:
        extractor: What computed them.
        num_images: N.
        num_features: D.
        digest: Of the images, see `images_digest`.
        created: ISO 8601, UTC.
        seconds: Time that the last computation took.
        images_per_second: Of the last computation.
    """

    extractor: Extractor
    num_images: int
    num_features: int
    digest: str
    created: str
    seconds: float = 0.0
    images_per_second: float = 0.0

    def facts(self) -> dict[str, Any]:
        """The record as a JSON object."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        return {"format": FORMAT, **plain, "extractor": self.extractor.facts()}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any], file: Path) -> Self:
        """Read a record; DataError where another version of Winnow wrote it."""
        given = dict(facts)
        if given.pop("format", None) != FORMAT:
            raise cannot_read(file, "another version of Winnow wrote it")
        try:
            return cls(**(given | {"extractor": Extractor.from_facts(given["extractor"])}))
        except (TypeError, KeyError, InputError) as error:
            raise cannot_read(file, f"it is no record of features: {error}") from error


@dataclass(frozen=True)
class FeatureStatus:
    """Progress of a computation, as status.json says it.

    Attributes:
        state: "running", "done", "cancelled", "failed", or "lost" where its process is gone.
        done: Images computed.
        total: Images in all.
        images_per_second: Of this process, since it began.
        eta_seconds: Time left; None while it is unknown.
        message: A sentence: why it failed.
        pid: The process.
        updated: Seconds since 1970.
    """

    state: str
    done: int = 0
    total: int = 0
    images_per_second: float = 0.0
    eta_seconds: float | None = None
    message: str = ""
    pid: int = 0
    updated: float = 0.0


@dataclass(frozen=True)
class StoredFeatures:
    """Features of all images of a project under one extractor, memory-mapped and read-only."""

    values: Features  # (N, D)
    record: FeatureRecord
    folder: Path


def images_digest(images: ImageSet, num: int) -> str:
    """Digest of the first `num` images: shape, all names, and the pixels of up to SAMPLE evenly spaced images.

    It is equal for equal images; a change in fewer than N / SAMPLE images may stay unseen.
    """
    digest = hashlib.sha256(json.dumps([num, *images.pixels.shape[1:]]).encode())
    digest.update("\0".join(map(str, images.names[:num])).encode())
    for row in np.unique(np.linspace(0, num - 1, min(num, SAMPLE)).astype(int)) if num else ():
        digest.update(np.ascontiguousarray(images.pixels[row]).tobytes())
    return digest.hexdigest()


def read_record(folder: Path) -> FeatureRecord:
    """The record of a folder of features.

    DataError where there is none or it cannot be read.
    """
    file = folder / "record.json"
    return FeatureRecord.from_facts(read_json(file), file)


def open_features(folder: Path, images: ImageSet, *, allow_fewer: bool = False) -> StoredFeatures:
    """Open stored features, memory-mapped.

    Args:
        folder: One extractor's folder.
        images: The images that they should belong to.
        allow_fewer: Whether features of the first images alone will do, where images were added since.

    Returns:
        The features of the record's images.

    Raises:
        DataError: They are missing, damaged, or belong to other images.
    """
    record = read_record(folder)
    values = load_array(folder / "features.npy")
    num = record.num_images  # an interrupted append may have left more rows than the record says
    if values.ndim != 2 or values.dtype != np.float16 or values.shape[1] != record.num_features or len(values) < num:
        raise DataError(f"{folder / 'features.npy'} does not fit its record: delete {folder} and compute it again.")
    check_images(record, images, folder)
    if num < len(images.pixels) and not allow_fewer:
        added = len(images.pixels) - num
        raise DataError(f"{folder.name} lacks the features of {added:,} images added since: compute them.")
    return StoredFeatures(values[:num], record, folder)


def check_images(record: FeatureRecord, images: ImageSet, folder: Path) -> None:
    """Raise DataError where features belong to other images than the first ones of these."""
    num = record.num_images
    if num > len(images.pixels) or images_digest(images, num) != record.digest:
        raise DataError(
            f"The features in {folder} belong to other images than this project's: delete that folder and compute "
            "them again."
        )


def list_features(root: Path) -> list[FeatureRecord]:
    """Records of all stored features below the folder `features` of a project, by key.

    Unreadable ones left out.
    """
    names = sorted(os.listdir(root)) if root.is_dir() else []
    found = []
    for name in names:
        try:
            found.append(read_record(root / name))
        except DataError:
            continue
    return found


def feature_status(folder: Path) -> FeatureStatus | None:
    """Progress of the computation in a folder; None where none has begun."""
    if not (folder / "status.json").exists():
        return None
    facts = read_json(folder / "status.json")
    try:
        status = FeatureStatus(**facts)
    except TypeError as error:
        raise cannot_read(folder / "status.json", error) from error
    if status.state == "running" and not _is_locked(folder):
        status = FeatureStatus(**read_json(folder / "status.json"))  # it may have finished between the two looks
        if status.state == "running":
            return replace(status, state="lost", message="Its process is gone: start it again to go on.")
    return status


def _is_locked(folder: Path) -> bool:
    """Whether a live process computes the features of a folder.

    A dead one holds nothing.
    """
    try:
        with (folder / "lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def write_status(folder: Path, status: FeatureStatus) -> None:
    """Replace status.json, with this process and the current time."""
    write_json(folder / "status.json", asdict(status) | {"pid": os.getpid(), "updated": time.time()})
