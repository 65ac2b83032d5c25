"""Routes of the Map page: columns of the points, stored selections, errors."""

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from core import Project
from dashboard.server.auth import AuthMiddleware
from dashboard.server.map_routes import MAP_ROUTES
from dashboard.server.routes import ROUTES
from tests.dashboard.conftest import BASE, OWN, ReviewClient

INTEGERS = dict.fromkeys(("id", "prediction", "label"), "<i4")
TYPES = {**INTEGERS, **dict.fromkeys(("x", "y", "confidence"), "<f4"), "decision": "u1", "labeled": "u1"}


@pytest.fixture
def client(trained_project: Project) -> Iterator[ReviewClient]:
    app = Starlette(routes=[*ROUTES, *MAP_ROUTES], middleware=[Middleware(AuthMiddleware, token="t", port=8501)])
    with TestClient(app, base_url=BASE, headers=OWN) as http:
        yield ReviewClient(http, trained_project)


def columns(client: ReviewClient, query: str = "") -> dict[str, Any]:
    found = client.get(f"/runs/{client.run}/map?{query}").json()
    return {name: np.frombuffer(base64.b64decode(found[name]), kind) for name, kind in TYPES.items()}


def test_every_column_has_a_number_for_each_image(client: ReviewClient) -> None:
    found = columns(client)
    num = len(client.project.splits.pool) + len(client.project.splits.labeled)
    assert {len(column) for column in found.values()} == {num}
    rows = np.flatnonzero(found["labeled"] == 0)
    assert np.array_equal(found["id"][rows], client.pool.ids)
    assert np.array_equal(found["prediction"][rows], client.pool.scores.pseudo_labels)


def test_the_label_is_the_one_that_a_person_gave_and_calibration_stays_hidden(client: ReviewClient) -> None:
    image = int(client.project.splits.calibration[0])
    before = columns(client)
    is_pool = before["labeled"] == 0
    assert (before["label"][is_pool] == -1).all()
    client.project.decide(client.run, "relabel", image, 2)
    after = columns(client)
    row = int(np.flatnonzero(after["id"] == image)[0])
    assert (after["label"][row], after["decision"][row]) == (2, 2)


def test_a_selection_is_stored_and_its_queue_shows_exactly_these_images(client: ReviewClient) -> None:
    ids = client.pool.ids[[2, 9, 11]].tolist()
    answer = client.http.post(f"{client.root}/runs/{client.run}/sets", json={"ids": ids}).json()
    assert answer["count"] == 3
    page = client.page(f"set={answer['set']}&show=all")
    assert sorted(card["id"] for card in page["cards"]) == ids
    assert page["matching"] == 3


@pytest.mark.parametrize("body", [{}, {"ids": []}, {"ids": ["1"]}, {"ids": [10**6]}, [1], {"ids": [True]}])
def test_a_wrong_selection_is_refused_with_a_sentence(client: ReviewClient, body: Any) -> None:
    response = client.http.post(f"{client.root}/runs/{client.run}/sets", json=body)
    assert response.status_code == 400
    assert response.json()["error"].endswith(".")


@pytest.mark.parametrize(
    ("query", "part"),
    [("method=tsne", "no map called"), ("method=pacmap", "not computed yet"), ("seed=x", "seed must be")],
)
def test_a_map_that_is_not_there_is_refused_with_a_sentence(client: ReviewClient, query: str, part: str) -> None:
    response = client.get(f"/runs/{client.run}/map?{query}")
    assert response.status_code == 400
    assert part in response.json()["error"]
