"""Status of a run: alive, ended, lost, locked, cancelled."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from core.base.errors import DataError, RunError
from core.base.types import RunState, RunStatus
from core.store.run_folder import RunFolder


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


_HOLD = """
import sys, time
from pathlib import Path
from core.store.run_folder import RunFolder
with RunFolder(Path(sys.argv[1])).lock():
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def held_elsewhere(run: RunFolder) -> Iterator["subprocess.Popen[str]"]:
    """Start another process that holds the run's lock."""
    process = subprocess.Popen([sys.executable, "-c", _HOLD, str(run.path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


# --- status ---------------------------------------------------------------------------------------------------------


def test_status_comes_back_stamped_with_the_time(run: RunFolder) -> None:
    said = RunStatus("done", "Fine.", epoch=3, best_val_accuracy=0.5, pid=1, seconds=2.5)
    before = time.time()
    run.write_status(said)
    found = run.status()
    assert before <= found.updated <= time.time()
    assert replace(found, updated=0.0) == said


@pytest.mark.parametrize(
    "content", ['{"state": "banana", "updated": 1}', '{"updated": 1}', '{"state": "done", "updated": "x"}']
)
def test_status_that_makes_no_sense_is_named_in_the_error(run: RunFolder, content: str) -> None:
    (run.path / "status.json").write_text(content)
    with pytest.raises(DataError, match=r"status\.json cannot be read"):
        run.status()


@pytest.mark.parametrize("state", ["queued", "running"])
def test_live_run_is_lost_after_sixty_silent_seconds_and_not_before(run: RunFolder, state: RunState) -> None:
    run.write_status(RunStatus(state, pid=os.getpid(), eta_seconds=5.0))
    updated = run.status().updated
    assert run.status(updated + 59).state == state
    lost = run.status(updated + 61)
    assert (lost.state, lost.eta_seconds) == ("lost", None)
    assert "Resume goes on from the last checkpoint" in lost.message


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_run_that_has_ended_is_never_lost(run: RunFolder, state: RunState) -> None:
    run.write_status(RunStatus(state, pid=dead_pid()))
    assert run.status(time.time() + 1e6).state == state


def test_running_process_that_is_gone_is_lost_at_once_and_a_queued_one_waits(run: RunFolder) -> None:
    run.write_status(RunStatus("running", pid=dead_pid()))
    assert run.status().state == "lost"
    run.write_status(RunStatus("queued", pid=dead_pid()))
    assert run.status().state == "queued"


def test_silent_run_whose_lock_is_held_is_not_lost_until_its_process_dies(run: RunFolder) -> None:
    with held_elsewhere(run) as process:
        run.write_status(RunStatus("running", pid=process.pid))
        assert run.is_locked()
        assert run.status(time.time() + 1000).state == "running"
        process.kill()
        process.wait()
        assert not run.is_locked()
        assert run.status().state == "lost"


def test_run_that_finishes_between_two_looks_is_done_and_not_lost(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.write_status(RunStatus("running", pid=dead_pid()))

    def finish_meanwhile(self: RunFolder) -> bool:
        self.write_status(RunStatus("done"))
        return False

    monkeypatch.setattr(RunFolder, "is_locked", finish_meanwhile)
    assert run.status().state == "done"


# --- lock and cancel ------------------------------------------------------------------------------------------------


def test_run_is_trained_by_one_process_at_a_time(run: RunFolder) -> None:
    with held_elsewhere(run), pytest.raises(RunError, match="already being trained by another process"), run.lock():
        pass
    with run.lock():
        assert run.is_locked()
    assert not run.is_locked()


def test_asking_whether_a_run_is_locked_never_keeps_the_engine_from_its_lock(run: RunFolder) -> None:
    (run.path / "lock").touch()
    asking = (run.path / "lock").open("rb")
    fcntl.flock(asking, fcntl.LOCK_SH)  # what is_locked holds for an instant
    answered = threading.Timer(0.1, asking.close)
    answered.start()
    with run.lock():
        assert run.is_locked()
    answered.join()


def test_those_who_ask_do_not_see_each_other_as_the_engine(run: RunFolder) -> None:
    with run.lock():
        pass
    with (run.path / "lock").open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_SH)  # what is_locked holds for an instant
        assert not run.is_locked()


def test_cancel_is_requested_seen_and_forgotten(run: RunFolder) -> None:
    assert not run.is_cancel_requested()
    run.request_cancel()
    run.request_cancel()
    assert run.is_cancel_requested()
    run.clear_cancel()
    run.clear_cancel()
    assert not run.is_cancel_requested()


def test_cancel_that_cannot_be_written_is_said_in_a_sentence(runs: Path) -> None:
    with pytest.raises(DataError, match="cancel could not be written"):
        RunFolder(runs / "gone").request_cancel()
