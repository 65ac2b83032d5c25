"""A run killed at any moment resumes to the weights of an uninterrupted one."""

import io
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.store.run_folder import RunFolder
from core.training.loop.trainer import Trainer
from core.training.worker import TrainingWorker
from tests.training.small_datasets import TINY, make_project, make_run
from tests.training.test_worker import _own_signals

__all__ = ["_own_signals"]  # a fixture of the engine's tests
pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="a process that has met a GPU cannot be forked")
CONFIG = TINY.model_copy(update={"method": "flexmatch", "threshold": 0.5, "profile": "natural"})
"""Five steps an epoch, a checkpoint every other epoch, and at the end."""
MOMENTS = {
    "before the first checkpoint": "step 3",
    "in the first epoch after it": "step 12",
    "while the first checkpoint is written": "checkpoint 1",
    "while a later checkpoint takes its place": "checkpoint 2",
    "while images are scored": "scoring",
    "while the scores take their place": "scores",
}


def die() -> None:
    """End the process as kill -9 does: no cleanup, no handler."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(moment: str) -> None:
    """Let this process be killed at a given moment of its run."""
    kind, _, number = moment.partition(" ")
    if kind == "step":
        step = Trainer.train_step

        def stepping(self: Trainer) -> Any:
            return die() if self.step == int(number) else step(self)

        type.__setattr__(Trainer, "train_step", stepping)
    elif kind == "checkpoint":
        save, calls = torch.save, list[int]()

        def saving(state: Any, file: Any) -> None:
            calls.append(1)
            if len(calls) < int(number):
                return save(state, file)
            whole = io.BytesIO()
            save(state, whole)
            file.write(whole.getvalue()[: len(whole.getvalue()) // 2])  # half of it has reached the disk
            file.flush()
            os.fsync(file.fileno())
            return die()

        vars(torch)["save"] = saving
    elif kind == "scoring":
        type.__setattr__(TrainingWorker, "_on_chunk", lambda _self, _num: die())
    else:
        replace: Callable[..., None] = os.replace

        def replacing(source: Any, target: Any) -> None:
            if Path(target).name == "features.npy":
                die()
            replace(source, target)

        vars(os)["replace"] = replacing


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def killed(project: Path, folder: RunFolder, moment: str) -> int:
    """Return how a forked process ended that began the run.

    The fork has torch already; with one thread it is safe.
    """
    child = os.fork()
    if child == 0:
        arm(moment)
        TrainingWorker(project, folder.id, is_resume=False).run()
        os._exit(0)
    return os.waitpid(child, 0)[1]


def kept(folder: RunFolder) -> tuple[object, ...]:
    """Return what the status of a finished run says of its evaluations."""
    status = folder.status()
    return status.best_epoch, status.best_val_accuracy, status.kept_epoch


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Return the uninterrupted run."""
    project, before = make_project(tmp_path_factory.mktemp("whole") / "tiny"), signal.getsignal(signal.SIGTERM)
    folder = make_run(project, CONFIG)
    assert TrainingWorker(project, folder.id, is_resume=False).run() == 0
    signal.signal(signal.SIGTERM, before)
    return folder


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_killed_at_any_moment_resumes_to_the_same_end(whole: RunFolder, moment: str, tmp_path: Path) -> None:
    project = make_project(tmp_path / "tiny")
    folder = make_run(project, CONFIG)
    assert os.WTERMSIG(killed(project, folder, MOMENTS[moment])) == signal.SIGKILL
    assert folder.status().state == "lost"
    assert not (folder.path / "predictions" / "features.npy").exists()
    assert TrainingWorker(project, folder.id, is_resume=True).run() == 0
    assert folder.status().state == "done"
    np.testing.assert_array_equal(folder.logits(), whole.logits())
    np.testing.assert_array_equal(folder.features(), whole.features())
    weights, expected = load_file(folder.model_path), load_file(whole.model_path)
    assert all(torch.equal(weights[name], value) for name, value in expected.items())
    assert kept(folder) == kept(whole)
    assert [file.name for file in folder.path.iterdir() if file.name.startswith(".")] == []  # no draft is left
    assert [line["step"] for line in folder.metrics()] == [line["step"] for line in whole.metrics()]
    assert [line["loss"] for line in folder.metrics()] == [line["loss"] for line in whole.metrics()]
