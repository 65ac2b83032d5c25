"""What a head teaches a network: its probabilities on the pool (Hinton, Vinyals & Dean 2015, arXiv 1503.02531).

They are computed once, before the first step, and kept beside the run until it is done, so that a resumed training
learns the same numbers.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from scipy.special import softmax
from torch import Tensor

from core.base.errors import Cancelled
from core.base.presets import recipe
from core.base.types import Ids
from core.data.image_store import open_images
from core.features.catalog import named_features
from core.features.store import FeatureStatus
from core.heads.fit import score_head
from core.heads.head_labels import head_labels
from core.heads.head_settings import head_settings
from core.store.files import draft_array, finish_draft, load_array, open_draft
from core.store.run_folder import RunFolder
from core.training.batches.part import AnswersOnDisk
from core.training.batches.train_data import TrainData
from core.training.runtime import distributed
from core.training.runtime.devices import free_bytes

FILE = "teacher.npy"
"""In the folder of the run."""
_WAIT = 0.3
"""Seconds between two looks of a rank that waits for the answers."""


TellStatus = Callable[..., None]
"""Writes a message for people, and seconds left, into the run's status."""


def with_teacher(
    data: TrainData, project: Path, run: RunFolder, pool: Ids, tell: TellStatus, should_stop: Callable[[], bool]
) -> TrainData:
    """Add a head's answers to the data of a run with the method distillation; others stay as they are.

    The head is fitted on the run's own labels. Of several ranks the first one does it and the others wait.

    Args:
        data: The parts.
        project: Folder of the project; features that are not there yet are computed and kept in it.
        run: Folder of the run; answers of a training that was interrupted are read from it.
        pool: (P,) images of the pool, in the order of the part.
        tell: Gets `message`, and `eta_seconds` while features are computed.
        should_stop: Asked after each chunk of images.

    Returns:
        The parts, with `teacher`.

    Raises:
        Cancelled: should_stop said so.
        InputError: There is no such extractor, or its features cannot be computed.
    """
    if not run.record().config.fits_head:
        return data
    if distributed.rank() == 0 and not (run.path / FILE).exists():
        _write(project, run, pool, tell, should_stop)
    while not (run.path / FILE).exists():  # no barrier: it gives up after minutes, and features may take longer
        if should_stop():
            raise Cancelled
        time.sleep(_WAIT)
    return replace(data, teacher=_load(run.path / FILE, data.mean.device))


def _load(file: Path, device: torch.device) -> Tensor | AnswersOnDisk:
    """Probabilities (P, K), on the device where they take at most half of its free memory."""
    values = load_array(file)
    if values.nbytes > free_bytes(device) // 2:
        return AnswersOnDisk(values, device)
    return torch.from_numpy(np.array(values)).to(device)


def remove_teacher(run: RunFolder) -> None:
    """Remove the answers of a run that is done; nothing happens where there are none."""
    (run.path / FILE).unlink(missing_ok=True)


def _write(project: Path, run: RunFolder, pool: Ids, tell: TellStatus, should_stop: Callable[[], bool]) -> None:
    """Fit the head and write its probabilities (P, K) on the pool."""
    config, curated = run.record().config, run.curated()
    assert curated is not None

    def on_progress(now: FeatureStatus) -> None:
        tell(message=f"Computing features: {now.done:,} of {now.total:,} images.", eta_seconds=now.eta_seconds)

    stored = named_features(
        config.extractor, project / "images", project / "features", allow_download=config.allow_download,
        on_progress=on_progress, should_stop=should_stop,
    )  # fmt: skip
    tell(message="Fitting the head that the network learns from.", eta_seconds=None)
    num_classes = max(2, len(open_images(project / "images").class_names))
    labels = head_labels(curated, num_classes, recipe({"method": "head"}).unlabeled_weight)
    row_of = np.full(len(stored.values), -1)
    row_of[pool] = np.arange(len(pool))
    draft_array(run.path / FILE, (len(pool), num_classes), np.float16)
    probs = open_draft(run.path / FILE)
    for ids, logits in score_head(stored.values, labels, head_settings(config)):
        is_pool = row_of[ids] >= 0
        probs[row_of[ids[is_pool]]] = softmax(logits[is_pool], axis=1)
        if should_stop():
            raise Cancelled
    finish_draft(run.path / FILE)
