"""Device locks serve runs in order; a dead process holds nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.jobs.device_lock import DeviceLock, candidate_devices, num_gpus

_HOLD = """
import sys, time
from core.jobs.device_lock import DeviceLock
lock = DeviceLock(sys.argv[1].split(), int(sys.argv[2]), sys.argv[3])
print(lock.acquire(), flush=True)
time.sleep(60)
"""


def other(names: str, count: int = 1, who: str = "other") -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", _HOLD, names, str(count), who]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stdout is not None
    process.first = process.stdout.readline().strip()  # type: ignore[attr-defined]
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait(10)
    assert process.stdout is not None
    process.stdout.close()


def test_a_free_device_is_had_at_once() -> None:
    lock = DeviceLock(["cpu"], 1, "001")
    assert lock.acquire()
    assert list(lock.held) == ["cpu"]
    lock.release()


def test_a_held_device_is_waited_for_until_its_holder_is_gone() -> None:
    holder = other("cpu", who="001-run")
    lock = DeviceLock(["cpu"], 1, "002-run")
    assert not lock.acquire()
    assert lock.holders() == ["001-run"]
    end(holder)
    assert lock.acquire()
    lock.release()


def test_who_came_first_goes_first_and_the_dead_hold_nobody_up() -> None:
    holder, waiting = other("cpu"), other("cpu", who="second")
    assert waiting.first == "False"  # type: ignore[attr-defined]
    third = DeviceLock(["cpu"], 1, "third")
    end(holder)
    assert not third.acquire()  # the second is still in the line
    end(waiting)
    assert third.acquire()
    third.release()


def test_others_are_not_held_up_by_a_line_for_another_device() -> None:
    holder, waiting = other("cpu"), other("cpu")
    lock = DeviceLock(["cuda:0"], 1, "gpu")
    assert lock.acquire()
    lock.release()
    end(holder)
    end(waiting)


def test_of_two_gpus_each_run_gets_one() -> None:
    holder = other("cuda:0 cuda:1")
    lock = DeviceLock(["cuda:0", "cuda:1"], 1, "mine")
    assert lock.acquire()
    assert list(lock.held) == ["cuda:1"]
    both = DeviceLock(["cuda:0", "cuda:1"], 2, "both")
    assert not both.acquire()
    lock.release()
    end(holder)
    assert both.acquire()
    assert list(both.held) == ["cuda:0", "cuda:1"]
    both.release()


def test_devices_are_counted_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,3")
    assert (num_gpus(), candidate_devices("auto"), candidate_devices("cuda")) == (
        2,
        ["cuda:0", "cuda:1"],
        ["cuda:0", "cuda:1"],
    )
    assert (candidate_devices("cpu"), candidate_devices("cuda:3")) == (["cpu"], ["cuda:3"])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert (num_gpus(), candidate_devices("auto")) == (0, ["cpu"])


def test_the_line_is_in_winnows_own_folder(winnow_home: Path) -> None:
    DeviceLock(["cpu"], 1, "x").leave_queue()
    assert (winnow_home / "queue").is_dir()
