"""Measure what one step of a training and one image of its evaluation cost on this device, in about two seconds.

    python -m core.training.time_probe REQUEST

REQUEST is a JSON object: config, shape (H, W, C), num_classes and the sizes of the parts. The images are random; the
answer is one line of JSON. On a processor the main thread's own time counts, so that other programs do not.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

import numpy as np
import torch

from core.base.config import TrainConfig
from core.base.errors import WinnowError
from core.base.types import ImageSet
from core.training.batches.part import Part
from core.training.batches.train_data import TrainData
from core.training.loop.checkpoints import save_checkpoint
from core.training.loop.streams import make_streams
from core.training.loop.trainer import Trainer
from core.training.models.initialization import initial_model, model_facts, pretrained_backbone
from core.training.runtime.devices import choose_device, synchronize
from core.training.runtime.memory import keep_freed_memory
from core.training.runtime.precision import chosen_precision

STEP_LIMIT = 1.2
"""Seconds for all steps, unless the first one alone takes longer."""
SCORE_LIMIT = 0.4
"""Seconds for evaluating images."""
_FEW = 2
_MOST_STEPS = 12


def measure(
    config: TrainConfig, shape: Sequence[int], num_classes: int, sizes: Mapping[str, int]
) -> dict[str, float | str]:
    """Measure a training on random images.

    Args:
        config: Its settings; a warm start is left out.
        shape: (H, W, C) of the images.
        num_classes: K.
        sizes: Images of each part: labeled, pseudo, rejected, pool.

    Returns:
        Times as MeasuredTimes has them, device and precision, and the seconds that measuring took.

    Raises:
        WinnowError: The device or the network is not there.
    """
    begin = time.process_time()
    device = choose_device(config.device)
    config = config.model_copy(update={"warm_start": False, "devices": 1, "compile": False})
    backbone = pretrained_backbone(config)
    names = tuple(str(number) for number in range(num_classes))
    nothing = np.zeros(0, dtype=np.int64)
    images = ImageSet(np.zeros((1, *shape), np.uint8), nothing, names, np.array([], dtype=str), nothing)
    model = initial_model(config, model_facts(config, images, backbone), None, backbone).to(device)
    loaded = time.process_time() - begin
    precision, _ = chosen_precision(config, model, sizes["labeled"], shape, device)
    trainer = Trainer(config, model, _data(config, shape, num_classes, sizes, device), device, precision)
    probed = time.perf_counter()
    step, batch = _step_seconds(trainer, min(config.batch_size, max(_FEW, sizes["labeled"])))
    rate, checkpoint = _score_rate(trainer, shape), _checkpoint_seconds(trainer)
    seconds = time.perf_counter() - probed
    return {
        "device": str(device), "precision": precision, "step_seconds": step, "score_images_per_second": rate,
        "checkpoint_seconds": checkpoint,
        "measured_batch": batch, "load_seconds": loaded, "seconds": seconds,
    }  # fmt: skip


def _data(
    config: TrainConfig, shape: Sequence[int], num_classes: int, sizes: Mapping[str, int], device: torch.device
) -> TrainData:
    """Random parts, each with as many images as a batch takes of it, or all it has."""
    most = config.batch_size * config.unlabeled_ratio

    def part(name: str, least: int = 0) -> Part | None:
        count = max(least, min(sizes.get(name, 0), most))
        return _part(count, shape, num_classes, device) if count else None

    labeled, pool = part("labeled", _FEW), part("pool")
    assert labeled is not None
    one = torch.full((1, shape[2], 1, 1), 0.3, device=device)
    truth = torch.full((len(pool) if pool is not None else 0,), -1, device=device)
    teacher = torch.full((len(truth), num_classes), 1 / num_classes, device=device)
    return TrainData(labeled, part("pseudo"), part("rejected"), pool, truth, None, None, one, one, teacher)


def _part(count: int, shape: Sequence[int], num_classes: int, device: torch.device) -> Part:
    draws, (height, width, channels) = torch.Generator().manual_seed(0), shape
    images = torch.randint(0, 256, (count, channels, height, width), generator=draws, dtype=torch.uint8)
    labels = torch.randint(0, num_classes, (count,), generator=draws)
    return Part(images.to(device), labels.to(device), torch.ones(count, device=device))


def _step_seconds(trainer: Trainer, batch: int) -> tuple[float, int]:
    """Seconds of a step of `batch` labeled images, and the size at which steps were timed.

    The first step takes few images. Where the whole batch would take longer than the limit, as many images go through
    as it allows, and the time per image is drawn on to the batch.
    """
    few = min(_FEW, batch)
    first = _timed(trainer, few, repeats=1)
    least = first if first > STEP_LIMIT / 3 else _timed(trainer, few, repeats=3)
    affordable = int(few * STEP_LIMIT / (2.5 * least))
    if affordable <= few:
        return least * batch / few, few
    size = min(batch, affordable)
    _timed(trainer, size, repeats=1)
    found = _timed(trainer, size, repeats=_MOST_STEPS)
    if size == batch:
        return found, size
    per_image = max((found - least) / (size - few), 0.5 * found / size)
    return found + per_image * (batch - size), size


def _timed(trainer: Trainer, size: int, repeats: int) -> float:
    """Median seconds of steps of a batch size; none begins after half of the limit."""
    config = trainer.config.model_copy(update={"batch_size": size})
    trainer.streams = make_streams(config, trainer.data, trainer.order)
    return _repeated(trainer.train_step, trainer.device, STEP_LIMIT / 2, repeats)


def _score_rate(trainer: Trainer, shape: Sequence[int]) -> float:
    """Images a second without gradient, at the largest batch of an evaluation that the limit allows."""
    most = trainer.chunk_size
    count, rate = min(8, most), 0.0
    while True:
        seconds = _score_seconds(trainer, count, shape)
        rate = max(rate, count / seconds)
        if count == most or 6 * seconds > SCORE_LIMIT / 2:
            return rate
        count = min(most, 4 * count)


def _score_seconds(trainer: Trainer, count: int, shape: Sequence[int]) -> float:
    images = _part(count, shape, 2, trainer.device).take(torch.arange(count, device=trainer.device))
    return _repeated(lambda: trainer.logits_of(images), trainer.device, SCORE_LIMIT / 4, 3)


def _checkpoint_seconds(trainer: Trainer) -> float:
    with tempfile.TemporaryDirectory(prefix="winnow-") as folder:
        begin = time.process_time()
        save_checkpoint(trainer, Path(folder) / "checkpoint.pt")
        return time.process_time() - begin


def _repeated(act: Callable[[], object], device: torch.device, limit: float, repeats: int) -> float:
    """Median seconds of an act, of the processor alone where it computes: what else runs there does not count."""
    clock = time.thread_time if device.type == "cpu" else time.perf_counter
    times: list[float] = []
    begin = time.perf_counter()
    while not times or (len(times) < repeats and time.perf_counter() - begin < limit):
        start = clock()
        act()
        synchronize(device)
        times.append(clock() - start)
    return median(times)


def main() -> int:
    """Answer one request, or say in `error` why it cannot be answered."""
    request = json.loads(sys.argv[1])
    begun = time.process_time()
    keep_freed_memory()
    try:
        config = TrainConfig.checked(request["config"])
        found = measure(config, request["shape"], request["num_classes"], request["sizes"])
    except WinnowError as error:
        print(json.dumps({"error": str(error)}))
        return 2
    print(json.dumps({**found, "start_seconds": begun}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
