"""Hidden images over HTTP: hidden with a reason, refused in a sentence, taken back by number."""

from typing import Any

import numpy as np
import pytest

from core import Project, constants
from tests.dashboard.conftest import ReviewClient


def shown(review: ReviewClient) -> list[int]:
    return [card["id"] for card in review.page("count=400&show=all")["cards"]]


def test_images_are_hidden_with_a_reason_leave_every_page_and_come_back(review: ReviewClient) -> None:
    before, bins = shown(review), review.get(f"/runs/{review.run}/histogram").json()
    one, other = before[3], before[5]
    answer = review.post("/hidden", {"images": [other, one, one], "reason": "  too   dark ", "reviewer": "ann"}).json()
    assert answer == {"change": 1, "hidden": sorted([one, other]), "named": 2}
    assert shown(review) == [image for image in before if image not in (one, other)]
    fewer = review.get(f"/runs/{review.run}/histogram").json()
    assert fewer["total"] == bins["total"] - 2 == np.sum(fewer["counts"])
    change = Project.open(review.project.path).hidden_images.change_of(one)
    assert change is not None
    assert (change.reason, change.reviewer) == ("too dark", "ann")
    undone = review.post("/hidden/undo", {"change": 1, "reviewer": "ben"}).json()
    assert undone == {"change": 1, "images": sorted([one, other]), "hidden": 0}
    assert shown(review) == before
    assert review.get(f"/runs/{review.run}/histogram").json() == bins


def test_what_is_hidden_already_keeps_its_reason_and_writes_nothing(review: ReviewClient) -> None:
    first, second = (int(image) for image in review.pool.ids[:2])
    review.post("/hidden", {"images": [first], "reason": "blurred"})
    assert review.post("/hidden", {"images": [first], "reason": "private"}).json() == {
        "change": None,
        "hidden": [],
        "named": 1,
    }
    assert review.post("/hidden", {"images": [first, second], "reason": "private"}).json()["hidden"] == [second]
    found = review.project.hidden_images
    assert {reason: ids.tolist() for reason, ids in found.by_reason().items()} == {
        "blurred": [first],
        "private": [second],
    }


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "a list of whole numbers"),
        ({"reason": "blurred"}, "a list of whole numbers"),
        ({"images": 3, "reason": "blurred"}, "a list of whole numbers"),
        ({"images": [1.5], "reason": "blurred"}, "a list of whole numbers"),
        ({"images": [True], "reason": "blurred"}, "a list of whole numbers"),
        ({"images": ["1"], "reason": "blurred"}, "a list of whole numbers"),
        ({"images": [], "reason": "blurred"}, "name at least one"),
        ({"images": [10**9], "reason": "blurred"}, "There is no image 1000000000"),
        ({"images": [10**30], "reason": "blurred"}, "is no image number"),
        ({"images": [-1], "reason": "blurred"}, "There is no image -1"),
        ({"images": list(range(10_001)), "reason": "blurred"}, "at most 10,000 at once"),
        ({"images": [1]}, "Say why"),
        ({"images": [1], "reason": " \n "}, "Say why"),
        ({"images": [1], "reason": 7}, "The reason is a text"),
        ({"images": [1], "reason": "x" * 201}, "up to 200 are kept"),
        ({"images": [1], "reason": "\a"}, "cannot be shown"),
    ],
)
def test_what_cannot_be_hidden_is_a_sentence_and_writes_nothing(review: ReviewClient, body: Any, words: str) -> None:
    answer = review.post("/hidden", body)
    assert (answer.status_code, words in answer.json()["error"]) == (400, True), answer.json()
    assert not review.project.hidden_images.changes


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "its number, as `change`"),
        ([], "its number, as `change`"),
        ({"change": "1"}, "its number, as `change`"),
        ({"change": True}, "its number, as `change`"),
        ({"change": None}, "its number, as `change`"),
        ({"change": 7}, "no change 7 to take back"),
    ],
)
def test_a_change_that_does_not_stand_is_not_taken_back(review: ReviewClient, body: Any, words: str) -> None:
    review.post("/hidden", {"images": [int(review.pool.ids[0])], "reason": "blurred"})
    answer = review.post("/hidden/undo", body)
    assert (answer.status_code, words in answer.json()["error"]) == (400, True), answer.json()
    assert len(review.project.hidden_images) == 1


def test_an_undo_takes_back_the_named_change_alone_and_once(review: ReviewClient) -> None:
    first, second = (int(image) for image in review.pool.ids[:2])
    for image in (first, second):
        review.post("/hidden", {"images": [image], "reason": "blurred"})
    assert review.post("/hidden/undo", {"change": 1}).json()["images"] == [first]
    assert review.project.hidden_images.ids.tolist() == [second]
    assert "no change 1 to take back" in review.post("/hidden/undo", {"change": 1}).json()["error"]


def test_another_page_that_decides_about_a_hidden_image_is_told_so_and_which_it_is(review: ReviewClient) -> None:
    hidden = int(review.pool.ids[0])
    review.post("/hidden", {"images": [hidden], "reason": "blurred", "reviewer": "ann"})
    sentence = f"Image {hidden} was hidden by ann (blurred): show it again before you decide about it."
    answer = review.send(review.command(0, "accept"), review.command(1, "accept")).json()
    refused, saved = answer["outcomes"]
    assert (refused["status"], refused["reason"], saved["status"]) == ("refused", sentence, "saved")
    assert answer["hidden"] == [hidden]
    pairs = [[int(review.pool.ids[n]), int(review.pool.scores.pseudo_labels[n])] for n in (0, 2)]
    whole = {"command_id": "page", "verdict": "accept", "params": {"images": pairs}}
    (outcome,) = (answer := review.send(whole).json())["outcomes"]
    assert (outcome["status"], outcome["reason"], answer["hidden"]) == ("refused", sentence, [hidden])
    assert review.get(f"/runs/{review.run}/card/{hidden}").json()["error"] == sentence
    assert review.send(review.command(3, "accept")).json()["hidden"] == []


def test_a_given_label_that_is_hidden_leaves_its_queue_and_comes_back(review: ReviewClient) -> None:
    review.project.labels.check()
    query = "/runs/label_issues/page?ranking=label_issues&count=400&show=all"
    before = review.get(query).json()
    image = before["cards"][0]["id"]
    assert review.post("/hidden", {"images": [image], "reason": "damaged", "reviewer": "ann"}).json()["hidden"] == [
        image
    ]
    after = review.get(query).json()
    assert [card["id"] for card in after["cards"]] == [card["id"] for card in before["cards"][1:]]
    assert after["matching"] == before["matching"] - 1
    command = {"command_id": "a", "verdict": "none", "image_id": image, "suggestion": before["cards"][0]["suggestion"]}
    answer = review.post("/runs/label_issues/commands", {"reviewer": "ben", "commands": [command]}).json()
    assert "was hidden by ann (damaged)" in answer["outcomes"][0]["reason"]
    review.post("/hidden/undo", {"change": 1})
    assert review.get(query).json() == before


def test_the_suggested_reasons_can_be_used(review: ReviewClient) -> None:
    for image, reason in zip(review.pool.ids.tolist(), constants.HIDE_REASONS, strict=False):
        assert review.post("/hidden", {"images": [image], "reason": reason}).status_code == 200
    assert set(review.project.hidden_images.by_reason()) == set(constants.HIDE_REASONS)
