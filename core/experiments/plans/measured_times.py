"""What a training costs on this machine, measured by a short process and kept in Winnow's own folder."""

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Self

from core.base.config import TrainConfig
from core.base.errors import DataError, InputError
from core.jobs.launch import WORKER_ENVIRONMENT, module_command
from core.store.files import home, read_json, write_json

FORMAT = 1
KEPT = 200
"""Measurements kept, the latest ones."""
_DECIDING = (
    "method", "model", "profile", "batch_size", "unlabeled_ratio", "weak_pass", "wrn_depth", "wrn_width", "device",
    "precision", "reject_weight",
)  # fmt: skip
_OF_BACKBONES = ("extractor", "trained_part", "image_side", "pretrained")


@dataclass(frozen=True)
class MeasuredTimes:
    """Times of one kind of training, as on a machine on which nothing else runs.

    Attributes:
        device: Device they were measured on.
        precision: bf16 or fp32.
        step_seconds: Seconds of one step.
        score_images_per_second: Images evaluated a second.
        checkpoint_seconds: Seconds to write a checkpoint.
        start_seconds: Seconds from starting a process to the first line of its work.
        load_seconds: Seconds to build the model and read its weights.
        measured_batch: Labeled images in the steps that were timed; the rest of a large batch is drawn on from them.
        created: ISO 8601, UTC.
    """

    device: str
    precision: str
    step_seconds: float
    score_images_per_second: float
    checkpoint_seconds: float
    start_seconds: float
    load_seconds: float
    measured_batch: int
    created: str

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Self:
        """Read a kept measurement; TypeError where another version kept it."""
        return cls(**facts)


def kept_times(
    config: TrainConfig, shape: Sequence[int], num_classes: int, sizes: Mapping[str, int]
) -> MeasuredTimes | None:
    """Return what was measured before for such a training on this machine; None where nothing was.

    Args:
        config: Its settings.
        shape: (H, W, C) of the images.
        num_classes: K.
        sizes: Images of each part: labeled, pseudo, rejected, pool.
    """
    try:
        return MeasuredTimes.from_facts(_kept()[times_key(config, shape, num_classes, sizes)])
    except (KeyError, TypeError):
        return None


def measure_times(
    config: TrainConfig, shape: Sequence[int], num_classes: int, sizes: Mapping[str, int]
) -> MeasuredTimes:
    """Measure a training on random images for about two seconds in another process, and keep the result.

    Args:
        config: Its settings.
        shape: (H, W, C) of the images.
        num_classes: K.
        sizes: Images of each part: labeled, pseudo, rejected, pool.

    Returns:
        The times.

    Raises:
        InputError: The device or the network is not there, or the process failed.
    """
    request = {
        "config": config.model_dump(), "shape": list(shape), "num_classes": num_classes, "sizes": dict(sizes),
    }  # fmt: skip
    command = module_command("core.training.time_probe", json.dumps(request))
    around = WORKER_ENVIRONMENT | os.environ  # as the training itself has it
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=around, check=False)
    lines = done.stdout.strip().splitlines()
    found = json.loads(lines[-1]) if done.returncode in (0, 2) and lines and lines[-1].startswith("{") else {}
    if done.returncode or not found:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(found.get("error") or f"The time of this training cannot be measured here ({last}).")
    found.pop("seconds")
    times = MeasuredTimes(**found, created=datetime.now(UTC).isoformat(timespec="seconds"))
    _keep(times_key(config, shape, num_classes, sizes), times)
    return times


def times_key(config: TrainConfig, shape: Sequence[int], num_classes: int, sizes: Mapping[str, int]) -> str:
    """Digest of all that the times depend on: settings, shapes, batch of each part, machine, threads, PyTorch."""
    names = (*_DECIDING, *(_OF_BACKBONES if config.is_fine_tuned or config.pretrained else ()))
    most = config.batch_size * config.unlabeled_ratio
    facts = {
        "config": {name: getattr(config, name) for name in names},
        "shape": list(shape), "classes": num_classes,
        "batches": {name: min(count, most) for name, count in sizes.items()},
        "machine": [platform.node(), platform.machine(), len(os.sched_getaffinity(0))],
        "threads": os.environ.get("OMP_NUM_THREADS", ""), "torch": version("torch"),
    }  # fmt: skip
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def _kept() -> dict[str, Any]:
    file = home() / "training_times.json"
    try:
        facts = read_json(file) if file.exists() else {}
    except DataError:  # what cannot be read is measured again
        return {}
    times = facts.get("times")
    return dict(times) if facts.get("format") == FORMAT and isinstance(times, dict) else {}


def _keep(key: str, times: MeasuredTimes) -> None:
    kept = {**{name: value for name, value in _kept().items() if name != key}, key: asdict(times)}
    latest = dict(list(kept.items())[-KEPT:])
    try:
        home().mkdir(parents=True, exist_ok=True)
        write_json(home() / "training_times.json", {"format": FORMAT, "times": latest})
    except (OSError, DataError):  # where nothing can be kept, it is measured each time
        return
