"""A process that answers requests: how the server and the command line talk to it, and the loop inside it."""

import json
import os
import select
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from core.base.errors import RunError
from core.jobs.launch import WORKER_ENVIRONMENT, module_command

Tell = Callable[[dict[str, Any]], None]
"""Takes the facts of one line of progress, which have `total`."""
PATIENCE = 1800.0
"""Seconds without a line after which a process counts as hung, unless said otherwise; fits of a million images take
minutes."""
_GOODBYE = 60.0
"""Seconds that a process has to end by itself once its input is closed."""


class WorkerProcess:
    """A worker process; it is started when it is needed, and again where it has ended.

    A request is a line of JSON on its standard input; the answer is a line on its standard output, after any number of
    lines of progress, which have `total`.

    Args:
        work: What it does, such as "fits the live model", for the error.
        module: What it runs.
        arguments: Of its command line.
        patience: Seconds without an answer or a line of progress after which it is ended as hung, above 0.
    """

    def __init__(self, work: str, module: str, *arguments: str, patience: float = PATIENCE) -> None:
        self._work, self._command, self._patience = work, module_command(module, *arguments), patience
        self._unread = b""
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, request: dict[str, Any], tell: Tell = lambda facts: None) -> dict[str, Any]:
        """Send a request and wait for its answer; several threads wait for one another.

        Args:
            request: What the module takes.
            tell: Called with each line of progress.

        Returns:
            What the module answers, or `error` with a sentence.

        Raises:
            RunError: The process ended twice without an answer, or was ended because it said nothing for too long.
        """
        with self._lock:
            for is_last in (False, True):  # a process that was idle may have ended
                try:
                    return self._exchange(json.dumps(request), tell)
                except TimeoutError as error:
                    raise RunError(self._hung()) from error
                except (OSError, ValueError) as error:
                    self._process = None
                    if is_last:
                        raise RunError(f"The process that {self._work} ended ({error}): try again.") from error
        raise AssertionError

    def _exchange(self, line: str, tell: Tell) -> dict[str, Any]:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line.encode() + b"\n")
        while True:
            facts: dict[str, Any] = json.loads(self._next_line(process, process.stdout.fileno()))
            if "total" not in facts:
                return facts
            tell(facts)

    def _next_line(self, process: "subprocess.Popen[bytes]", output: int) -> bytes:
        """Wait for a line; TimeoutError where none comes in time, OSError where the process ended."""
        waiting, end = select.poll(), time.monotonic() + self._patience  # select.select takes no high file numbers
        waiting.register(output, select.POLLIN | select.POLLHUP)
        while b"\n" not in self._unread:
            if not waiting.poll(1000 * max(0.0, end - time.monotonic())):
                raise TimeoutError
            read = os.read(output, 1 << 16)
            if not read:
                raise OSError(f"exit code {_exit_code(process, self._patience)}")
            self._unread += read
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _hung(self) -> str:
        """End a process that does not answer; return what to say of it."""
        if self._process is not None:
            self._process.kill()
        self._process = None
        waited = f"{self._patience / 60:.0f} minutes" if self._patience >= 120 else f"{self._patience:g} seconds"
        return (
            f"The process that {self._work} said nothing for {waited} and was ended: try again. If it hangs again, "
            "free memory, check that the disk answers, and look at what Winnow printed."
        )

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                env=WORKER_ENVIRONMENT | os.environ,
            )  # fmt: skip
            self._unread = b""
            self._finalize = weakref.finalize(self, _end, self._process)
        return self._process


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the process by closing its input; one that does not end by itself is killed."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    _exit_code(process, _GOODBYE)


def _exit_code(process: "subprocess.Popen[bytes]", patience: float) -> int:
    """Wait for the end of a process, and kill it where it does not come."""
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


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
