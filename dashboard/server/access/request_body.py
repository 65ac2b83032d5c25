"""JSON body of a request: limited in size, depth and alphabet before anything uses it."""

import json
from typing import Any, NoReturn

from starlette.requests import ClientDisconnect, Request

from core import InputError

MAX_BYTES = 8 * 2**20
"""Largest body in bytes; a full batch of commands takes about 4 MiB."""
_MAX_DEPTH = 32
_MAX_SKIPPED = 64 * MAX_BYTES


class BodyTooLargeError(InputError):
    """The body is larger than MAX_BYTES."""


async def read_json(request: Request) -> Any:
    """Read the JSON body of a request.

    A larger body is read to its end, so that the client sees the answer, but not kept.

    Args:
        request: The request.

    Returns:
        The value.

    Raises:
        BodyTooLargeError: The body is larger than MAX_BYTES.
        InputError: It is no JSON, is nested too deeply, or holds a text that is no Unicode.
    """
    data, size = bytearray(), 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size <= MAX_BYTES:
                data += chunk
            elif size > _MAX_SKIPPED:
                break
            else:
                data.clear()
    except ClientDisconnect as error:
        raise InputError("The request ended before its body was complete.") from error
    if size > MAX_BYTES:
        raise BodyTooLargeError(f"The body is larger than {MAX_BYTES // 2**20} MiB: send it in parts.")
    return parse_json(bytes(data))


def parse_json(data: bytes) -> Any:
    """Parse JSON from a client; see `read_json`."""
    try:
        text = data.decode("utf-8")
        value = json.loads(text, parse_constant=_refuse)
    except RecursionError as error:
        raise InputError("The request is nested too deeply.") from error
    except ValueError as error:
        raise InputError("The request is not JSON.") from error
    if _is_deep(value):
        raise InputError(f"The request is nested too deeply: {_MAX_DEPTH} levels are allowed.")
    if "\\u" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError as error:
            raise InputError("A text of the request holds half a character (an unpaired surrogate).") from error
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
