"""Text search: the pool in the order of its likeness to words, by a model with an image and a text tower.

Words are embedded in a process that has torch, once for each model: the vectors lie beside the features. They go to the
model as they are typed: "a photo of a …" around them would break sentences and other languages.
"""

import hashlib
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DataError, InputError
from core.base.types import Ids
from core.features.catalog import offered_extractors
from core.features.store import FeatureRecord, StoredFeatures, list_features, open_features
from core.jobs.worker_process import WorkerProcess
from core.scoring.neighbors import unit_vectors
from core.store.files import read_json, write_json
from core.workspace.workspace import Workspace

_FAMILY = "clip:"
_BLOCK = 65_536
_KEPT = 8
_process = WorkerProcess("embeds texts", "core.training.text_worker", patience=300.0)
_embedding = threading.Lock()
"""Held while texts are embedded, so that two requests for the same words cost one."""


class TextSearch:
    """Orders of one pool by likeness to words.

    Args:
        workspace: The project.
        pool: Sorted ids of the images to rank.
    """

    def __init__(self, workspace: Workspace, pool: Ids) -> None:
        self._workspace, self._pool = workspace, pool
        self._kept = lru_cache(maxsize=_KEPT)(self._order)

    def order(self, words: str) -> Ids:
        """Return the rows of the pool, the most like the words first.

        Args:
            words: As `SimilarQueue` has them.

        Raises:
            InputError: The project has no features for it, or the words cannot be embedded.
            DataError: The features cannot be read.
        """
        record = text_record(self._workspace)
        return self._kept(words, record.extractor.key, record.created)

    def _order(self, words: str, _key: str, _created: str) -> Ids:
        stored = text_features(self._workspace)
        (vector,) = text_vectors([words], stored.record, stored.folder)
        return np.argsort(-likeness(stored.values, self._pool, vector), kind="stable")


def text_record(workspace: Workspace) -> FeatureRecord:
    """Find the features that words can be compared with; of several the newest.

    Args:
        workspace: The project.

    Returns:
        The record of features of an extractor "clip:…".

    Raises:
        InputError: The project has none; the sentence says how to get them.
    """
    records = _records(workspace)
    if not records:
        raise InputError(text_problem(workspace))
    return max(records, key=lambda record: record.created)


def text_features(workspace: Workspace) -> StoredFeatures:
    """Open the features that words can be compared with.

    Args:
        workspace: The project.

    Returns:
        The features, memory-mapped.

    Raises:
        InputError: The project has none; the sentence says how to get them.
        DataError: They lack images, are damaged, or belong to other images.
    """
    record = text_record(workspace)
    try:
        return open_features(workspace.path / "features" / record.extractor.key, workspace.images)
    except DataError as error:
        command = f"winnow features {workspace.path} --extractor {record.extractor.name}"
        raise DataError(f"{error} Command: {command}") from error


def text_problem(workspace: Workspace) -> str:
    """Say why words cannot be searched for in a project, and what to do; empty where they can.

    Args:
        workspace: The project.

    Returns:
        A sentence, or nothing.
    """
    lacks = next(offer.problem for offer in offered_extractors() if offer.name.startswith(_FAMILY))
    if not _records(workspace):
        command = f"winnow features {workspace.path} --extractor {_FAMILY}FOLDER"
        missing = f" {lacks}" if lacks else ""
        return f"Words need features of a model with a text tower (CLIP, SigLIP). Compute them: {command}.{missing}"
    return f"Words need the text tower of the model that computed the features. {lacks}" if lacks else ""


def text_vectors(texts: Sequence[str], record: FeatureRecord, folder: Path) -> NDArray[np.float32]:
    """Embed texts, or read the vectors of those that were embedded before.

    Args:
        texts: Texts.
        record: Of the features that they are compared with.
        folder: Of these features; vectors are kept in its folder `texts`.

    Returns:
        (n, D) float32.

    Raises:
        InputError: The model is not here, has changed, or cannot take a text.
        RunError: The process that embeds ended twice.
    """
    with _embedding:
        known = {text: _stored_vector(_file(folder, text), text, record) for text in texts}
        missing = [text for text, vector in known.items() if vector is None]
        if missing:
            answer = _process.ask({"name": record.extractor.name, "sha256": record.extractor.sha256, "texts": missing})
            if "error" in answer:
                raise InputError(answer["error"])
            for text, vector in zip(missing, answer["vectors"], strict=True):
                known[text] = np.asarray(vector, dtype=np.float32)
                _store(_file(folder, text), text, vector, record)
    found = np.stack([vector for text in texts if (vector := known[text]) is not None])
    if found.shape[1] != record.num_features:
        raise InputError(
            f"{record.extractor.name} gives texts {found.shape[1]} numbers and images {record.num_features}: they "
            "cannot be compared."
        )
    return found


def likeness(features: NDArray[np.float16], ids: Ids, vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Measure the cosine of images with a vector, in blocks.

    Args:
        features: (N, D), memory-mapped.
        ids: Images, (n,).
        vector: (D,).

    Returns:
        (n,) in [-1, 1]; high means alike.
    """
    (unit,) = unit_vectors(vector[None])
    found = np.empty(len(ids), dtype=np.float32)
    for start in range(0, len(ids), _BLOCK):
        found[start : start + _BLOCK] = unit_vectors(np.asarray(features[ids[start : start + _BLOCK]])) @ unit
    return found


def _records(workspace: Workspace) -> list[FeatureRecord]:
    records = list_features(workspace.path / "features")
    return [record for record in records if record.extractor.name.startswith(_FAMILY)]


def _file(folder: Path, text: str) -> Path:
    return folder / "texts" / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.json"


def _stored_vector(file: Path, text: str, record: FeatureRecord) -> NDArray[np.float32] | None:
    """Return a kept vector; None where there is none for exactly this text and these weights."""
    if not file.exists():
        return None
    try:
        facts = read_json(file)
        vector = np.asarray(facts["vector"], dtype=np.float32)
    except (DataError, KeyError, ValueError, TypeError):  # a damaged file is written again
        return None
    is_same = facts.get("text") == text and facts.get("sha256") == record.extractor.sha256
    return vector if is_same and vector.shape == (record.num_features,) and np.isfinite(vector).all() else None


def _store(file: Path, text: str, vector: list[float], record: FeatureRecord) -> None:
    try:
        file.parent.mkdir(exist_ok=True)
        write_json(file, {"text": text, "sha256": record.extractor.sha256, "vector": vector})
    except (OSError, DataError):  # a read-only project can still be searched
        return
