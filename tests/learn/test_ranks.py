"""Several processes that train one run: the same numbers as one, and a sentence when one of them dies."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from core import jobs
from core.base.config import TrainConfig
from core.base.errors import ConfigError
from core.learn import ranks
from core.store.runs import RunFolder
from tests.learn.tiny_world import TINY, make_project, make_run


def torchrun(project: Path, folder: RunFolder, processes: int = 2) -> "subprocess.Popen[bytes]":
    command = jobs.engine_command(project, folder.id, jobs.Launch(True), processes, is_resume=False)
    quiet = {"OMP_NUM_THREADS": "1", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
    with folder.log_path.open("ab") as log:
        return subprocess.Popen(command, env=os.environ | quiet, stdout=log, stderr=log, start_new_session=True)


def train(project: Path, config: TrainConfig, name: str, processes: int) -> RunFolder:
    folder = make_run(project, config, name)
    assert torchrun(project, folder, processes).wait(120) == 0, folder.log_tail(60)
    assert folder.status().state == "done"
    return folder


@pytest.mark.parametrize(
    ("method", "model"),
    [("fixmatch", "mlp"), ("flexmatch", "small_cnn"), ("softmatch", "mlp"), ("self_training", "mlp")],
)
def test_two_processes_train_what_one_trains(tmp_path: Path, method: str, model: str) -> None:
    """The same global batch, gloo: every weight and every logit to 1e-5, batch norm and thresholds included."""
    project = make_project(tmp_path / "tiny")
    changes = {"method": method, "model": model, "threshold": 0.5, "profile": "natural", "epochs": 3}
    config = TINY.model_copy(update={**changes, "learning_rate": 0.02})
    one, two = (train(project, config, f"00{number}-run", number) for number in (1, 2))
    assert two.status().device == "2 x cpu"
    np.testing.assert_allclose(two.logits(), one.logits(), atol=1e-5)
    np.testing.assert_allclose(two.features().astype(np.float32), one.features(), atol=1e-2)
    for left, right in zip(one.metrics(), two.metrics(), strict=True):
        for name in ("loss", "val_accuracy", "train_accuracy", "mask_rate", "pool_accuracy"):
            assert left.get(name) == pytest.approx(right.get(name), abs=1e-5), name


def test_a_killed_rank_fails_the_run_with_a_sentence_and_it_resumes(tmp_path: Path) -> None:
    project = make_project(tmp_path / "tiny")
    config = TINY.model_copy(update={"method": "fixmatch", "epochs": 100_000, "checkpoint_epochs": 1})
    folder = make_run(project, config)
    process = torchrun(project, folder)
    end = time.monotonic() + 90
    while not folder.checkpoint_path.exists():
        assert time.monotonic() < end, folder.log_tail(60)
        time.sleep(0.05)
    first = folder.status().pid
    second = [pid for pid in children(process.pid) if pid != first]
    os.kill(second[0], signal.SIGKILL)
    assert process.wait(90) != 0
    assert folder.status().state in ("failed", "lost")
    assert "Resume goes on from the last checkpoint" in folder.status().message
    before = len(folder.metrics())
    jobs.start(project, folder.id, is_resume=True)  # alone this time: the number of processes may change
    while len(folder.metrics()) <= before:
        assert time.monotonic() < end + 60, folder.log_tail(60)
        time.sleep(0.05)
    jobs.cancel(folder)
    while folder.status().state != "cancelled":
        assert time.monotonic() < end + 90
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_alone_nothing_is_shared_and_nothing_waited_for() -> None:
    rows = torch.arange(6)
    assert (ranks.world(), ranks.rank()) == (1, 0)
    assert ranks.share(rows) is rows
    assert ranks.gathered(rows) is rows
    assert ranks.span(10) == slice(0, 10)
    assert ranks.agreed(True, rows.device)
    ranks.together()
    with ranks.joined(rows.device):
        assert ranks.world() == 1


def test_the_batch_must_divide_among_the_devices() -> None:
    with pytest.raises(ConfigError, match="batch_size must be a multiple of devices"):
        TrainConfig.checked({"devices": 3})


def test_several_devices_start_torchrun_and_one_the_engine() -> None:
    alone = jobs.engine_command(Path("p"), "r", jobs.Launch(), 1, is_resume=True)
    assert alone == [sys.executable, "-P", "-m", "core.engine", "train", "p", "r", "--resume"]
    several = jobs.engine_command(Path("p"), "r", jobs.Launch(), 4, is_resume=False)
    assert several[2:8] == ["-m", "torch.distributed.run", "--standalone", "--nnodes", "1", "--nproc-per-node"]
    far = jobs.engine_command(Path("p"), "r", jobs.Launch(True, 2, "host:29500"), 8, is_resume=False)
    assert "--standalone" not in far
    assert far[4:8] == ["--rdzv-backend", "c10d", "--rdzv-endpoint", "host:29500"]
