"""Routes of the live model and of new classes."""

import time

from tests.dashboard.conftest import ReviewClient


def test_the_answer_to_decisions_says_when_the_model_learns(review: ReviewClient) -> None:
    live = review.send(review.command(0, "accept")).json()["live"]
    assert (live["version"], live["num_new"], live["interval"], live["is_fitting"]) == (review.run, 1, 20, False)


def test_the_model_learns_when_it_is_asked_and_its_version_has_pages(review: ReviewClient) -> None:
    for rank in range(3):
        review.send(review.command(rank, "accept"))
    assert review.post(f"/runs/{review.run}/live", {}).status_code == 200
    end = time.monotonic() + 60
    while (state := review.get(f"/runs/{review.run}/live").json())["is_fitting"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert state["version"] == f"{review.run}@3"
    assert state["gain"].startswith("The last 3 clicks")


def test_a_class_is_added_once(review: ReviewClient) -> None:
    found = review.post("/classes", {"name": "square", "reviewer": "ann"}).json()
    assert (found["label"], found["classes"][-1]) == (3, "square")
    again = review.post("/classes", {"name": "Square"})
    assert (again.status_code, again.json()["error"][:35]) == (400, "There is already a class called squ")
    assert review.post("/classes", {"name": 3}).status_code == 400
    assert review.post("/classes", []).status_code == 400
