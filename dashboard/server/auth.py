"""One gate in front of pages, routes and WebSocket alike: the Host is ours, the token is known, a change comes from us.

Streamlit guards its own WebSocket only; own routes would stand open to every page in the browser and, by DNS
rebinding, to every site. The token stands in the printed link once and then in a cookie.
"""

import secrets
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

HOSTS = ("127.0.0.1", "localhost", "[::1]")
OWN = "/winnow/"
_HEALTH = "/_stcore/health"
_SAFE = ("GET", "HEAD", "OPTIONS")


class Gate:
    """ASGI middleware; everything that is refused is a 403 with a sentence."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app, self._token = app, token
        self.cookie = f"winnow-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """The answer to a request that may not pass; None for one that may."""
        host = headers.get("host", "")
        if host.rsplit(":", 1)[0] not in HOSTS and host not in HOSTS:
            return _no("This address is not one of Winnow's: open it as http://127.0.0.1.")
        if scope["path"] == _HEALTH:
            return None
        query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True))
        given = query.pop("token", None)
        if given is not None and self._is_token(given) and scope["type"] == "http" and scope["method"] == "GET":
            return self._welcome(scope["path"], query)
        if not self._is_token(_cookie(headers, self.cookie)):
            return _no("This page needs its token: open the link that `winnow` printed when it started.")
        return self._foreign(scope, headers, host)

    def _welcome(self, path: str, query: dict[str, str]) -> Response:
        """The same page without the token in its address; the cookie carries it from now on."""
        rest = f"?{urlencode(query)}" if query else ""
        answer = RedirectResponse(f"/{path.lstrip('/')}{rest}", status_code=303)
        answer.set_cookie(self.cookie, self._token, httponly=True, samesite="strict", path="/")
        return answer

    def _foreign(self, scope: Scope, headers: Headers, host: str) -> Response | None:
        """A refusal for a change, or a WebSocket, that another site's page asks for."""
        is_change = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if not is_change:
            return None
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if (origin is not None and origin.split("://")[-1] != host) or site not in (None, "same-origin", "none"):
            return _no("Another site's page may not change anything here.")
        is_json = headers.get("content-type", "").split(";")[0].strip() == "application/json"
        if scope["type"] == "http" and scope["path"].startswith(OWN) and not is_json:
            return _no("This route takes JSON only.")
        return None

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())


def _cookie(headers: Headers, name: str) -> str:
    """Read as browsers write: a strict parser would stop at the odd cookie of another program on this machine."""
    return cookie_parser(headers.get("cookie", "")).get(name, "")


def _no(sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status_code=403)
