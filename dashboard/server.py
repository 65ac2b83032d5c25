"""The server: pages and own routes as one ASGI application on this machine's own address, behind the gate."""

import gc
import os
import secrets
import socket
import threading
import webbrowser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from starlette.middleware import Middleware
from streamlit import config as settings

from core import Project, ServerError
from dashboard.gate import Gate
from dashboard.routes import ROUTES

ADDRESS = "127.0.0.1"
_SCRIPT = Path(__file__).with_name("app.py")
_HIDDEN: dict[str, Any] = {"runner.postScriptGC": False}
"""Options that Streamlit does not document; each is set only where this version knows it."""


def application(token: str, port: int) -> st.App:
    """Pages and routes behind the gate."""
    return st.App(str(_SCRIPT), routes=ROUTES, middleware=[Middleware(Gate, token=token, port=port)])


def serve(project: Path | None, port: int, *, has_browser: bool) -> None:
    """Open the dashboard and stay until Ctrl+C; ServerError where the port is taken."""
    _check_port(port)
    token = os.environ.get("WINNOW_TOKEN") or secrets.token_urlsafe(24)
    query = {"token": token} | ({"project": Project.open(project).key} if project is not None else {})
    link = f"http://{ADDRESS}:{port}/?{urlencode(query)}"
    app = application(token, port)
    print(f"Winnow is open at {link}\nStop it with Ctrl+C; runs go on by themselves.", flush=True)
    if has_browser:
        threading.Timer(1.0, webbrowser.open, [link]).start()
    gc.collect()
    gc.freeze()
    known = settings.get_config_options()
    options = {"server.port": port, "server.address": ADDRESS, "server.headless": True}
    app.run(config=options | {name: value for name, value in _HIDDEN.items() if name in known})


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
