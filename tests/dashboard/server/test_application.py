"""Running server: no torch, a message for a busy port, Ctrl+C at any time."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.config import get_config_options

from core import Project, TrainConfig
from core.experiments.prepare import prepare_run

ROOT = Path(__file__).parents[3]
TOKEN = "s3cret"


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _get(port: int, path: str) -> urllib.request.Request:
    return urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Cookie": f"winnow-{port}={TOKEN}"})


@pytest.fixture
def server(untrained_project: Project, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The dashboard in a process of its own, started from an unrelated folder."""
    port = _free_port()
    words = [sys.executable, "-m", "dashboard", str(untrained_project.path), "--port", str(port), "--no-browser"]
    environment = {**os.environ, "WINNOW_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(words, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True)  # fmt: skip
    try:
        _wait_for(port)
        yield process, port
    finally:
        process.kill()
        process.communicate()


def _wait_for(port: int) -> None:
    for _ in range(150):
        try:
            urllib.request.urlopen(_get(port, "/_stcore/health")).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not start within 30 s")


def test_the_dashboard_never_imports_torch() -> None:
    code = (
        "import sys, core.api, dashboard.server.application, dashboard.server.routes;"
        "[getattr(core, name) for name in core.api.__all__];"
        "import importlib, pkgutil, dashboard.views;"
        "views = [view.name for view in pkgutil.iter_modules(dashboard.views.__path__, 'dashboard.views.')];"
        "assert len(views) >= 6, views;"
        "[importlib.import_module(view) for view in views];"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True).returncode == 0


def test_the_printed_link_is_the_only_way_in_and_ctrl_c_ends_cleanly(server: tuple[subprocess.Popen[str], int]) -> None:
    process, port = server
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith(f"Winnow is open at http://127.0.0.1:{port}/?token={TOKEN}")
    with urllib.request.urlopen(_get(port, "/")) as page:
        assert b'<div id="root">' in page.read()
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/")
    refused.value.close()
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Traceback" not in rest
    assert "http://" not in rest, "a second link, without the token, would lead to a refusal"


def test_the_settings_beside_the_script_are_the_one_source_and_streamlit_knows_them_all() -> None:
    beside = ROOT / "dashboard" / ".streamlit" / "config.toml"
    assert beside.read_bytes() == (ROOT / ".streamlit" / "config.toml").read_bytes()
    settings = tomllib.loads(beside.read_text(encoding="utf-8"))
    assert settings["server"]["address"] == "127.0.0.1"
    assert set(settings["server"]["allowedHosts"]) == {"localhost", "127.0.0.1"}
    assert settings["server"]["fileWatcherType"] == "none"
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["client"]["showErrorDetails"] == "none"
    known = get_config_options()
    for section in ("server", "browser", "client", "runner", "logger"):
        assert {f"{section}.{name}" for name in settings[section]} <= known.keys()


def test_ctrl_c_does_not_wait_for_open_progress_streams(
    server: tuple[subprocess.Popen[str], int], untrained_project: Project
) -> None:
    process, port = server
    folder = prepare_run(
        untrained_project.workspace, untrained_project.decisions, TrainConfig(), None, is_curated=False
    )
    folder.write_status(replace(folder.status(), state="running", pid=os.getpid()))
    with urllib.request.urlopen(_get(port, f"/winnow/{untrained_project.key}/runs/{folder.id}/events")) as stream:
        assert json.loads(stream.readline().removeprefix(b"data: "))["state"] == "running"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0


def test_a_busy_port_is_one_sentence_and_exit_code_2() -> None:
    with closing(socket.socket()) as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        words = [sys.executable, "-m", "dashboard", "--port", str(port), "--no-browser"]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert f"Port {port} is already in use" in done.stderr
    assert "--port" in done.stderr


def test_two_signals_at_once_end_the_server(server: tuple[subprocess.Popen[str], int]) -> None:
    process, port = server
    with urllib.request.urlopen(_get(port, "/")):
        pass
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
        process.send_signal(number)
    process.communicate(timeout=10)
    with closing(socket.socket()) as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("line", [1, 2])
def test_a_signal_inside_the_handler_of_another_never_waits_for_it(line: int) -> None:
    code = f"""
import signal, sys
from dashboard.server.shutdown import StopFlag, stop_on
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: None)
flag, lines = StopFlag(), []
for number in (signal.SIGINT, signal.SIGTERM):
    stop_on(number, flag)
def trace(frame, event, _):
    if frame.f_code.co_name == "set":
        lines.extend([event] if event == "line" else [])
        if event == "line" and len(lines) == {line}:
            signal.raise_signal(signal.SIGTERM)
    return trace
sys.settrace(trace)
signal.raise_signal(signal.SIGINT)
sys.settrace(None)
assert lines and flag.is_set()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=30, capture_output=True, text=True)
    assert done.returncode in (0, 128 + signal.SIGTERM), done.stderr


def test_a_second_ctrl_c_ends_a_server_that_does_not_stop() -> None:
    code = """
import signal, time
from dashboard.server.shutdown import StopFlag, stop_on
def hang(*_):
    print("stopping", flush=True)
    time.sleep(60)
signal.signal(signal.SIGINT, hang)
stop_on(signal.SIGINT, StopFlag())
print("ready", flush=True)
time.sleep(60)
"""
    words = [sys.executable, "-c", code]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            for said in ("ready\n", "stopping\n"):
                assert process.stdout.readline() == said
                process.send_signal(signal.SIGINT)
            assert process.wait(timeout=10) == 128 + signal.SIGINT
        finally:
            process.kill()


def test_the_browser_is_given_a_code_that_works_once_and_never_the_token(
    untrained_project: Project, tmp_path: Path
) -> None:
    told, program, port = tmp_path / "told", tmp_path / "browser", _free_port()
    program.write_text(f'#!/bin/sh\necho "$@" > {told}.new && mv {told}.new {told}\n')
    program.chmod(0o755)
    words = [sys.executable, "-m", "dashboard", str(untrained_project.path), "--port", str(port)]
    around = {name: value for name, value in os.environ.items() if name != "WINNOW_TOKEN"}
    around |= {"BROWSER": f"{program} %s", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(words, cwd=tmp_path, env=around, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        for _ in range(100):
            if told.exists():
                break
            time.sleep(0.1)
        address = told.read_text().strip()
        assert "code=" in address
        assert "token" not in address
        with urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open(address) as page:
            assert page.status == 200
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            urllib.request.urlopen(address)
        refused.value.close()
    finally:
        process.kill()
        process.wait()
