"""HTTP routes of hidden images: hide images with a reason, take such a change back."""

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from core import InputError
from dashboard.server.endpoint import json_endpoint
from dashboard.state.projects import open_project

_MAX_HIDDEN = 10_000
"""Images of one request."""


def post_hidden(request: Request, body: Any) -> dict[str, Any]:
    """Hide images; those that are hidden already keep their reason."""
    images = body.get("images") if isinstance(body, dict) else None
    if not isinstance(images, list) or not all(type(number) is int for number in images):
        raise InputError("Images to hide are a JSON object: `images`, a list of whole numbers, and `reason`, a text.")
    if len(images) > _MAX_HIDDEN:
        raise InputError(f"{len(images):,} images are named: send at most {_MAX_HIDDEN:,} at once.")
    if not isinstance(reason := body.get("reason", ""), str):
        raise InputError("The reason is a text.")
    project = open_project(request.path_params["project"])
    new = project.hide_images(images, reason, _reviewer(body))
    return {"change": _change_of(project, new), "hidden": new.tolist(), "named": len(set(images))}


def post_undo(request: Request, body: Any) -> dict[str, Any]:
    """Take back one change of hidden images, by its number."""
    number = body.get("change") if isinstance(body, dict) else None
    if type(number) is not int:
        raise InputError("A change to take back is a JSON object with its number, as `change`.")
    project = open_project(request.path_params["project"])
    number = project.undo_hide(number, _reviewer(body))
    ids = project.hidden_images.changes[number - 1].ids
    return {"change": number, "images": ids.tolist(), "hidden": len(project.hidden_images)}


def _change_of(project: Any, new: Any) -> int | None:
    """Return the number of the change that has just hidden images; None where all were hidden before."""
    change = project.hidden_images.change_of(int(new[0])) if len(new) else None
    return change.id if change is not None else None


def _reviewer(body: dict[str, Any]) -> str:
    return str(body.get("reviewer") or "me")


HIDDEN_ROUTES = [
    Route("/winnow/{project}/hidden", json_endpoint(post_hidden), methods=["POST"]),
    Route("/winnow/{project}/hidden/undo", json_endpoint(post_undo), methods=["POST"]),
]
