"""Names, appearance and descriptions of classes over HTTP."""

import pytest

from core import Project
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


def test_the_look_of_classes_is_sent_when_it_has_changed(review: ReviewClient, trained_project: Project) -> None:
    first = review.get("/classes").json()
    assert first["classes"] == list(trained_project.class_names)
    version = first["appearance"]["version"]
    assert review.get(f"/classes?known={version}").json() == {"appearance": {"version": version}}
    trained_project.group_classes([0, 2], "round")
    trained_project.rename_class(1, "plus")
    again = review.get(f"/classes?known={version}").json()
    assert again["classes"][1] == "plus"
    assert again["appearance"]["groups"] == {"0": "round", "2": "round"}
    assert again["appearance"]["version"] != version
    answer = review.post(f"/runs/{review.run}/commands", {"commands": []}).json()
    assert answer["classes_version"] == again["appearance"]["version"]
