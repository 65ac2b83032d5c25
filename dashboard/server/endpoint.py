"""Endpoint: makes an HTTP route of a function; answers with JSON, and with {"error": message} to each error."""

import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core import DecisionError, WinnowError
from dashboard.server.access.request_body import BodyTooLargeError, read_json

NOT_CACHED = {"Cache-Control": "no-store"}


class _IdConvertor(IntegerConvertor):
    """Number in a path, short enough for every number type on the way."""

    regex = "[0-9]{1,18}"


register_url_convertor("id", _IdConvertor())


def json_endpoint(handler: Callable[..., Any]) -> Callable[[Request], Any]:
    """Make a route of a handler: run it in a thread and answer with JSON.

    Args:
        handler: Takes the request; a handler of POST also takes the JSON body.
    """

    @wraps(handler)
    async def wrapped(request: Request) -> Response:
        try:
            body = [await read_json(request)] if request.method == "POST" else []
            answer = await run_in_threadpool(handler, request, *body)
        except BodyTooLargeError as error:
            return JSONResponse({"error": str(error)}, status_code=413)
        except (DecisionError, WinnowError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        except Exception:
            traceback.print_exc()
            message = "An unexpected error occurred: see the terminal in which Winnow runs."
            return JSONResponse({"error": message}, status_code=500)
        return answer if isinstance(answer, Response) else JSONResponse(answer, headers=NOT_CACHED)

    return wrapped
