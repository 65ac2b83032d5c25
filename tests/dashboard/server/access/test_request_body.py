"""Bodies and commands from a client: one limit, one schema, one sentence."""

import tracemalloc
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from starlette.requests import Request

from core.store.decision_log import NewDecision
from dashboard.server.access.request_body import MAX_BYTES, BodyTooLargeError, read_json
from tests.dashboard.conftest import ReviewClient


def _post(review: ReviewClient, body: bytes) -> Any:
    headers = {"Content-Type": "application/json"}
    return review.http.post(f"{review.root}/runs/{review.run}/commands", content=body, headers=headers)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"[" * 100_000, 400, "deeply"),
        (b"[" * 50 + b"]" * 50, 400, "deeply"),
        (b'{"commands": [], "client": "\\ud800"}', 400, "surrogate"),
        (b'{"commands": [NaN]}', 400, "not JSON"),
        (b"\xff\xfe", 400, "not JSON"),
        (b" " * (MAX_BYTES + 1), 413, "8 MiB"),
    ],
)
def test_a_hostile_body_is_a_sentence(review: ReviewClient, body: bytes, status: int, words: str) -> None:
    answer = _post(review, body)
    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_a_body_far_over_the_limit_is_not_kept_in_memory() -> None:
    chunk, sent = b" " * 2**20, list[int]()

    async def receive() -> dict[str, Any]:
        sent.append(1)
        return {"type": "http.request", "body": chunk, "more_body": len(sent) < 400}

    tracemalloc.start()
    try:
        # In a thread of its own: a browser of another test may have left a loop in this one.
        with pytest.raises(BodyTooLargeError), start_blocking_portal() as portal:
            portal.call(read_json, Request({"type": "http", "headers": []}, receive))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(sent) == 400, "read to its end: the client sees the answer"
    assert peak < 4 * MAX_BYTES


@pytest.mark.parametrize(
    "change",
    [
        {"command_id": ""},
        {"command_id": "x" * 1_000_000},
        {"command_id": 7},
        {"reviewer": "r" * 2_000_000},
        {"reviewer": ["ann"]},
        {"image_id": "1"},
        {"image_id": True},
        {"image_id": 10**40},
        {"label": 1.5},
        {"params": {"unknown": 1}},
        {"params": {"rank": "first"}},
        {"params": {"ranking": "x" * 2_000}},
        {"params": []},
    ],
)
def test_a_command_outside_the_schema_is_a_sentence_and_stores_nothing(
    review: ReviewClient, change: dict[str, Any]
) -> None:
    body = {"sequence": 1, "commands": [{**review.command(0, "accept"), **change}]}
    answer = review.post(f"/runs/{review.run}/commands", body)
    assert answer.status_code == 400
    assert 10 < len(answer.json()["error"]) < 1_000
    assert review.project.decisions.all() == []


def test_half_a_character_in_the_log_does_not_break_the_history(review: ReviewClient) -> None:
    image = int(review.pool.ids[0])
    old = NewDecision("old", "ann", review.run, "skip", image, params={"ranking": "\ud800"})
    review.project.decisions._log.append([old])
    answer = review.get("/history")
    assert answer.status_code == 200
    assert answer.json()["decisions"][0]["params"] == {"ranking": "?"}
