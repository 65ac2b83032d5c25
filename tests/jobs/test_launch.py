"""Command lines of training processes."""

import sys
from pathlib import Path

from core.jobs.launch import Launch, training_command


def test_several_devices_start_torchrun_and_one_the_worker() -> None:
    alone = training_command(Path("p"), "r", Launch(), 1, is_resume=True)
    assert alone == [sys.executable, "-P", "-m", "core.training.worker", "p", "r", "--resume"]
    several = training_command(Path("p"), "r", Launch(), 4, is_resume=False)
    assert several[2:8] == ["-m", "torch.distributed.run", "--standalone", "--nnodes", "1", "--nproc-per-node"]
    far = training_command(Path("p"), "r", Launch(True, 2, "host:29500"), 8, is_resume=False)
    assert "--standalone" not in far
    assert far[4:8] == ["--rdzv-backend", "c10d", "--rdzv-endpoint", "host:29500"]
