"""ASGI application: pages and routes behind authentication, on 127.0.0.1 only."""

import gc
import os
import secrets
import signal
import socket
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from starlette.middleware import Middleware

from core import Project, ServerError, WinnowError
from dashboard.server.access.auth import AuthMiddleware
from dashboard.server.access.one_time_codes import OneTimeCodes
from dashboard.server.index_page import IndexPageMiddleware
from dashboard.server.map_routes import MAP_ROUTES
from dashboard.server.memory import limit_mapped_memory
from dashboard.server.routes import ROUTES, is_stopping
from dashboard.server.shutdown import stop_on
from dashboard.state.projects import preload_review, recent_keys

ADDRESS = "127.0.0.1"
_BROWSER_SECONDS = 120  # a code on a browser's command line, which every user of the machine can read
_SCRIPT = Path(__file__).parents[1] / "app.py"


def create_app(token: str, port: int, codes: OneTimeCodes | None = None) -> st.App:
    """Create the application.

    Args:
        token: Secret that each request needs.
        port: Port of the server, part of the cookie's name.
        codes: Codes of links, each of which opens the dashboard once.
    """
    middleware = [Middleware(AuthMiddleware, token=token, port=port, codes=codes), Middleware(IndexPageMiddleware)]
    return st.App(str(_SCRIPT), routes=[*ROUTES, *MAP_ROUTES], middleware=middleware, lifespan=_lifespan)


def serve(project: Path | None, port: int, *, has_browser: bool) -> None:
    """Serve the dashboard until Ctrl+C.

    Args:
        project: Folder of the project to open; None for the one opened last.
        port: Port on 127.0.0.1.
        has_browser: Whether a browser is opened.

    Raises:
        ServerError: The port is in use.
        WinnowError: The project cannot be opened.
    """
    _check_port(port)
    fixed = os.environ.get("WINNOW_TOKEN")
    token = fixed or secrets.token_urlsafe(24)
    key = Project.open(project).key if project is not None else next(iter(recent_keys()), None)
    place = {"project": key} if project is not None and key is not None else {}

    def link(**access: str) -> str:
        return f"http://{ADDRESS}:{port}/?{urlencode(access | place)}"

    def print_next(used: str) -> None:
        if fixed is None and used != browser_code:
            print(f"That link is used up; for another browser: {link(code=codes.issue())}", flush=True)

    codes = OneTimeCodes(print_next)
    browser_code = codes.issue(_BROWSER_SECONDS) if has_browser else ""
    app = create_app(token, port, codes)
    first = link(token=fixed) if fixed is not None else link(code=codes.issue())
    print(f"Winnow is open at {first}\nStop it with Ctrl+C; runs go on by themselves.", flush=True)
    if has_browser:
        threading.Timer(1.0, webbrowser.open, [link(code=browser_code)]).start()
    gc.collect()
    gc.freeze()
    if key is not None:
        threading.Thread(target=_preload, args=(key,), daemon=True).start()
    threading.Thread(target=limit_mapped_memory, args=(is_stopping,), daemon=True).start()
    app.run(config={"server.port": port, "server.address": ADDRESS, "server.headless": True})


def _preload(key: str) -> None:
    with suppress(WinnowError, OSError):  # the page shows what is wrong with the project
        preload_review(key)


@asynccontextmanager
async def _lifespan(_app: st.App) -> AsyncIterator[None]:
    """End open progress streams on a stop signal, because the server waits for open responses."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            stop_on(number, is_stopping)
    yield


def _check_port(port: int) -> None:
    if not _is_free(port):
        free = next((other for other in range(port + 1, port + 100) if _is_free(other)), None)
        advice = f"use another: winnow open --port {free}" if free else "close the program that uses it"
        raise ServerError(f"Port {port} is already in use, perhaps by another Winnow: {advice}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True
