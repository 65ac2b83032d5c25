"""Middleware that puts the script of the browser's history into Streamlit's HTML page, before Streamlit's own scripts.

Streamlit writes parameters to the address of the first page before it draws anything; a script that a page draws comes
too late, and the tab begins with up to six entries for one page.
"""

from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCRIPT = Path(__file__).parents[1] / "assets" / "history.html"
_HEAD = b"<head>"
_CHOOSE_ANSWER = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")


class IndexPageMiddleware:
    """ASGI middleware that inserts the script into each HTML answer.

    Args:
        app: The application behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._script = SCRIPT.read_bytes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; change the answer where it is an HTML page."""
        if not _is_page(scope):
            await self._app(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name not in _CHOOSE_ANSWER]
        start: Message = {}
        body = b""

        async def collect(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                if not _is_html(message):
                    await send(message)
            elif not _is_html(start):
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    body = body.replace(_HEAD, _HEAD + self._script, 1)
                    headers = MutableHeaders(raw=start["headers"])
                    headers["content-length"] = str(len(body))
                    for name in ("etag", "last-modified"):
                        del headers[name]
                    await send(start)
                    await send({"type": "http.response.body", "body": body})

        await self._app({**scope, "headers": plain}, receive, collect)


def _is_page(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def _is_html(start: Message) -> bool:
    return MutableHeaders(raw=start["headers"]).get("content-type", "").startswith("text/html")
