"""A process that answers requests: how the server and the command line talk to it, and the loop inside it."""

import json
import os
import select
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from core.base.errors import RunError
from core.jobs.launch import WORKER_ENVIRONMENT, module_command

Tell = Callable[[dict[str, Any]], None]
"""Takes the facts of one line of progress, which have `total`."""


class WorkerProcess:
    """A worker process; it is started when it is needed, and again where it has ended.

    A request is a line of JSON on its standard input; the answer is a line on its standard output, after any number of
    lines of progress, which have `total`.

    Args:
        work: What it does, such as "fits the live model", for the error.
        module: What it runs.
        arguments: Of its command line.
    """

    def __init__(self, work: str, module: str, *arguments: str) -> None:
        self._work, self._command = work, module_command(module, *arguments)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def ask(self, request: dict[str, Any], tell: Tell = lambda facts: None) -> dict[str, Any]:
        """Send a request and wait for its answer; several threads wait for one another.

        Args:
            request: What the module takes.
            tell: Called with each line of progress.

        Returns:
            What the module answers, or `error` with a sentence.

        Raises:
            RunError: The process ended twice without an answer.
        """
        with self._lock:
            for is_last in (False, True):  # a process that was idle may have ended
                try:
                    return self._exchange(json.dumps(request), tell)
                except (OSError, ValueError) as error:
                    self._process = None
                    if is_last:
                        raise RunError(f"The process that {self._work} ended ({error}): try again.") from error
        raise AssertionError

    def _exchange(self, line: str, tell: Tell) -> dict[str, Any]:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line + "\n")
        process.stdin.flush()
        while True:
            answer = process.stdout.readline()
            if not answer:
                raise OSError(f"exit code {process.wait()}")
            facts: dict[str, Any] = json.loads(answer)
            if "total" not in facts:
                return facts
            tell(facts)

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env=WORKER_ENVIRONMENT | os.environ,
            )  # fmt: skip
            self._finalize = weakref.finalize(self, _end, self._process)
        return self._process


def _end(process: "subprocess.Popen[str]") -> None:
    """End the process by closing its input."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    process.wait()


def answer_requests(make: Callable[[], Callable[[dict[str, Any], Tell], dict[str, Any]]], idle: float) -> None:
    """Answer the requests of a `WorkerProcess` until the input ends or none comes for a while.

    Standard output carries the answers alone: what libraries print goes to standard error.

    Args:
        make: Makes the function that answers; it gets a request and what takes its lines of progress.
        idle: Seconds without a request after which the process ends.
    """
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        answer = make()

        def tell(facts: dict[str, Any]) -> None:
            answers.write(json.dumps(facts) + "\n")
            answers.flush()

        while select.select([sys.stdin], [], [], idle)[0]:
            line = sys.stdin.readline()  # one request at a time is sent, so nothing waits in the buffer
            if not line:
                return
            tell(answer(json.loads(line), tell))
