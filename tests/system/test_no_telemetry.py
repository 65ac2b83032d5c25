"""Winnow talks to no other machine: every attempt of its processes to do so is recorded, and there are none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.dashboard_process import DashboardProcess

_WATCH = """
import os, socket
_connect, _find = socket.socket.connect, socket.getaddrinfo
def _note(host):
    if str(host) not in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "None", "", socket.gethostname()):
        with open(os.environ["ADDRESSES"], "a") as file:
            file.write(f"{host}\\n")
def connect(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6):
        _note(address[0])
    return _connect(self, address)
def find(host, *rest, **more):
    _note(host.decode() if isinstance(host, bytes) else host)
    return _find(host, *rest, **more)
socket.socket.connect, socket.getaddrinfo = connect, find
"""


@pytest.fixture
def addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file into which all processes of this test write the hosts that they ask for."""
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(_WATCH)
    (tmp_path / "addresses").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "watch"))
    monkeypatch.setenv("ADDRESSES", str(tmp_path / "addresses"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)  # as on a person's machine
    return tmp_path / "addresses"


def winnow(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "core.cli", *words], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_commands_and_dashboard_ask_for_no_other_machine(addresses: Path, pictures: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    winnow("new", str(project), "--source", str(pictures))
    winnow("train", str(project), "--method", "head", "--extractor", "hog")
    winnow("status", str(project))
    winnow("export", str(project), str(tmp_path / "out"), "--format", "csv")
    server = DashboardProcess(project, Path(os.environ["WINNOW_HOME"]))
    server.start()
    try:
        for page in ("review", "data", "train", "scores"):
            assert server.request("GET", f"/{page}")[0] == 200
    finally:
        server.stop()
    assert addresses.read_text() == ""


def test_the_record_notices_a_process_that_does(addresses: Path) -> None:
    ask = "import socket\ntry:\n    socket.create_connection(('192.0.2.1', 9), 0.01)\nexcept OSError:\n    pass"
    subprocess.run([sys.executable, "-c", ask], check=True, timeout=60)
    assert "192.0.2.1" in addresses.read_text().split()
