"""The check of dependencies: a repaired vulnerability fails it, everything else is told and passes."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests import find_advisories

PACKAGES = {"one-package": "1.5", "other": "2.0"}


class Service(HTTPServer):
    """An advisory service that knows what a test tells it."""

    known: dict[str, list[dict[str, Any]]]  # advisories by package
    raw: bytes | None = None  # an answer that is none

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        names = [query["package"]["name"] for query in queries]
        self._answer(
            {"results": [{"vulns": [{"id": one["id"]} for one in self.server.known.get(n, ())]} for n in names]}
        )

    def do_GET(self) -> None:
        every = {one["id"]: one for found in self.server.known.values() for one in found}
        self._answer(every[self.path.rpartition("/")[2]])

    def _answer(self, value: Any) -> None:
        body = json.dumps(value).encode() if self.server.raw is None else self.server.raw
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(find_advisories, "direct_dependencies", lambda _: PACKAGES)
    with Service(("127.0.0.1", 0), _Handler) as server:
        server.known = {}
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def advisory(name: str, *fixed: str, **more: Any) -> dict[str, Any]:
    events = [{"introduced": "0"}, *[{"fixed": one} for one in fixed]]
    return {"id": "A-1", "affected": [{"package": {"name": name}, "ranges": [{"events": events}]}], **more}


@pytest.mark.parametrize(
    ("known", "code", "told"),
    [
        ({}, 0, "0 about 2 direct dependencies"),
        ({"one-package": [advisory("One_Package", "1.4", "2.1", "1.6")]}, 1, "one-package 1.5, repaired in 1.6"),
        ({"one-package": [advisory("one-package")]}, 0, "no later version is repaired"),
        ({"one-package": [advisory("one-package", "1.4", "0a1b2c-commit")]}, 0, "no later version is repaired"),
        ({"one-package": [advisory("third", "9")]}, 0, "no later version is repaired"),
        ({"one-package": [advisory("one-package", "1.6", withdrawn="2026-01-01")]}, 0, "0 about 2"),
    ],
)
def test_only_a_vulnerability_that_an_update_repairs_fails(
    service: Service, known: dict[str, Any], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    service.known = known
    assert find_advisories.main(["--service", service.address]) == code
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    "raw", [b"<html>A proxy", b"[]", b'{"results": []}', b'{"results": 3}', b'{"results": [1, 2]}']
)
def test_an_answer_that_is_none_is_one_line_and_passes(
    service: Service, raw: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    service.raw = raw
    assert find_advisories.main(["--service", service.address]) == 0
    assert capsys.readouterr().out.startswith("Advisories: not checked")


def test_a_service_that_is_away_or_silent_is_one_line_and_passes(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never answers
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert find_advisories.main(["--service", address, "--seconds", "0.3"]) == 0
    assert find_advisories.main(["--service", address]) == 0  # closed by now
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("Advisories: not checked") for line in lines)


def test_direct_dependencies_are_those_of_the_project_with_their_versions(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(
        '[project]\ndependencies = ["numpy>=2.1", "no-such-package; sys_platform == \'win32\'"]\n'
        '[project.optional-dependencies]\ndev = ["pytest>=8.4"]\n'
    )
    found = find_advisories.direct_dependencies(file)
    assert list(found) == ["numpy", "pytest"]
    assert all(part.isdigit() for part in found["numpy"].split("."))
    assert len(find_advisories.direct_dependencies(find_advisories._PROJECT)) > 25
