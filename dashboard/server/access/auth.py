"""Authentication: checks Host, token cookie and Origin of each request and WebSocket.

Streamlit checks only its own WebSocket. Without this middleware every page in the browser could use the routes and, by
DNS rebinding, every site. A link holds a one-time code, or the token that WINNOW_TOKEN sets; the first request
exchanges it for a cookie.
"""

import secrets
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.server.access.one_time_codes import OneTimeCodes

HOSTS = ("127.0.0.1", "localhost", "[::1]")
ROUTE_PREFIX = "/winnow/"
_HEALTH = "/_stcore/health"
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class AuthMiddleware:
    """ASGI middleware that answers refused requests with status 403 and a message.

    Args:
        app: The application behind it.
        token: Secret that each request needs.
        port: Port of the server, part of the cookie's name.
        codes: Codes of links, each of which is exchanged for the cookie once; None for no such links.
    """

    def __init__(self, app: ASGIApp, token: str, port: int, codes: OneTimeCodes | None = None) -> None:
        self._app, self._token, self._codes = app, token, codes or OneTimeCodes()
        self.cookie = f"winnow-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
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
        """Return the answer to a refused request; None for an allowed one."""
        host = headers.get("host", "")
        if host.rsplit(":", 1)[0] not in HOSTS and host not in HOSTS:
            return _forbidden("This host name is not allowed: open Winnow at http://127.0.0.1.")
        if scope["path"] == _HEALTH:
            return None
        query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True))
        given = query.pop("token", None)
        has_cookie = self._is_token(_cookie(headers, self.cookie))
        is_get = scope["type"] == "http" and scope["method"] == "GET"
        if is_get and given is not None and self._is_token(given):
            return self._redirect_with_cookie(scope["path"], query)
        if is_get and (code := query.pop("code", None)) is not None:
            if has_cookie or self._codes.use(code):
                return self._redirect_with_cookie(scope["path"], query)
            return _forbidden("This link was used before or is too old: take the latest link that `winnow` printed.")
        if not has_cookie:
            return _forbidden("This page needs a token: open the link that `winnow` printed when it started.")
        return self._cross_site_refusal(scope, headers, host)

    def _redirect_with_cookie(self, path: str, query: dict[str, str]) -> Response:
        """Redirect to the same page without the token in its URL, and set the cookie."""
        rest = f"?{urlencode(query)}" if query else ""
        answer = RedirectResponse(f"/{path.lstrip('/')}{rest}", status_code=303)
        answer.set_cookie(self.cookie, self._token, httponly=True, samesite="strict", path="/")
        return answer

    def _cross_site_refusal(self, scope: Scope, headers: Headers, host: str) -> Response | None:
        """Refuse a change or a WebSocket that a page of another site requests."""
        is_change = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        if not is_change:
            return None
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if (origin is not None and origin.split("://")[-1] != host) or site not in (None, "same-origin", "none"):
            return _forbidden("A page of another site must not change anything here.")
        is_json = headers.get("content-type", "").split(";")[0].strip() == "application/json"
        if scope["type"] == "http" and scope["path"].startswith(ROUTE_PREFIX) and not is_json:
            return _forbidden("This route accepts only JSON.")
        return None

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())


def _cookie(headers: Headers, name: str) -> str:
    """Return one cookie; unlike a strict parser, skip malformed cookies of other programs."""
    return cookie_parser(headers.get("cookie", "")).get(name, "")


def _forbidden(message: str) -> Response:
    return JSONResponse({"error": message}, status_code=403)
