"""HTTP routes of classes: their names and appearance, examples and description of each, new classes."""

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from core import InputError
from dashboard.class_appearance import class_appearance
from dashboard.server import params
from dashboard.server.endpoint import json_endpoint
from dashboard.state.projects import open_project


def get_examples(request: Request) -> dict[str, Any]:
    """Return images that a person gave a class, and its description."""
    project, label = open_project(request.path_params["project"]), request.path_params["label"]
    count = params.whole_number(request.query_params, "count", 12, 1, 50)
    images = project.review(request.path_params["run"]).examples(label, count).tolist()
    return {"images": images, "description": project.workspace.classes.descriptions.get(label, "")}


def get_classes(request: Request) -> dict[str, Any]:
    """Return names and appearance of the classes; nothing but the version where it is the one that the browser has."""
    project = open_project(request.path_params["project"])
    appearance = class_appearance(project)
    if request.query_params.get("known") == appearance["version"]:
        return {"appearance": {"version": appearance["version"]}}
    return {"classes": list(project.class_names), "appearance": appearance}


def post_description(request: Request, body: Any) -> dict[str, str]:
    """Describe a class; an empty text removes its description."""
    if not isinstance(body, dict) or not isinstance(body.get("description"), str):
        raise InputError("A description is a JSON object with its text, as `description`.")
    project, label = open_project(request.path_params["project"]), request.path_params["label"]
    project.describe_class(label, body["description"].strip(), str(body.get("reviewer") or "me"))
    return {"description": project.workspace.classes.descriptions[label]}


def post_class(request: Request, body: Any) -> dict[str, Any]:
    """Add a class to the project."""
    if not isinstance(body, dict) or not isinstance(body.get("name"), str):
        raise InputError("A new class is a JSON object with its name.")
    project = open_project(request.path_params["project"])
    label = project.add_class(body["name"], str(body.get("reviewer") or "me"))
    return {"label": label, "classes": list(project.class_names)}


CLASS_ROUTES = [
    Route("/winnow/{project}/classes", json_endpoint(get_classes)),
    Route("/winnow/{project}/runs/{run}/examples/{label:id}", json_endpoint(get_examples)),
    Route("/winnow/{project}/classes", json_endpoint(post_class), methods=["POST"]),
    Route("/winnow/{project}/classes/{label:id}", json_endpoint(post_description), methods=["POST"]),
]
