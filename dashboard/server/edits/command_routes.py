"""HTTP routes of decisions, notes and flags: execute commands, count what a rule takes, the latest lines of the log."""

from dataclasses import asdict
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.routing import Route

from core import InputError, Verdict, constants
from dashboard.server import params
from dashboard.server.endpoint import json_endpoint
from dashboard.state.projects import open_project

_MAX_CHANGED = 2_000
_MAX_NAMES = 200


def get_history(request: Request) -> dict[str, Any]:
    """Return the latest lines of the log, newest first, each with whether it still counts; `remarks=1`: notes too."""
    decisions = open_project(request.path_params["project"]).decisions
    limit = params.whole_number(request.query_params, "limit", 20, 1, 1000)
    lines = decisions.with_remarks() if request.query_params.get("remarks") == "1" else decisions.all()
    live = decisions.live_ids()
    return {"decisions": [{**asdict(line), "is_live": line.id in live} for line in lines[-limit:][::-1]]}


def post_count(request: Request, body: Any) -> dict[str, int]:
    """Return how many images a bulk decision would be about now, and how many given labels it would correct."""
    if not isinstance(body, dict):
        raise InputError("A rule is a JSON object with its name and its parameters.")
    review = open_project(request.path_params["project"]).review(request.path_params["run"])
    return asdict(review.bulk_count(body))


def post_commands(request: Request, body: Any) -> dict[str, Any]:
    """Execute a batch of commands; the answer is sent after the decisions are on disk."""
    project = open_project(request.path_params["project"])
    commands = params.commands(body, request.path_params["run"])
    decisions = project.decisions.history(request.path_params["run"])
    before, answered, remarks = decisions.state(), decisions.calibration_state(), decisions.remarks()
    outcomes = project.decisions.execute(commands)
    state, shown = decisions.state(), decisions.calibration_state()
    named = [image for command in commands for image in params.images_of(command) if 0 <= image < len(state.verdict)]
    moved = (before.decision != state.decision) | (answered.label != shown.label) | (answered.verdict != shown.verdict)
    now, differing = decisions.remarks(), decisions.remarks().differing(remarks)
    remarked = {one.image_id for one in commands if one.verdict in constants.REMARKS} | set(differing)
    changed = np.union1d(np.flatnonzero(moved), np.array([*named, *differing], dtype=np.int64)).tolist()
    is_many = len(changed) > _MAX_CHANGED
    return {
        "sequence": body.get("sequence"),
        "outcomes": [asdict(outcome) for outcome in outcomes],
        "saved": max((o.decision or 0 for o in outcomes), default=0),
        "changed": []
        if is_many
        else [_changed_row(shown, image, now if image in remarked else None) for image in changed],
        "refresh": is_many,
        "hidden": np.intersect1d(named, project.hidden_images.ids).tolist(),
        "counts": decisions.counts(),
        "classes": list(project.class_names) if len(project.class_names) <= _MAX_NAMES else [],
        "classes_version": project.workspace.classes_version,
        "live": asdict(project.live.follow(request.path_params["run"])),
    }


def _changed_row(state: Any, image: int, remarks: Any) -> dict[str, Any]:
    """Return the state of an image, with its note and flag where remarks are given."""
    verdict, label = Verdict(int(state.verdict[image])), int(state.label[image])
    name = "" if verdict is Verdict.UNDECIDED else verdict.name.lower()
    row = {"id": image, "verdict": name, "label": label if label >= 0 else None}
    if remarks is None:
        return row
    note, flag = remarks.notes.get(image), remarks.flags.get(image)
    return {**row, "note": note and asdict(note), "flag": flag and asdict(flag)}


_RUN = "/winnow/{project}/runs/{run}"
COMMAND_ROUTES = [
    Route(f"{_RUN}/commands", json_endpoint(post_commands), methods=["POST"]),
    Route(f"{_RUN}/count", json_endpoint(post_count), methods=["POST"]),
    Route("/winnow/{project}/history", json_endpoint(get_history)),
]
