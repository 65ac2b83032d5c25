"""A dashboard in a process of its own that can be killed and started again on the same port."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

_PATIENCE = 120  # seconds until a start counts as failed


class DashboardProcess:
    """A dashboard on one project.

    Args:
        project: Folder of the project.
        home: Winnow's own folder for this process.
        log: File that gets its output; None: nothing does.
        token: Secret of its links and cookies.
        opens_project: False: it begins with the start page, as `winnow` alone does.
    """

    def __init__(
        self,
        project: Path,
        home: Path,
        log: Path | None = None,
        token: str = "test-token",
        opens_project: bool = True,
    ) -> None:
        self.project, self.home, self.token = project, home, token
        self._log, self._opens_project = log, opens_project
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Number of the process."""
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has begun and not ended."""
        return self._process is not None and self._process.poll() is None

    def address(self, page: str = "", **query: str) -> str:
        """Return the URL of a page, with the token."""
        return f"http://127.0.0.1:{self.port}/{page}?{urlencode({'token': self.token, **query})}"

    def start(self) -> None:
        """Start the process and wait until it answers; RuntimeError where it does not."""
        shown = (str(self.project),) if self._opens_project else ()
        words = ("open", *shown, "--no-browser", "--port", str(self.port))
        around = os.environ | {"WINNOW_HOME": str(self.home), "WINNOW_TOKEN": self.token}
        with (self._log or Path(os.devnull)).open("ab") as log:
            command = [sys.executable, "-m", "core.cli", *words]
            self._process = subprocess.Popen(command, env=around, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and self.is_running:
            try:
                if self.request("GET", "/_stcore/health")[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        output = "" if self._log is None else self._log.read_text(errors="replace")
        raise RuntimeError(f"The dashboard does not start. {output}")

    def request(self, method: str, path: str, body: Any = None, timeout: float = 60) -> tuple[int, Any]:
        """Send one request and return status and parsed body; OSError where there is no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {"Cookie": f"winnow-{self.port}={self.token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def memory(self) -> float:
        """Return the memory of the process in MiB, without pages that it shares with files."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024

    def kill(self) -> None:
        """End the process as a crash does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the process as Ctrl+C does."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None or not self.is_running:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
