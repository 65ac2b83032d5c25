"""Process that fits the model versions of one project, as the server and the command line talk to it."""

import json
import subprocess
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from core.base.errors import RunError
from core.jobs.launch import module_command


class WorkerProcess:
    """The live worker of a project; it is started when it is needed, and again where it has ended.

    Args:
        project: Folder of the project.
    """

    def __init__(self, project: str) -> None:
        self._project = project
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def ask(self, request: dict[str, Any], tell: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Send a request and wait for its answer; several threads wait for one another.

        Args:
            request: The run and the decision of a version.
            tell: Called with each line of progress.

        Returns:
            The record of the version, or `error` with a sentence.

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
                        raise RunError(f"The process that fits the live model ended ({error}): try again.") from error
        raise AssertionError

    def _exchange(self, line: str, tell: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
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
            command = module_command("core.live.live_worker", self._project)
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self._finalize = weakref.finalize(self, _end, self._process)
        return self._process


def _end(process: "subprocess.Popen[str]") -> None:
    """End the process by closing its input."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    process.wait()
