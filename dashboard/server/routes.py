"""Our own routes beside the pages: cards, histograms, sprites, images, commands, progress. No script run is needed.

They call the same Project methods as the pages. Whatever goes wrong is {"error": sentence}.
"""

import asyncio
import json
import threading
import traceback
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from functools import wraps
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from core import (
    LIVE_STATES,
    DecisionError,
    InputError,
    Project,
    Verdict,
    WinnowError,
    encode_jpeg,
    encode_png,
    sprite,
)
from dashboard.components import KINDS, assets
from dashboard.server import params
from dashboard.state.projects import open_project

_MOST_CHANGED = 2_000
_TINY = 64  # pixels a side up to which PNG is the smaller and sharper
TARGETS = tuple(step / 200 for step in range(1, 41))  # shares of wrong labels that the slider offers: 0.5 % to 20 %
_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
_NEVER = {"Cache-Control": "no-store"}

streams_end = threading.Event()
"""Set when the server is told to stop, so that it need not wait for open progress streams."""

Handler = Callable[[Request], Any]


def spoken(handler: Handler) -> Callable[[Request], Any]:
    """Run a plain handler in a thread; errors become JSON with a sentence."""

    @wraps(handler)
    async def wrapped(request: Request) -> Response:
        try:
            answer = await run_in_threadpool(handler, request)
        except (DecisionError, WinnowError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        except Exception:
            traceback.print_exc()
            sentence = "Something unexpected went wrong; the terminal in which Winnow runs has the details."
            return JSONResponse({"error": sentence}, status_code=500)
        return answer if isinstance(answer, Response) else JSONResponse(answer, headers=_NEVER)

    return wrapped


def page(request: Request) -> dict[str, Any]:
    """Cards of one page of a ranking."""
    found = _project(request).desk.page(request.path_params["run"], params.page_query(request.query_params))
    return asdict(found)


def histogram(request: Request) -> dict[str, Any]:
    """Counts per class and bin."""
    score = request.query_params.get("score", "confidence")
    return _project(request).desk.histogram(request.path_params["run"], score)


def border(request: Request) -> dict[str, Any]:
    """The images on both sides of a cut, and the cuts one image away."""
    words = request.query_params
    value = params.real(words, "value")
    return asdict(_project(request).desk.border(request.path_params["run"], words.get("score", "confidence"), value))


def per_class(request: Request) -> dict[str, Any]:
    """Confidence per bin of the images suggested as each of some classes."""
    project = _project(request)
    labels = params.ids(request.query_params, len(project.class_names)).tolist()
    return project.desk.per_class(request.path_params["run"], labels)


def targets(request: Request) -> dict[str, Any]:
    """The line that keeps each target error that the slider offers."""
    cuts = _project(request).promises.conformal_thresholds_by_target(request.path_params["run"], TARGETS)
    return {
        "num_calibration": cuts[0].num_calibration,
        "cuts": [{"target": cut.target, "threshold": cut.threshold, "kept": cut.num_kept} for cut in cuts],
    }


def card(request: Request) -> dict[str, Any]:
    """One image of the pool, wherever it stands in the ranking."""
    place, query = request.path_params, params.page_query(request.query_params)
    return asdict(_project(request).desk.card(place["run"], place["image"], query))


def neighbors(request: Request) -> dict[str, Any]:
    """Labeled images that look like one image of the pool."""
    pages = _project(request).desk.pages(request.path_params["run"])
    count = params.number(request.query_params, "count", 6, 1, 50)
    return {"neighbors": [asdict(found) for found in pages.neighbors(request.path_params["image"], count)]}


def original(request: Request) -> Response:
    """An image's own file at its own size, upright, as PNG or JPEG."""
    project = _project(request)
    return _picture(_encoded(project.original(_image_of(request, project))))


def sheet(request: Request) -> Response:
    """One picture with many tiles; the address names its content, so it may be kept for ever."""
    project = _project(request)
    ids = params.ids(request.query_params, len(project.images.labels))
    tile = params.number(request.query_params, "tile", 56, 8, 512)
    columns = params.number(request.query_params, "columns", int(np.ceil(np.sqrt(len(ids)))), 1, params.MOST_IMAGES)
    return _picture(sprite(np.asarray(project.images.pixels[ids]), tile, columns))


def image(request: Request) -> Response:
    """One image as the model sees it."""
    project = _project(request)
    return _picture(_encoded(np.asarray(project.images.pixels[_image_of(request, project)])))


def _image_of(request: Request, project: Project) -> int:
    number: int = request.path_params["image"]
    if not 0 <= number < len(project.images.labels):
        raise InputError(f"There is no image {number} in {project.name}.")
    return number


def _encoded(pixels: Any) -> bytes:
    return encode_png(pixels) if max(pixels.shape[:2]) <= _TINY else encode_jpeg(pixels)


def history(request: Request) -> dict[str, Any]:
    """The latest decisions, newest first, each with whether it still counts."""
    desk = _project(request).desk
    live = desk.live_ids()
    limit = params.number(request.query_params, "limit", 20, 1, 1000)
    return {"decisions": [{**asdict(d), "is_live": d.id in live} for d in desk.history(limit)]}


async def commands(request: Request) -> Response:
    """A batch of commands; the answer comes when what is saved is on the disk."""
    return await _with_body(request, _execute)


async def count(request: Request) -> Response:
    """How many images a bulk accept would take now: what its question says before it is asked."""
    return await _with_body(request, _count)


async def _with_body(request: Request, handler: Callable[[Request, Any], Any]) -> Response:
    try:
        body = await request.json()
    except ValueError:
        return JSONResponse({"error": "The request is not JSON."}, status_code=400)
    answer: Response = await spoken(lambda given: handler(given, body))(request)
    return answer


def _count(request: Request, body: Any) -> dict[str, int]:
    if not isinstance(body, dict):
        raise InputError("A rule is an object with its name and its numbers.")
    return {"count": _project(request).desk.count(request.path_params["run"], body)}


def _execute(request: Request, body: Any) -> dict[str, Any]:
    project, run = _project(request), request.path_params["run"]
    batch = params.commands(body, run)
    desk = project.desk
    before = desk.state()
    outcomes = desk.execute(batch)
    state = desk.state()
    named = [number for c in batch for number in params.images(c) if 0 <= number < len(state.verdict)]
    changed = np.union1d(np.flatnonzero(before.decision != state.decision), np.array(named, dtype=np.int64))
    is_many = len(changed) > _MOST_CHANGED
    rows = [] if is_many else [_row(state, int(number)) for number in changed]
    return {
        "sequence": body.get("sequence"),
        "outcomes": [asdict(outcome) for outcome in outcomes],
        "saved": max((o.decision or 0 for o in outcomes), default=0),
        "changed": rows,
        "refresh": is_many,
        "counts": desk.counts(),
    }


def _row(state: Any, number: int) -> dict[str, Any]:
    verdict, label = Verdict(int(state.verdict[number])), int(state.label[number])
    name = "" if verdict is Verdict.UNDECIDED else verdict.name.lower()
    return {"id": number, "verdict": name, "label": label if label >= 0 else None}


async def asset(request: Request) -> Response:
    """A module or style sheet of the review surface; its address names its version."""
    name = request.path_params["name"]
    if name not in assets():
        return JSONResponse({"error": f"There is no asset {name}."}, status_code=404)
    return Response(assets()[name], media_type=KINDS[f".{name.rsplit('.', 1)[1]}"], headers=_FOREVER)


async def events(request: Request) -> Response:
    """The status of a run whenever it changes, as server-sent events; one named "end" when the run has ended."""
    try:
        run = (await run_in_threadpool(_project, request)).run(request.path_params["run"])
    except WinnowError as error:
        return JSONResponse({"error": str(error)}, status_code=400)

    async def stream() -> AsyncIterator[str]:
        told = None
        while not streams_end.is_set() and not await request.is_disconnected():
            now = await run_in_threadpool(lambda: run.status)
            if now != told:
                yield f"data: {json.dumps(asdict(now))}\n\n"
                told = now
            if now.state not in LIVE_STATES:
                yield "event: end\ndata: {}\n\n"  # a browser left without it would ask again and again
                return
            await asyncio.sleep(0.5)

    return StreamingResponse(stream(), media_type="text/event-stream", headers=_NEVER)


def _project(request: Request) -> Project:
    return open_project(request.path_params["project"])


def _picture(data: bytes) -> Response:
    is_png = data.startswith(b"\x89PNG")
    return Response(data, media_type="image/png" if is_png else "image/jpeg", headers=_FOREVER)


_RUN = "/winnow/{project}/runs/{run}"
ROUTES = [
    Route("/winnow/assets/{version}/{name:path}", asset),
    Route(f"{_RUN}/page", spoken(page)),
    Route(f"{_RUN}/histogram", spoken(histogram)),
    Route(f"{_RUN}/card/{{image:int}}", spoken(card)),
    Route(f"{_RUN}/neighbors/{{image:int}}", spoken(neighbors)),
    Route(f"{_RUN}/border", spoken(border)),
    Route(f"{_RUN}/targets", spoken(targets)),
    Route(f"{_RUN}/per_class", spoken(per_class)),
    Route(f"{_RUN}/commands", commands, methods=["POST"]),
    Route(f"{_RUN}/count", count, methods=["POST"]),
    Route(f"{_RUN}/events", events),
    Route("/winnow/{project}/sprite", spoken(sheet)),
    Route("/winnow/{project}/image/{image:int}", spoken(image)),
    Route("/winnow/{project}/original/{image:int}", spoken(original)),
    Route("/winnow/{project}/history", spoken(history)),
]
