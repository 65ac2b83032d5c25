"""Count before a bulk accept: what the rule takes now, and nothing decided by asking."""

from typing import Any

import pytest

from core import Project
from tests.dashboard.conftest import ReviewClient


def asked(review: ReviewClient, body: Any) -> Any:
    return review.http.post(f"{review.root}/runs/{review.run}/count", json=body)


@pytest.mark.parametrize(
    "params",
    [{"rule": "fixed_threshold", "threshold": 0.5}, {"rule": "margin_at_least", "margin": 0.2},
     {"rule": "fixed_threshold", "threshold": 0.0, "class_cap": 1},
     {"rule": "per_class_threshold", "threshold": 0.9, "thresholds": {"0": 0.1}}],
    ids=str,
)  # fmt: skip
def test_the_number_is_what_the_decision_then_takes(review: ReviewClient, params: dict[str, Any]) -> None:
    review.send(review.command(0, "accept"), review.command(1, "skip"))
    answer = asked(review, params)
    assert answer.status_code == 200
    number = answer.json()["count"]
    assert number > 0
    assert len(review.project.decisions.all()) == 2
    command = {"command_id": "bulk", "verdict": "bulk_accept", "params": {**params, "expected": number}}
    assert review.send(command).json()["outcomes"][0]["status"] == "saved"
    assert review.project.decisions.latest(1)[0].num_images == number
    assert asked(review, params).json()["count"] < number


def test_a_rule_that_keeps_nothing_counts_none(review: ReviewClient, trained_project: Project) -> None:
    everything = asked(review, {"rule": "fixed_threshold", "threshold": 0.0}).json()["count"]
    assert everything == len(trained_project.splits.pool)
    assert asked(review, {"rule": "top_per_class", "count": 0}).json() == {"count": 0, "corrected": 0}


def test_given_labels_that_a_decision_would_change_are_counted(review: ReviewClient, trained_project: Project) -> None:
    trained_project.labels.check()
    review.run = "label_issues"
    scores, labels = trained_project.scores("label_issues"), trained_project.images.labels
    given = labels[scores.ids]
    number = int((scores.scores.pseudo_labels != given).sum())
    assert asked(review, {"rule": "fixed_threshold", "threshold": 0.0}).json() == {
        "count": len(given), "corrected": number,
    }  # fmt: skip
    one_class = asked(review, {"filter": {"show": "all"}, "only_open": False, "label": 1}).json()
    assert one_class == {"count": len(given), "corrected": int((given != 1).sum())}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([1], "a JSON object"),
        ({"rule": "magic"}, "no rule called 'magic'"),
        ({"rule": "fixed_threshold", "threshold": 7}, "from 0 to 1"),
        ({}, "no rule called"),
        ({"filter": {"show": "all"}, "label": "cat"}, "number of a class, from 0 to 2"),
        ({"filter": {"show": "all"}, "label": 3}, "number of a class, from 0 to 2"),
    ],
)
def test_what_is_no_rule_is_answered_with_a_sentence(review: ReviewClient, body: Any, words: str) -> None:
    answer = asked(review, body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_a_body_that_is_no_json_is_answered_with_a_sentence(review: ReviewClient) -> None:
    answer = review.http.post(
        f"{review.root}/runs/{review.run}/count",
        content=b"{",
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]
