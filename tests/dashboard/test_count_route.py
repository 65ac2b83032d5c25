"""The number before a bulk decision: what the rule takes now, with or without a cap, and nothing decided by asking."""

from typing import Any

import pytest

from core import Project
from tests.dashboard.test_routes import Place, place

__all__ = ["place"]  # a fixture


def asked(place: Place, body: Any) -> Any:
    return place.client.post(f"{place.root}/runs/{place.run}/count", json=body)


@pytest.mark.parametrize(
    "params",
    [{"rule": "fixed_threshold", "threshold": 0.5}, {"rule": "margin_at_least", "margin": 0.2},
     {"rule": "fixed_threshold", "threshold": 0.0, "class_cap": 1},
     {"rule": "per_class_threshold", "threshold": 0.9, "thresholds": {"0": 0.1}}],
    ids=str,
)  # fmt: skip
def test_the_number_is_what_the_decision_then_takes(place: Place, params: dict[str, Any]) -> None:
    place.send(place.command(0, "accept"), place.command(1, "skip"))
    answer = asked(place, params)
    assert answer.status_code == 200
    number = answer.json()["count"]
    assert number > 0
    assert len(place.project.decisions.all()) == 2
    command = {"command_id": "bulk", "verdict": "bulk_accept", "params": {**params, "expected": number}}
    assert place.send(command).json()["outcomes"][0]["status"] == "saved"
    assert place.project.decisions.latest(1)[0].num_images == number
    assert asked(place, params).json()["count"] < number


def test_a_rule_that_keeps_nothing_counts_none(place: Place, trained_project: Project) -> None:
    everything = asked(place, {"rule": "fixed_threshold", "threshold": 0.0}).json()["count"]
    assert everything == len(trained_project.splits.pool)
    assert asked(place, {"rule": "top_per_class", "count": 0}).json() == {"count": 0}


@pytest.mark.parametrize(
    ("body", "words"),
    [([1], "an object"), ({"rule": "magic"}, "no rule called 'magic'"), ({"rule": "fixed_threshold", "threshold": 7},
     "from 0 to 1"), ({}, "no rule called")],
)  # fmt: skip
def test_what_is_no_rule_is_answered_with_a_sentence(place: Place, body: Any, words: str) -> None:
    answer = asked(place, body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_a_body_that_is_no_json_is_answered_with_a_sentence(place: Place) -> None:
    answer = place.client.post(
        f"{place.root}/runs/{place.run}/count", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]
