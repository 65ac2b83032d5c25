"""HTTP routes of classes: examples and description of each, new classes."""

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from core import InputError
from dashboard.server import params
from dashboard.server.endpoint import json_endpoint
from dashboard.state.projects import open_project


def get_examples(request: Request) -> dict[str, list[int]]:
    """Return images that a person gave a class."""
    review = open_project(request.path_params["project"]).review(request.path_params["run"])
    count = params.whole_number(request.query_params, "count", 12, 1, 50)
    return {"images": review.examples(request.path_params["label"], count).tolist()}


def post_class(request: Request, body: Any) -> dict[str, Any]:
    """Add a class to the project."""
    if not isinstance(body, dict) or not isinstance(body.get("name"), str):
        raise InputError("A new class is a JSON object with its name.")
    project = open_project(request.path_params["project"])
    label = project.add_class(body["name"], str(body.get("reviewer") or "me"))
    return {"label": label, "classes": list(project.class_names)}


CLASS_ROUTES = [
    Route("/winnow/{project}/runs/{run}/examples/{label:id}", json_endpoint(get_examples)),
    Route("/winnow/{project}/classes", json_endpoint(post_class), methods=["POST"]),
]
