"""HTTP client on a trained project, shared by the tests of routes and open projects."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from core import Project
from dashboard.server.access.auth import AuthMiddleware
from dashboard.server.routes import ROUTES

BASE = "http://127.0.0.1:8501"
OWN = {"Cookie": "winnow-8501=t", "Origin": BASE, "Sec-Fetch-Site": "same-origin"}


class ReviewClient:
    """HTTP client on the routes of one trained project."""

    def __init__(self, http: TestClient, project: Project) -> None:
        self.http, self.project, self.run = http, project, project.runs()[0].id
        self.root = f"/winnow/{project.key}"
        self.pool = project.scores(self.run)

    def get(self, path: str) -> Any:
        return self.http.get(f"{self.root}{path}")

    def post(self, path: str, body: Any) -> Any:
        return self.http.post(f"{self.root}{path}", json=body)

    def page(self, query: str = "") -> Any:
        return self.get(f"/runs/{self.run}/page?{query}").json()

    def send(self, *commands: dict[str, Any], sequence: int = 1) -> Any:
        body = {"client": "c", "sequence": sequence, "reviewer": "ann", "commands": list(commands)}
        return self.http.post(f"{self.root}/runs/{self.run}/commands", json=body)

    def command(self, position: int, verdict: str, **more: Any) -> dict[str, Any]:
        suggestion = int(self.pool.scores.pseudo_labels[position])
        image = int(self.pool.ids[position])
        return {"command_id": f"c{position}-{verdict}", "verdict": verdict, "image_id": image, "suggestion": suggestion,
                **more}  # fmt: skip


@pytest.fixture
def review(trained_project: Project) -> Iterator[ReviewClient]:
    app = Starlette(routes=ROUTES, middleware=[Middleware(AuthMiddleware, token="t", port=8501)])
    with TestClient(app, base_url=BASE, headers=OWN) as http:
        yield ReviewClient(http, trained_project)
