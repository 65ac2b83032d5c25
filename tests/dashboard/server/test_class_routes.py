"""Descriptions of classes over HTTP."""

import pytest

from tests.dashboard.conftest import ReviewClient


def test_a_description_is_stored_read_with_the_examples_and_removed(review: ReviewClient) -> None:
    path = f"/runs/{review.run}/examples/1"
    assert review.get(path).json()["description"] == ""
    answer = review.post("/classes/1", {"description": " two lines\nthat cross ", "reviewer": "ann"})
    assert answer.json() == {"description": "two lines\nthat cross"}
    assert review.get(path).json()["description"] == "two lines\nthat cross"
    assert review.post("/classes/1", {"description": ""}).json() == {"description": ""}
    assert review.get(path).json()["description"] == ""


@pytest.mark.parametrize(
    ("label", "body", "words"),
    [
        (1, {}, "as `description`"),
        (1, [], "as `description`"),
        (1, {"description": 7}, "as `description`"),
        (1, {"description": "x" * 2001}, "at most 2,000"),
        (1, {"description": "\a"}, "cannot be shown"),
        (9, {"description": "x"}, "no class number 9"),
    ],
)
def test_a_description_that_cannot_be_stored_is_a_sentence(
    review: ReviewClient, label: int, body: object, words: str
) -> None:
    answer = review.post(f"/classes/{label}", body)
    assert (answer.status_code, words in answer.json()["error"]) == (400, True)
