"""Which parts a method draws batches from, and how large those batches are."""

from torch import Generator

from core.base.config import TrainConfig
from core.training.batches.stream import Stream
from core.training.batches.train_data import TrainData
from core.training.methods.methods import SECOND_VIEWS


def streams_for(config: TrainConfig, data: TrainData, order: Generator) -> dict[str, Stream]:
    """A stream for each part that the method learns from, in the order in which they draw; batch sizes of all ranks."""
    size, is_offline = config.batch_size, config.method == "self_training"
    parts = {
        "labeled": (data.labeled, size),
        "pseudo": (data.pseudo if config.method != "supervised" else None,
                   size * config.unlabeled_ratio if is_offline else size),
        "rejected": (data.rejected if config.reject_weight else None, size),
        "pool": (data.pool if config.method in SECOND_VIEWS else None, size * config.unlabeled_ratio),
    }  # fmt: skip
    return {
        name: Stream(part, batch, order, is_full=name == "pool")
        for name, (part, batch) in parts.items()
        if part is not None
    }
