"""A small Hugging Face hub on this machine: it answers the routes of the hub's API that its own client asks."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from huggingface_hub import DatasetCard


@dataclass
class FakeHub:
    """Data sets by name and branch, and what was asked.

    Attributes:
        folders: Name → branch → folder of its files.
        gated: Names whose files are given to nobody here.
        asked: Paths of all requests.
        url: Where it answers.
        cdn: Host to which it redirects for large files.
    """

    folders: dict[str, dict[str, Path]] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    cdn: str = ""

    def add(self, name: str, folder: Path, branch: str = "main") -> str:
        """Add a branch of a data set, and return its commit."""
        self.folders.setdefault(name, {})[branch] = folder
        return commit_of(folder)

    @property
    def sent(self) -> list[str]:
        """Return the files that were sent."""
        return [path for path in self.asked if path.startswith("GET ") and ("/resolve/" in path or "/cdn/" in path)]


def commit_of(folder: Path) -> str:
    """Return a commit hash that follows from names and contents."""
    digest = hashlib.sha1()
    for path in files_of(folder):
        digest.update(path.encode() + (folder / path).read_bytes())
    return digest.hexdigest()


def files_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def card_of(folder: Path) -> Any:
    """Return the metadata on top of README.md, as the hub parses it."""
    card = folder / "README.md"
    data: Any = DatasetCard(card.read_text()).data if card.exists() else None
    return None if data is None else data.to_dict()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub

    def log_message(self, format: str, *args: Any) -> None:
        del format, args

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append(f"{self.command} {path}")
        parts = path.strip("/").split("/")
        if parts[0] == "cdn":
            self._send((self.hub.folders["/".join(parts[1:3])]["main"] / "/".join(parts[3:])).read_bytes())
            return
        is_api = parts[0] == "api"
        name = "/".join(parts[2:4] if is_api else parts[1:3])
        branches = self.hub.folders.get(name)
        if branches is None:
            self._refuse(401, "RepoNotFound")
            return
        rest = parts[4:] if is_api else parts[3:]
        if not rest:
            self._send_info(name, branches["main"])
            return
        after = "/".join(rest[1:])
        for branch, folder in branches.items():
            for revision in (branch, commit_of(folder)):
                if after == revision or after.startswith(f"{revision}/"):
                    self._send_part(name, rest[0], folder, after.removeprefix(revision).strip("/"))
                    return
        self._refuse(404, "RevisionNotFound")

    def _send_part(self, name: str, what: str, folder: Path, file: str) -> None:
        if what == "revision":
            self._send_info(name, folder)
        elif what == "tree":
            folders = sorted(path.name for path in folder.iterdir() if path.is_dir())
            listed: list[dict[str, Any]] = [{"type": "directory", "path": p, "oid": "0" * 40} for p in folders]
            listed += [
                {"type": "file", "path": path, "size": (folder / path).stat().st_size, "oid": _etag(folder / path)}
                for path in files_of(folder)
            ]
            self._send(json.dumps(listed).encode())
        elif name in self.hub.gated:
            self._refuse(403, "GatedRepo")
        elif not (folder / file).is_file():
            self._refuse(404, "EntryNotFound")
        else:
            about = {"X-Repo-Commit": commit_of(folder), "ETag": f'"{_etag(folder / file)}"'}
            if file.endswith(".parquet") and folder == self.hub.folders[name].get("main"):  # the hub redirects to a CDN
                size = str((folder / file).stat().st_size)
                more = {
                    "X-Linked-Etag": about["ETag"],
                    "X-Linked-Size": size,
                    "Location": f"{self.hub.cdn}/cdn/{name}/{file}",
                }
                self._send(b"", about | more, 302)
            else:
                self._send((folder / file).read_bytes(), about)

    def _send_info(self, name: str, folder: Path) -> None:
        info: dict[str, Any] = {
            "id": name, "sha": commit_of(folder), "private": False, "gated": name in self.hub.gated, "tags": [],
            "cardData": card_of(folder), "siblings": [{"rfilename": path} for path in files_of(folder)],
        }  # fmt: skip
        self._send(json.dumps(info).encode())

    def _send(self, content: bytes, headers: dict[str, str] | None = None, status: int = 200) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def _refuse(self, status: int, code: str) -> None:
        self._send(b"{}", {"X-Error-Code": code, "X-Error-Message": code}, status)


def _etag(file: Path) -> str:
    return hashlib.sha1(file.read_bytes()).hexdigest()


@contextmanager
def running_hub() -> Iterator[FakeHub]:
    """Yield a hub that answers on this machine until the block ends."""
    hub = FakeHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    hub.cdn = hub.url.replace("127.0.0.1", "localhost")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
