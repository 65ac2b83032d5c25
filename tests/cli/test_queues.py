"""winnow queue and winnow estimate: a random queue answered from the command line yields its estimate."""

import json

import pytest

from core import Project
from tests.cli.shell import typed
from tests.cli.test_audits import RUN


def test_a_queue_is_answered_and_its_estimate_read(
    capsys: pytest.CaptureFixture[str], trained_project: Project
) -> None:
    path = trained_project.path
    assert "No image of a random queue" in typed(capsys, "estimate", path, RUN)[1]
    page = json.loads(typed(capsys, "queue", path, RUN, "--ranking", "mixed", "--count", 3, "--json")[1])
    assert page["drawn"] == 0
    assert all(0 < row["probability"] <= 1 for row in page["images"])
    for row in page["images"]:
        words = ("--image", row["image_id"], "--ranking", "mixed", "--drawn", 0)
        assert typed(capsys, "decide", path, RUN, *words)[0] == 0
    assert [d.params["probability"] for d in trained_project.decisions.all()] == [
        row["probability"] for row in page["images"]
    ]
    (found,) = json.loads(typed(capsys, "estimate", path, RUN, "--threshold", 0, "--json")[1])["queues"]
    assert (found["num_answers"], found["error"]["value"]) == (3, 0)
    assert "3 answers from" in typed(capsys, "estimate", path, RUN)[1]


def test_queues_that_cannot_be_are_sentences(capsys: pytest.CaptureFixture[str], trained_project: Project) -> None:
    for words in (("--ranking", "banana"), ("--random-share", "0.1"), ("--drawn", "7")):
        code, _, err = typed(capsys, "queue", trained_project.path, RUN, *words)
        assert (code, err[:8]) == (2, "winnow: ")
