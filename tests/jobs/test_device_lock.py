"""Device locks serve runs in order; a dead process holds nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.jobs import device_lock
from core.jobs.device_lock import DeviceLock, accelerator_names, candidate_devices

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
    monkeypatch.setattr(device_lock, "_torch_build", lambda: "cu132")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,3")
    both = ["cuda:0", "cuda:1"]
    assert (accelerator_names(), candidate_devices("auto"), candidate_devices("cuda")) == (both, both, both)
    assert (candidate_devices("cpu"), candidate_devices("cuda:3")) == (["cpu"], ["cuda:3"])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert (accelerator_names(), candidate_devices("auto")) == ([], ["cpu"])
    assert candidate_devices("npu") == ["npu:0"]


def test_what_the_installed_torch_is_built_for_decides_which_cards_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One graphics card of each maker, and a processor that ROCm lists as a node."""
    files = {"nvidia/0000:01:00.0": "", "kfd/0/properties": "cpu_cores_count 8\nsimd_count 0\n",
             "kfd/1/properties": "cpu_cores_count 0\nsimd_count 256\n", "drm/renderD128/device/vendor": "0x8086\n",
             "drm/renderD129/device/vendor": "0x1002\n"}  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    folders = {"cuda": "nvidia", "rocm": "kfd", "xpu": "drm"}
    monkeypatch.setattr(device_lock, "_DRIVERS", {kind: str(tmp_path / name) for kind, name in folders.items()})
    for variable in device_lock.VISIBLE.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    for build, expected in {"cu132": ["cuda:0"], "rocm7.1": ["cuda:0"], "xpu": ["xpu:0"], "cpu": []}.items():
        monkeypatch.setattr(device_lock, "_torch_build", lambda build=build: build)
        assert accelerator_names() == expected
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert (accelerator_names(), candidate_devices("auto"), candidate_devices("mps")) == (["mps:0"],) * 3


def test_the_line_is_in_winnows_own_folder(winnow_home: Path) -> None:
    DeviceLock(["cpu"], 1, "x").leave_queue()
    assert (winnow_home / "queue").is_dir()
