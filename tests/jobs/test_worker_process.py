"""A process that answers requests, from both of its ends."""

import sys
from typing import Any

import pytest

from core.base.errors import RunError
from core.jobs import worker_process
from core.jobs.worker_process import WorkerProcess
from core.live import live_worker
from core.training import text_worker

ANSWERING = """
import os, sys
from core.jobs.worker_process import answer_requests
def answer(request, tell):
    print("a library says hello")
    os.system("echo so does its own process")
    tell({"done": 1, "total": 2})
    return {"twice": 2 * request["number"], "process": os.getpid()}
def make():
    print("and while it starts")
    return answer
answer_requests(make, IDLE)
"""


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> WorkerProcess:
    """A process that doubles numbers and whose libraries print; it ends after the parameter's seconds."""
    code = ANSWERING.replace("IDLE", str(getattr(request, "param", 60.0)))
    monkeypatch.setattr(worker_process, "module_command", lambda *_: [sys.executable, "-c", code])
    return WorkerProcess("doubles numbers", "any")


def test_what_libraries_print_is_no_answer(process: WorkerProcess) -> None:
    told: list[dict[str, Any]] = []
    first, second = (process.ask({"number": number}, told.append) for number in (3, 4))
    assert (first["twice"], second["twice"]) == (6, 8)
    assert first["process"] == second["process"]
    assert told == 2 * [{"done": 1, "total": 2}]


@pytest.mark.parametrize("process", [0.2], indirect=True)
def test_an_idle_process_ends_and_the_next_request_starts_another(process: WorkerProcess) -> None:
    first = process.ask({"number": 1})
    assert process._process is not None
    assert process._process.wait(timeout=30) == 0
    assert process.ask({"number": 1})["process"] != first["process"]


def test_a_process_that_ends_without_an_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "module_command", lambda *_: [sys.executable, "-c", ""])
    with pytest.raises(RunError, match="The process that fails ended"):
        WorkerProcess("fails", "any").ask({})


@pytest.mark.parametrize("module", [live_worker, text_worker])
def test_both_workers_answer_by_this_loop(module: Any) -> None:
    assert module.answer_requests is worker_process.answer_requests
