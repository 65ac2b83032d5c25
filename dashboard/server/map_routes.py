"""HTTP routes of the Map page: points of a run, image sets; and of the metadata columns."""

import base64
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.routing import Route

from core import InputError, Project, Verdict
from dashboard.server import params
from dashboard.server.endpoint import json_endpoint
from dashboard.state.projects import open_project

_LABELED_BY = (Verdict.ACCEPT, Verdict.RELABEL, Verdict.BULK_ACCEPT)


def get_map(request: Request) -> dict[str, Any]:
    """Return places and colors of the images on a map, as base64 arrays.

    The label of a pool image is the one that a person gave; the known one of a calibration image stays hidden.
    """
    project, run = open_project(request.path_params["project"]), request.path_params["run"]
    method = request.query_params.get("method", "pca")
    seed = params.whole_number(request.query_params, "seed", 0, 0, 2**31)
    image_map = project.review(run).map
    places = image_map.coordinates(method, seed)
    if places is None:
        raise InputError("This map is not computed yet: press Compute on the Map page.")
    ids = image_map.ids
    columns = {"id": ids.astype(np.int32), "x": places[:, 0].astype(np.float32), "y": places[:, 1].astype(np.float32)}
    columns |= _colors(project, run, ids)
    return {"num": len(ids), **{name: _encoded(column) for name, column in columns.items()}}


def _colors(project: Project, run: str, ids: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    pool, state, labels = project.scores(run), project.decisions.state(), project.images.labels
    is_labeled = np.isin(ids, project.splits.labeled)
    rows = np.minimum(np.searchsorted(pool.ids, ids), max(0, len(pool.ids) - 1))
    verdict = state.verdict[ids]
    label = np.where(np.isin(verdict, _LABELED_BY), state.label[ids], -1)
    return {
        "prediction": np.where(is_labeled, labels[ids], pool.scores.pseudo_labels[rows]).astype(np.int32),
        "confidence": np.where(is_labeled, 1, pool.scores.confidence[rows]).astype(np.float32),
        "label": np.where(is_labeled, labels[ids], label).astype(np.int32),
        "decision": verdict.astype(np.uint8),
        "labeled": is_labeled.astype(np.uint8),
    }


def _encoded(column: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(column).tobytes()).decode()


def post_set(request: Request, body: Any) -> dict[str, Any]:
    """Store a selection of pool images, and return its name."""
    ids = body.get("ids") if isinstance(body, dict) else None
    if not isinstance(ids, list) or not all(type(number) is int for number in ids):
        raise InputError("A set is a JSON object with `ids`, a list of image numbers.")
    project = open_project(request.path_params["project"])
    return {"set": project.review(request.path_params["run"]).save_set(ids), "count": len(set(ids))}


def get_metadata(request: Request) -> dict[str, Any]:
    """Return the metadata columns of a project: name, kind, missing and different values, range or frequent ones."""
    return {"columns": [asdict(one) for one in open_project(request.path_params["project"]).metadata.summaries()]}


def get_map_metadata(request: Request) -> dict[str, Any]:
    """Return a metadata column for the points of a map: a group for each, as base64 of bytes, their names and order."""
    project, run = open_project(request.path_params["project"]), request.path_params["run"]
    column = request.query_params.get("column", "")
    groups, is_ordered = project.metadata.groups(column), project.metadata.column(column).kind in ("number", "time")
    of_points = groups.of_image[project.review(run).map.ids]
    return {"names": list(groups.names), "ordered": is_ordered, "values": _encoded(of_points.astype(np.uint8))}


MAP_ROUTES = [
    Route("/winnow/{project}/metadata", json_endpoint(get_metadata)),
    Route("/winnow/{project}/runs/{run}/map/metadata", json_endpoint(get_map_metadata)),
    Route("/winnow/{project}/runs/{run}/map", json_endpoint(get_map)),
    Route("/winnow/{project}/runs/{run}/sets", json_endpoint(post_set), methods=["POST"]),
]
