"""Debian's Firefox under Playwright, by WebDriver BiDi.

Playwright speaks BiDi to a stock Firefox, but takes for granted a few commands that the extended support release does
not know yet (collecting response bodies, folders of downloads, emulated themes). This program starts Firefox, stands
between the two, and answers such a command with an empty success, so that everything else works as it is.

`launch(playwright)` gives the browser; Playwright starts this file as if it were Firefox.
"""

import asyncio
import json
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Playwright
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

_ADDRESS = re.compile(rb"listening on (ws://\S+)")


def find() -> Path | None:
    """Return the program of Firefox, or None where it is not installed."""
    named = shutil.which("firefox-esr") or shutil.which("firefox")
    return Path(named) if named else None


def launch(playwright: Playwright) -> Browser:
    """Start Firefox without a window.

    Args:
        playwright: Running Playwright.

    Returns:
        The browser. Themes cannot be emulated in it, and downloads not be read.
    """
    folder = Path(tempfile.mkdtemp(prefix="firefox"))
    program = folder / "firefox"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).resolve()}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    browser = playwright.firefox.launch(channel="moz-firefox", executable_path=program)
    browser.on("disconnected", lambda _: shutil.rmtree(folder, ignore_errors=True))
    return browser


def answered(message: str) -> str:
    """Return an answer of Firefox, an empty success in place of "unknown command"."""
    answer = json.loads(message)
    if answer.get("error") != "unknown command":
        return message
    return json.dumps({"type": "success", "id": answer["id"], "result": {}})


async def _relay(client: ServerConnection, address: str) -> None:
    """Pass messages on between Playwright and Firefox until one of them goes."""

    async def to_firefox(firefox: ClientConnection) -> None:
        async for message in client:
            await firefox.send(message)

    async def to_client(firefox: ClientConnection) -> None:
        async for message in firefox:
            await client.send(answered(str(message)))

    assert client.request is not None
    async with connect(address + client.request.path, max_size=None) as firefox:
        both = [asyncio.ensure_future(to_firefox(firefox)), asyncio.ensure_future(to_client(firefox))]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for one in both:
            one.cancel()


async def _main(arguments: list[str]) -> int:
    """Start Firefox with the arguments, and be its address."""
    program = find()
    assert program is not None, "no Firefox: apt-get install firefox-esr"
    firefox = await asyncio.create_subprocess_exec(
        program, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, firefox.terminate)
    assert firefox.stdout is not None
    found = None
    while found is None:
        line = await firefox.stdout.readline()
        assert line, "Firefox ended before it listened"
        found = _ADDRESS.search(line)
    address = found[1].decode()

    async def drain() -> None:
        assert firefox.stdout is not None
        while await firefox.stdout.readline():
            pass

    async with serve(lambda client: _relay(client, address), "127.0.0.1", 0, max_size=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        print(f"WebDriver BiDi listening on ws://127.0.0.1:{port}", file=sys.stderr, flush=True)
        await drain()
    return await firefox.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(sys.argv[1:])))
