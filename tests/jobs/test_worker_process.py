"""A process that answers requests, from both of its ends."""

import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from core import Project
from core.base.errors import RunError
from core.jobs import worker_process
from core.jobs.worker_process import WorkerProcess
from core.similarity import text_search

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


HANGING = """
import sys, time
sys.stdin.readline()
for _ in range(LINES):
    print('{"done": 1, "total": 2}', flush=True)
    time.sleep(1.1)
time.sleep(600)
"""


@pytest.mark.parametrize("lines", [0, 4])
def test_a_process_that_never_answers_is_ended_and_told(monkeypatch: pytest.MonkeyPatch, lines: int) -> None:
    code = HANGING.replace("LINES", str(lines))
    monkeypatch.setattr(worker_process, "module_command", lambda *_: [sys.executable, "-S", "-c", code])
    told: list[dict[str, Any]] = []
    process = WorkerProcess("hangs", "any", patience=4.0)
    child = process._running()
    with pytest.raises(RunError, match="hangs said nothing for 4 seconds and was ended: try again"):
        process.ask({}, told.append)
    assert child.wait(timeout=10) == -signal.SIGKILL
    assert len(told) == lines, "each line of progress gives it time again"


def test_the_live_worker_answers_its_caller_with_a_sentence(untrained_project: Project) -> None:
    answer = untrained_project.live._process.ask({"run": "001-none", "decision": 1})
    assert answer == {"error": "There is no run called '001-none'. There are: none yet."}


def test_the_text_worker_answers_its_caller_with_a_sentence(tmp_path: Path) -> None:
    try:
        answer = text_search._process.ask({"name": f"clip:{tmp_path}", "sha256": "", "texts": ["red"]})
    finally:
        text_search._process._finalize()  # one process serves all of these tests: it would stay
    assert answer == {"error": f"{tmp_path} is no folder of a model: config.json is missing."}
