"""Train several runs in turn in the same processes.

Tests would otherwise start torchrun for each.
"""

import os
import sys
from contextlib import nullcontext
from pathlib import Path

import torch

from core.training.batches.batch import Batch
from core.training.loop.trainer import Trainer
from core.training.methods.methods import PseudoLabels
from core.training.models.models import MODELS
from core.training.runtime import distributed
from core.training.worker import TrainingWorker
from tests.training.runtime.smooth_models import smooth_models


def starve() -> None:
    """Let this process run out of memory in its third step."""
    whole = Trainer._accumulate

    def accumulated(self: Trainer, batch: Batch) -> list[PseudoLabels]:
        if self.step == 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return whole(self, batch)

    Trainer._accumulate = accumulated  # type: ignore[method-assign]


if __name__ == "__main__":
    if os.environ.get("STARVE") == os.environ.get("RANK"):
        starve()
    if os.environ.get("SMOOTH"):
        MODELS.update(smooth_models())
    project, *runs = sys.argv[1:]
    with distributed.process_group(torch.device("cpu")):
        vars(distributed)["process_group"] = lambda _: (
            nullcontext()
        )  # the ranks meet once: under one torchrun they cannot meet again
        code = max(TrainingWorker(Path(project), run, is_resume=False).run() for run in runs)
        if code:
            sys.exit(code)  # without a goodbye, as the engine
