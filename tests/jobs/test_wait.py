"""A run under torchrun keeps a fresh status, can be cancelled and keeps its exit code."""

import sys
import threading
import time
from pathlib import Path

import pytest

from core.jobs import wait
from core.jobs.device_lock import DeviceLock
from tests.training.small_datasets import TINY, make_project, make_run


def test_a_run_that_waits_long_for_its_workers_stays_queued_and_can_be_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wait, "_HEARTBEAT", 0.2)
    folder = make_run(make_project(tmp_path / "tiny"), TINY)
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    found: list[int] = []
    waiting = threading.Thread(target=lambda: found.append(wait.accompany(command, folder, "Waiting for others.")))
    waiting.start()
    times: set[float] = set()
    while len(times) < 3:  # the status is said anew again and again, so it never falls silent
        status = folder.status()
        assert status.state == "queued"
        times |= {status.updated} if status.message == "Waiting for others." else set()
        time.sleep(0.05)
    folder.request_cancel()
    waiting.join(timeout=30)
    assert found == [0]
    assert folder.status().state == "cancelled"
    assert "before the workers began" in folder.status().message


def test_workers_that_cannot_begin_leave_their_exit_code(tmp_path: Path) -> None:
    folder = make_run(make_project(tmp_path / "tiny"), TINY)
    assert wait.accompany([sys.executable, "-c", "raise SystemExit(7)"], folder, "Starting.") == 7
    assert folder.status().state == "queued"  # whoever started it says so in the status


def test_a_queued_run_says_which_runs_come_first() -> None:
    assert wait.waiting_message(["cpu"], ["001-a"], []) == "Waiting for cpu: 001-a is training there."
    assert wait.waiting_message(["cuda:0", "cuda:1"], [], ["002-b", "003-c"]) == (
        "Waiting for cuda:0 or cuda:1: another run is training there; 002-b, 003-c wait before it."
    )


def test_a_lock_names_the_runs_that_wait_before_it() -> None:
    first, second, third = (DeviceLock(["cpu"], 1, name) for name in ("001-a", "002-b", "003-c"))
    try:
        assert first.acquire()
        assert not third.acquire()
        assert third.holders() == ["001-a"]
        assert third.waiting_before() == ["002-b"]
        assert second.waiting_before() == []
    finally:
        for lock in (second, third):
            lock.leave_queue()
        first.release()
