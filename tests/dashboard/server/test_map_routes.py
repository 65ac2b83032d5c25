"""Routes of the Map page: columns of the points, stored selections, errors."""

import base64
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from core import Project
from dashboard.server.access.auth import AuthMiddleware
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


def test_points_are_colored_by_the_groups_of_a_metadata_column(client: ReviewClient) -> None:
    project = with_metadata(client.project)
    found = client.get(f"/runs/{client.run}/map/metadata?column=weight").json()
    assert found["names"] == ["0", "1", "2", "no value"]
    assert found["ordered"]
    values = np.frombuffer(base64.b64decode(found["values"]), "u1")
    groups = project.metadata.groups("weight").of_image
    assert np.array_equal(values, groups[project.review(client.run).map.ids])


def test_the_metadata_columns_are_described(client: ReviewClient) -> None:
    with_metadata(client.project)
    camera, weight = client.get("/metadata").json()["columns"]
    assert (camera["kind"], weight["kind"]) == ("text", "number")
    assert (weight["low"], weight["high"], weight["num_values"]) == ("0", "2", 3)
    assert [value for value, _ in camera["top"]] == ["A", "B"]


def test_a_column_that_is_not_there_is_refused_with_a_sentence(client: ReviewClient) -> None:
    response = client.get(f"/runs/{client.run}/map/metadata?column=zoom")
    assert response.status_code == 400
    assert "metadata" in response.json()["error"]


def with_metadata(project: Project) -> Project:
    """Give the images of a project, which is opened again where it is read, two columns."""
    num = len(project.images.labels)
    weights = ["" if n % 4 == 3 else str(n % 4) for n in range(num)]
    columns = pa.table({"camera": ["AB"[n % 2] for n in range(num)], "weight": weights})
    pq.write_table(columns, project.path / "images" / "metadata.parquet")
    os.utime(project.path / "project.toml")
    return Project.open(project.path)
