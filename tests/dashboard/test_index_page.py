"""The script of the browser's history in Streamlit's page: before its scripts, in HTML answers only."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.server.index_page import SCRIPT, IndexPageMiddleware

HTML = {"Accept": "text/html,*/*"}


async def _page(request: Request) -> Response:
    assert "accept-encoding" not in request.headers, "a packed answer cannot be changed"
    assert "if-none-match" not in request.headers, "the browser keeps the page of an earlier version"
    return HTMLResponse("<html><head><script src=a></script></head></html>", headers={"ETag": "1"})


async def _text(_request: Request) -> Response:
    return PlainTextResponse("<head>")


@pytest.fixture
def client() -> TestClient:
    routes = [Route("/", _page), Route("/text", _text)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(IndexPageMiddleware)]))


def test_the_script_comes_before_those_of_streamlit_and_the_length_is_right(client: TestClient) -> None:
    answer = client.get("/", headers=HTML | {"If-None-Match": "1"})
    assert answer.text == f"<html><head>{SCRIPT.read_text()}<script src=a></script></head></html>"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "etag" not in answer.headers


def test_an_answer_that_is_no_html_page_stays_as_it_is(client: TestClient) -> None:
    assert client.get("/text", headers=HTML).text == "<head>"
