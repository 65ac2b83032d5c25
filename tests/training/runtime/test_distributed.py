"""Several processes train one run with the same numbers as one.

A process that dies gives a sentence.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.base.config import NETWORK_METHODS as METHODS
from core.base.config import TrainConfig
from core.base.errors import ConfigError
from core.jobs.launch import Launch, training_command
from core.jobs.start import start
from core.store.run_folder import RunFolder
from core.training.models.models import MODELS
from core.training.runtime import distributed
from core.training.worker import TrainingWorker
from tests.training.runtime.smooth_models import smooth_models
from tests.training.small_datasets import TINY, make_project, make_run

ROOT = Path(__file__).parents[3]


def torchrun(project: Path, folder: RunFolder, processes: int = 2) -> "subprocess.Popen[bytes]":
    command = training_command(project, folder.id, Launch(True), processes, is_resume=False)
    quiet = {"OMP_NUM_THREADS": "1", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
    with folder.log_path.open("ab") as log:
        return subprocess.Popen(command, env=os.environ | quiet, stdout=log, stderr=log, start_new_session=True)


def together(project: Path, *runs: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Train the runs in turn in two processes that torchrun starts once."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["-m", "tests.training.several_processes", str(project), *runs]
    environment |= {"OMP_NUM_THREADS": "1", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
    return subprocess.run(
        command, env=os.environ | environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


CASES = [(method, "mlp") for method in METHODS] + [("flexmatch", "small_cnn"), ("freematch", "small_cnn")]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with every case trained by one process and by two.

    The models are smooth.
    """
    project, before = make_project(tmp_path_factory.mktemp("ranks") / "tiny"), signal.getsignal(signal.SIGTERM)
    for number in (1, 2):
        for method, model in CASES:
            words = {"method": method, "model": model, "threshold": 0.5, "profile": "natural", "epochs": 3}
            settings = {**words, "learning_rate": 0.02, "threshold_memory": 0.8}
            settings["fairness_weight"] = 0.05 if model == "mlp" else 0.01  # batch norm enlarges the rounding
            make_run(project, TINY.model_copy(update=settings), f"{method}-{model}-{number}")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as each of the two has: with batch norm another order of sums can cross a threshold
    with pytest.MonkeyPatch.context() as patch:
        for name, make in smooth_models().items():
            patch.setitem(MODELS, name, make)
        for method, model in CASES:
            assert TrainingWorker(project, f"{method}-{model}-1", is_resume=False).run() == 0
    torch.set_num_threads(threads)
    signal.signal(signal.SIGTERM, before)  # the engine takes it for itself
    done = together(project, *(f"{method}-{model}-2" for method, model in CASES), SMOOTH="1")
    assert done.returncode == 0, done.stdout + done.stderr
    return project


@pytest.mark.parametrize(("method", "model"), CASES)
def test_two_processes_train_what_one_trains(twice: Path, method: str, model: str) -> None:
    """The global batch is the same; logits and weights agree to 1e-5.

    The backend is gloo; batch norm, thresholds and fairness are included.
    """
    one, two = (RunFolder(twice / "runs" / f"{method}-{model}-{number}") for number in (1, 2))
    assert (one.status().device, two.status().device) == ("cpu", "2 x cpu")
    np.testing.assert_allclose(two.logits(), one.logits(), atol=1e-5)
    np.testing.assert_allclose(two.features().astype(np.float32), one.features(), atol=1e-2)
    weights = [load_file(folder.model_path) for folder in (one, two)]
    for name, value in weights[0].items():
        torch.testing.assert_close(weights[1][name], value, atol=1e-5 if model == "mlp" else 1e-4, rtol=1e-4)
    for left, right in zip(one.metrics(), two.metrics(), strict=True):
        for name in ("loss", "labeled_loss", "val_accuracy", "train_accuracy", "mask_rate", "pool_accuracy"):
            assert left.get(name) == pytest.approx(right.get(name), abs=1e-5), name


@pytest.mark.parametrize("rank", ["0", "1"])
def test_a_rank_without_memory_fails_the_run_with_advice(tmp_path: Path, rank: str) -> None:
    """A rank cannot try again alone: the others wait in a sum over ranks.

    Whichever rank it is, its sentence is reported.
    """
    project = make_project(tmp_path / "tiny")
    folder = make_run(project, TINY.model_copy(update={"method": "fixmatch"}))
    assert together(project, folder.id, STARVE=rank).returncode != 0
    assert folder.status().state == "failed"
    expected = r"Memory ran out: lower batch_size \(it is 8\).*fewer than 2 devices"
    assert re.search(expected, folder.status().message), folder.status()


def test_a_start_that_fails_is_told_in_the_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures before the ranks have met are reported with a sentence too."""
    project = make_project(tmp_path / "tiny")
    folder = make_run(project, TINY)

    def refuse(_device: torch.device) -> None:
        raise ValueError("Expected a torch.device with a specified index")

    monkeypatch.setattr(distributed, "process_group", refuse)
    assert TrainingWorker(project, folder.id, is_resume=False).run() == 1
    assert folder.status().state == "failed"
    assert "specified index" in folder.status().message


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
    start(project, folder.id, is_resume=True)  # alone this time: the number of processes may change
    while len(folder.metrics()) <= before:
        assert time.monotonic() < end + 60, folder.log_tail(60)
        time.sleep(0.05)
    folder.request_cancel()
    while folder.status().state != "cancelled":
        assert time.monotonic() < end + 90
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_alone_nothing_is_shared_and_nothing_waited_for() -> None:
    rows = torch.arange(6)
    assert (distributed.world_size(), distributed.rank()) == (1, 0)
    assert distributed.local_share(rows) is rows
    assert distributed.gather(rows) is rows
    assert distributed.local_span(10) == slice(0, 10)
    assert distributed.broadcast_flag(True, rows.device)
    distributed.barrier()
    with distributed.process_group(rows.device):
        assert distributed.world_size() == 1


def test_the_batch_must_divide_among_the_devices() -> None:
    with pytest.raises(ConfigError, match="batch_size must be a multiple of devices"):
        TrainConfig.checked({"devices": 3})
