"""HTTP routes: cards, histograms, images and run progress, beside those that change a project (edits).

They call the same Project methods as the pages, without a Streamlit script run.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from core import InputError, Project, WinnowError, constants, image_io
from dashboard.components import KINDS, assets
from dashboard.server import params
from dashboard.server.edits.class_routes import CLASS_ROUTES
from dashboard.server.edits.command_routes import COMMAND_ROUTES
from dashboard.server.edits.hidden_routes import HIDDEN_ROUTES
from dashboard.server.endpoint import NOT_CACHED, json_endpoint
from dashboard.server.shutdown import StopFlag
from dashboard.state.projects import open_project

_MAX_PNG_SIDE = 64  # pixels; PNG is smaller and sharper than JPEG up to this size
TARGET_ERRORS = tuple(step / 200 for step in range(1, 41))  # of the slider: 0.5 % to 20 %
_CACHED = {"Cache-Control": "private, max-age=31536000, immutable"}

is_stopping = StopFlag()
"""Set when the server stops; ends the open progress streams."""


def get_page(request: Request) -> dict[str, Any]:
    """Return the cards of one page of a ranking."""
    page = _project(request).review(request.path_params["run"]).page(params.page_query(request.query_params))
    return asdict(page)


def get_histogram(request: Request) -> dict[str, Any]:
    """Return image counts per class and bin of a score."""
    score = request.query_params.get("score", "confidence")
    return _project(request).review(request.path_params["run"]).histogram.counts(score)


def get_border(request: Request) -> dict[str, Any]:
    """Return the images on both sides of a threshold, and the thresholds one image away."""
    score, value = request.query_params.get("score", "confidence"), params.finite_number(request.query_params, "value")
    return asdict(_project(request).review(request.path_params["run"]).border(score, value))


def get_per_class(request: Request) -> dict[str, Any]:
    """Return the confidence histogram of each requested class."""
    project = _project(request)
    labels = params.id_list(request.query_params, len(project.class_names)).tolist()
    return project.review(request.path_params["run"]).histogram.per_class(labels)


def get_targets(request: Request) -> dict[str, Any]:
    """Return the conformal threshold of each target error that the slider offers, or the one by class mix."""
    quality, run = _project(request).quality, request.path_params["run"]
    is_class_mix = request.query_params.get("guarantee") == "class-mix"
    find = quality.class_mix_thresholds_by_target if is_class_mix else quality.conformal_thresholds_by_target
    thresholds = find(run, TARGET_ERRORS)
    return {
        "num_calibration": thresholds[0].num_calibration,
        "state": thresholds[0].state,
        "reason": thresholds[0].reason,
        "cuts": [{"target": item.target, "threshold": item.threshold} for item in thresholds],
    }


def get_pool_check(request: Request) -> dict[str, Any]:
    """Return whether the run's calibration images are like the pool, in words."""
    check = _project(request).quality.pool_check(request.path_params["run"])
    return {"state": check.state, "reason": check.reason, "shift": check.shift, "origin": check.origin}


def get_card(request: Request) -> dict[str, Any]:
    """Return the card of one pool image."""
    run, image = request.path_params["run"], request.path_params["image"]
    return asdict(_project(request).review(run).card(image, params.page_query(request.query_params)))


def get_neighbors(request: Request) -> dict[str, Any]:
    """Return the labeled images nearest to one pool image."""
    review = _project(request).review(request.path_params["run"])
    count = params.whole_number(request.query_params, "count", 6, 1, 50)
    return {"neighbors": [asdict(item) for item in review.neighbors(request.path_params["image"], count)]}


def get_original(request: Request) -> Response:
    """Return the original image at full size, upright, as PNG or JPEG."""
    project = _project(request)
    return _image_response(_encoded(project.original(_image_id(request, project))))


def get_sprite(request: Request) -> Response:
    """Return one picture with many tiles; its URL names its content, so browsers cache it."""
    project = _project(request)
    ids = params.id_list(request.query_params, len(project.images.labels))
    tile = params.whole_number(request.query_params, "tile", 56, 8, 512)
    columns = params.whole_number(
        request.query_params, "columns", int(np.ceil(np.sqrt(len(ids)))), 1, params.MAX_IMAGES
    )
    return _image_response(image_io.sprite(np.asarray(project.images.pixels[ids]), tile, columns))


def get_image(request: Request) -> Response:
    """Return one image as the model sees it."""
    project = _project(request)
    return _image_response(_encoded(np.asarray(project.images.pixels[_image_id(request, project)])))


def _image_id(request: Request, project: Project) -> int:
    number: int = request.path_params["image"]
    if not 0 <= number < len(project.images.labels):
        raise InputError(f"There is no image {number} in {project.name}.")
    return number


def _encoded(pixels: Any) -> bytes:
    return image_io.encode_png(pixels) if max(pixels.shape[:2]) <= _MAX_PNG_SIDE else image_io.encode_jpeg(pixels)


def _image_response(data: bytes) -> Response:
    is_png = data.startswith(b"\x89PNG")
    return Response(data, media_type="image/png" if is_png else "image/jpeg", headers=_CACHED)


def get_live(request: Request) -> dict[str, Any]:
    """Return the state of a run's live model, and what the last clicks bought."""
    live, run = _project(request).live, request.path_params["run"]
    gain = live.gain(run)
    return {**asdict(live.state(run)), "gain": "" if gain is None else gain.sentence, "bulk_note": live.bulk_note()}


def post_live(request: Request, _body: Any) -> dict[str, Any]:
    """Fit a run's live model again on all decisions so far, without waiting for it."""
    return asdict(_project(request).live.refresh(request.path_params["run"]))


async def get_asset(request: Request) -> Response:
    """Return a JavaScript module or style sheet; its URL names its version, so browsers cache it."""
    name = request.path_params["name"]
    if name not in assets():
        return JSONResponse({"error": f"There is no asset {name}."}, status_code=404)
    return Response(assets()[name], media_type=KINDS[f".{name.rsplit('.', 1)[1]}"], headers=_CACHED)


async def get_events(request: Request) -> Response:
    """Stream each status change of a run as server-sent events, until the event "end"."""
    try:
        run = (await run_in_threadpool(_project, request)).run(request.path_params["run"])
    except WinnowError as error:
        return JSONResponse({"error": str(error)}, status_code=400)

    async def stream() -> AsyncIterator[str]:
        last = None
        while not is_stopping.is_set() and not await request.is_disconnected():
            status = await run_in_threadpool(lambda: run.status)
            if status != last:
                yield f"data: {json.dumps(asdict(status))}\n\n"
                last = status
            if status.state not in constants.LIVE_STATES:
                yield "event: end\ndata: {}\n\n"  # without it the browser reconnects forever
                return
            await asyncio.sleep(0.5)

    return StreamingResponse(stream(), media_type="text/event-stream", headers=NOT_CACHED)


def _project(request: Request) -> Project:
    return open_project(request.path_params["project"])


_RUN = "/winnow/{project}/runs/{run}"
ROUTES = [
    *COMMAND_ROUTES,
    *CLASS_ROUTES,
    *HIDDEN_ROUTES,
    Route("/winnow/assets/{version}/{name:path}", get_asset),
    Route(f"{_RUN}/page", json_endpoint(get_page)),
    Route(f"{_RUN}/histogram", json_endpoint(get_histogram)),
    Route(f"{_RUN}/card/{{image:id}}", json_endpoint(get_card)),
    Route(f"{_RUN}/neighbors/{{image:id}}", json_endpoint(get_neighbors)),
    Route(f"{_RUN}/border", json_endpoint(get_border)),
    Route(f"{_RUN}/targets", json_endpoint(get_targets)),
    Route(f"{_RUN}/pool_check", json_endpoint(get_pool_check)),
    Route(f"{_RUN}/per_class", json_endpoint(get_per_class)),
    Route(f"{_RUN}/live", json_endpoint(get_live)),
    Route(f"{_RUN}/live", json_endpoint(post_live), methods=["POST"]),
    Route(f"{_RUN}/events", get_events),
    Route("/winnow/{project}/sprite", json_endpoint(get_sprite)),
    Route("/winnow/{project}/image/{image:id}", json_endpoint(get_image)),
    Route("/winnow/{project}/original/{image:id}", json_endpoint(get_original)),
]
