"""Authentication: Host, token cookie and Origin of every request."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.server.access.auth import AuthMiddleware
from dashboard.server.access.one_time_codes import OneTimeCodes

TOKEN = "s3cret"
BASE = "http://127.0.0.1:8501"
COOKIE = {"Cookie": f"winnow-8501={TOKEN}"}
JSON = {"Content-Type": "application/json"}


async def _inside(request: Request) -> PlainTextResponse:
    return PlainTextResponse("inside")


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("inside")
    await socket.close()


@pytest.fixture
def client() -> TestClient:
    paths = ("/", "/winnow/x", "/_stcore/health", "/_stcore/upload_file")
    routes = [Route(path, _inside, methods=["GET", "POST"]) for path in paths]
    app = Starlette(
        routes=[*routes, WebSocketRoute("/_stcore/stream", _socket)],
        middleware=[Middleware(AuthMiddleware, token=TOKEN, port=8501)],
    )
    return TestClient(app, base_url=BASE, follow_redirects=False)


def test_without_the_token_nothing_but_health_is_shown(client: TestClient) -> None:
    for path in ("/", "/winnow/x", "/?token=wrong", "/?token="):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "token" in answer.json()["error"]
    assert client.get("/_stcore/health").text == "inside"


def test_the_token_moves_from_the_address_into_a_cookie_that_scripts_cannot_read(client: TestClient) -> None:
    answer = client.get(f"/?project=a%20b&token={TOKEN}&run=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?project=a+b&run=1"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/").text == "inside", "the cookie alone is enough from now on"


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/"])
def test_the_redirect_never_leads_to_another_host(client: TestClient, path: str) -> None:
    location = client.get(f"{BASE}{path}?token={TOKEN}").headers["location"]
    assert location.startswith("/")
    assert location[1] not in "/\\"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", "127.0.0.1@evil", ""])
def test_another_host_is_refused_even_with_the_cookie(client: TestClient, host: str) -> None:
    for path in ("/", "/_stcore/health", f"/?token={TOKEN}"):
        assert client.get(path, headers={**COOKIE, "Host": host}).status_code == 403


def test_an_odd_cookie_of_another_program_does_not_lock_the_person_out(client: TestClient) -> None:
    assert client.get("/", headers={"Cookie": f'other={{"a":"b c"}}; winnow-8501={TOKEN}'}).text == "inside"


def test_another_dashboards_cookie_opens_nothing(client: TestClient) -> None:
    assert client.get("/", headers={"Cookie": f"winnow-8502={TOKEN}"}).status_code == 403


@pytest.mark.parametrize(
    "foreign",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": BASE},
    ],
)
def test_another_sites_page_changes_nothing(client: TestClient, foreign: dict[str, str]) -> None:
    for path in ("/winnow/x", "/_stcore/upload_file"):
        assert client.post(path, headers={**COOKIE, **JSON, **foreign}).status_code == 403


def test_own_routes_take_json_only(client: TestClient) -> None:
    own = {**COOKIE, "Origin": BASE, "Sec-Fetch-Site": "same-origin"}
    assert client.post("/winnow/x", headers={**own, **JSON}).text == "inside"
    assert client.post("/winnow/x", headers={**own, "Content-Type": "text/plain"}).status_code == 403
    assert client.post("/winnow/x", headers={**own, "Content-Type": "application/x-www-form-urlencoded"}).is_error


def test_a_change_needs_the_cookie_not_the_link(client: TestClient) -> None:
    assert client.post(f"/winnow/x?token={TOKEN}", headers=JSON).status_code == 403


@pytest.mark.parametrize(
    "headers", [{}, {**COOKIE, "Origin": "http://evil.example"}, {**COOKIE, "Host": "evil.example"}]
)
def test_the_websocket_needs_the_cookie_too(client: TestClient, headers: dict[str, str]) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/_stcore/stream", headers={"Host": "127.0.0.1:8501", **headers}),
    ):
        pass


def test_winnows_own_page_may_open_the_websocket(client: TestClient) -> None:
    own = {**COOKIE, "Origin": BASE, "Host": "127.0.0.1:8501"}
    with client.websocket_connect("/_stcore/stream", headers=own) as socket:
        assert socket.receive_text() == "inside"


def test_a_code_opens_the_dashboard_once_and_the_cookie_goes_on() -> None:
    codes = OneTimeCodes()
    middleware = [Middleware(AuthMiddleware, token=TOKEN, port=8501, codes=codes)]
    app = Starlette(routes=[Route("/", _inside)], middleware=middleware)
    first, second = (TestClient(app, base_url=BASE, follow_redirects=False) for _ in range(2))
    code = codes.issue()
    answer = first.get(f"/?project=a&code={code}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?project=a")
    assert code not in answer.headers["set-cookie"]
    assert first.get("/").text == "inside"
    assert "used before" in second.get(f"/?code={code}").json()["error"]
    assert first.get(f"/?code={code}").status_code == 303, "a reload in the same browser is no attack"


def test_a_code_on_a_command_line_is_short_lived() -> None:
    now = 0.0
    codes = OneTimeCodes(clock=lambda: now)
    code = codes.issue(seconds=60)
    now = 61.0
    assert not codes.use(code)


def test_the_server_learns_which_code_was_used() -> None:
    used: list[str] = []
    codes = OneTimeCodes(used.append)
    code = codes.issue()
    assert codes.use(code)
    assert not codes.use(code)
    assert used == [code]
