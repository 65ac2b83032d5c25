"""Streams of batches for each part that a method learns from."""

from torch import Generator

from core.base.config import TrainConfig
from core.training.batches.stream import Stream
from core.training.batches.train_data import TrainData
from core.training.methods.methods import SECOND_VIEWS


def make_streams(config: TrainConfig, data: TrainData, order: Generator) -> dict[str, Stream]:
    """Create a stream for each part that the method learns from.

    Args:
        config: Settings; method, batch_size, unlabeled_ratio and reject_weight are used.
        data: The parts.
        order: Draws the permutations of all streams.

    Returns:
        Streams by part (labeled, pseudo, rejected, pool), in the order in which they draw.

    """
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
