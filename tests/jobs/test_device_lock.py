"""The line before a device: one at a time, first come first served, nobody waits for the dead."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.jobs.device_lock import Turn, candidates, num_gpus

_HOLD = """
import sys, time
from core.jobs.device_lock import Turn
turn = Turn(sys.argv[1].split(), int(sys.argv[2]), sys.argv[3])
print(turn.take(), flush=True)
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
    turn = Turn(["cpu"], 1, "001")
    assert turn.take()
    assert list(turn.held) == ["cpu"]
    turn.let_go()


def test_a_held_device_is_waited_for_until_its_holder_is_gone() -> None:
    holder = other("cpu", who="001-run")
    turn = Turn(["cpu"], 1, "002-run")
    assert not turn.take()
    assert turn.holders() == ["001-run"]
    end(holder)
    assert turn.take()
    turn.let_go()


def test_who_came_first_goes_first_and_the_dead_hold_nobody_up() -> None:
    holder, waiting = other("cpu"), other("cpu", who="second")
    assert waiting.first == "False"  # type: ignore[attr-defined]
    third = Turn(["cpu"], 1, "third")
    end(holder)
    assert not third.take()  # the second is still in the line
    end(waiting)
    assert third.take()
    third.let_go()


def test_others_are_not_held_up_by_a_line_for_another_device() -> None:
    holder, waiting = other("cpu"), other("cpu")
    turn = Turn(["cuda:0"], 1, "gpu")
    assert turn.take()
    turn.let_go()
    end(holder)
    end(waiting)


def test_of_two_gpus_each_run_gets_one() -> None:
    holder = other("cuda:0 cuda:1")
    turn = Turn(["cuda:0", "cuda:1"], 1, "mine")
    assert turn.take()
    assert list(turn.held) == ["cuda:1"]
    both = Turn(["cuda:0", "cuda:1"], 2, "both")
    assert not both.take()
    turn.let_go()
    end(holder)
    assert both.take()
    assert list(both.held) == ["cuda:0", "cuda:1"]
    both.let_go()


def test_devices_are_counted_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,3")
    assert (num_gpus(), candidates("auto"), candidates("cuda")) == (2, ["cuda:0", "cuda:1"], ["cuda:0", "cuda:1"])
    assert (candidates("cpu"), candidates("cuda:3")) == (["cpu"], ["cuda:3"])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert (num_gpus(), candidates("auto")) == (0, ["cpu"])


def test_the_line_is_in_winnows_own_folder(winnow_home: Path) -> None:
    Turn(["cpu"], 1, "x").leave()
    assert (winnow_home / "queue").is_dir()
