"""Several runs asked for at once: seeds side by side, and the rounds of a curriculum one after the other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.base.config import TrainConfig
from core.base.errors import InputError

if TYPE_CHECKING:
    from core.project.project import Project
    from core.project.runs import Run


def play_rounds(project: "Project", config: TrainConfig, parent: str, num_rounds: int) -> "Iterator[Run]":
    """Curriculum labeling: round r trains anew on the labels and the 100 r / rounds percent of the pool that the
    round before is surest of; with five rounds the 20 r percent of Cascante-Bonilla et al. 2021, arXiv 2001.06001.

    Each finished run is answered with as it ends.
    """
    if config.method != "self_training":
        raise InputError("Rounds train on the pseudo-labels of the round before: choose the method self_training.")
    if config.warm_start:
        raise InputError("Every round of a curriculum begins from scratch: turn warm_start off.")
    for number in range(1, num_rounds + 1):
        share = {"percent": 100.0 * number / num_rounds}
        run = project.start_run(config, parent, rule="highest_confidence", params=share)
        yield project.wait_run(run.id)
        parent = run.id
