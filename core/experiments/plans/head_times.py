"""How long a head run takes: features that are missing, the fit, and scoring all images; measured within a second."""

import os
import resource
import subprocess
import time

import numpy as np

from core.base.config import TrainConfig
from core.base.errors import DataError
from core.base.types import Ids
from core.experiments.extractor_comparison import stored_comparison
from core.features.catalog import project_extractor
from core.features.compute import num_workers
from core.features.extractors import Extractor, num_features
from core.features.feature_process import FeatureProcess, compute_chunk, compute_function
from core.features.own_arrays import PREFIX
from core.features.store import open_features
from core.heads.fit import fit_head, head_logits
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import head_settings
from core.heads.kernel_ridge import NUM_LANDMARKS
from core.jobs.launch import module_command
from core.workspace.workspace import Workspace

_SAMPLE = 64
"""Images whose features are timed."""
_ROWS = 1_500
"""Images that a head is timed on."""
_START = 1.5
"""Seconds of a process that starts, as a multiple of importing its modules: it begins in another one that waits."""


def head_seconds(workspace: Workspace, config: TrainConfig, num_labels: int) -> dict[str, float]:
    """Measure the parts of a head run.

    Args:
        workspace: The project.
        config: Settings of the run, with extractor and head.
        num_labels: Labels that it is fitted on.

    Returns:
        Seconds of start, features (0 where all are stored) and fit (with scoring all images).

    Raises:
        InputError: The extractor cannot be had here.
    """
    begin = _children_seconds()
    command = module_command("core.experiments.head_worker", "--help")
    subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    start = _START * (_children_seconds() - begin)
    if config.extractor.startswith(PREFIX):
        features, width = 0.0, 512
    else:
        images, root = workspace.path / "images", workspace.path / "features"
        extractor = project_extractor(config.extractor, images, root, allow_download=config.allow_download)
        features = _feature_seconds(workspace, config, extractor)
        width = num_features(extractor, workspace.images.pixels.shape[1:])
    return {"start": start, "features": features, "fit": _fit_seconds(workspace, config, num_labels, width)}


def _children_seconds() -> float:
    """Processor seconds of the processes that this one started and waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _feature_seconds(workspace: Workspace, config: TrainConfig, extractor: Extractor) -> float:
    """Seconds to compute the features of all images, or of those that are missing."""
    num = len(workspace.images.pixels)
    try:
        stored = open_features(workspace.path / "features" / extractor.key, workspace.images, allow_fewer=True)
        num -= stored.record.num_images
    except DataError:
        pass
    if not num:
        return 0.0
    table = _compared_seconds(workspace, config)
    if table is not None:
        return table * num / len(workspace.images.pixels)
    return num / _rate(workspace, extractor)


def _compared_seconds(workspace: Workspace, config: TrainConfig) -> float | None:
    """Seconds for all images as the stored comparison of extractors measured them."""
    try:
        table = stored_comparison(workspace)
    except DataError:
        return None
    known = {} if table is None else {line.extractor: line.feature_seconds for line in table.lines}
    return known.get(config.extractor) or None


def _rate(workspace: Workspace, extractor: Extractor) -> float:
    """Images a second of all processes together, from a few images in one."""
    images, total = workspace.path / "images", len(workspace.images.pixels)
    count = min(_SAMPLE, total)
    num = num_workers(extractor, images, total, None)
    if extractor.runner == "numpy":
        compute = compute_function(extractor, threads=1)
        begin = time.thread_time()
        compute_chunk(compute, workspace.images.pixels, 0, count, extractor)
        return max(1, num) * count / (time.thread_time() - begin)
    threads = max(1, len(os.sched_getaffinity(0)) // max(1, num))
    with FeatureProcess(extractor, images, threads, (extractor.devices or ("cpu",))[0]) as process:
        process.compute(0, min(4, count))  # it loads its network first
        begin = time.perf_counter()
        process.compute(0, count)
        return max(1, num) * count / (time.perf_counter() - begin)


def _fit_seconds(workspace: Workspace, config: TrainConfig, num_labels: int, width: int) -> float:
    """Seconds to fit a head on so many labels and score all images, from random features of fewer images."""
    total, num_classes = len(workspace.images.pixels), max(2, len(workspace.images.class_names))
    rows, used = min(_ROWS, total), min(num_labels, _ROWS // 2, total)
    if used < 2:
        return 0.0
    ids: Ids = np.arange(used)
    labels = HeadLabels(ids, ids % num_classes, np.ones(used, np.float32), ids[:0], ids[:0], num_classes)
    values = np.random.default_rng(0).standard_normal((rows, width)).astype(np.float16)
    settings = head_settings(config)
    begin = time.thread_time()
    if settings.kind == "label_propagation":  # its graph holds all pairs of images
        head_logits(values, labels, settings)
        return (time.thread_time() - begin) * (total / rows) ** 2
    head = fit_head(values, labels, settings)
    fitted = time.thread_time() - begin
    head.logits(values.astype(np.float32))
    scored = time.thread_time() - begin - fitted
    larger = min(num_labels, NUM_LANDMARKS) / used if settings.kind == "kernel_ridge" else 1.0
    per_label = num_labels / used
    return fitted * max(per_label, larger**2) + scored * larger * total / rows
