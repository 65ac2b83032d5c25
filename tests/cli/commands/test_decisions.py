"""`winnow queue`, `decide` and `curate` list images, record decisions and show labels."""

import json

import pytest

from core import PageQuery, Project
from tests.cli.shell import Shell, typed

RUN = "001-supervised-mlp"


def test_decide_accepts_relabels_and_undoes(shell: Shell, trained_project: Project) -> None:
    path, image = trained_project.path, int(trained_project.splits.pool[0])
    assert shell.json("decide", path, RUN, "--image", image)["verdict"] == "accept"
    shell.json("decide", path, RUN, "--image", image, "--verdict", "relabel", "--label", "cross")
    assert shell.json("curate", path)["labels"]["corrected"] == 1
    assert shell.json("decide", path, RUN, "--undo")["verdict"] == "undo"
    assert shell.json("curate", path)["labels"] == {"given": 15, "accepted": 1, "corrected": 0, "bulk": 0}


def test_bulk_accept_is_one_entry_that_names_its_number(shell: Shell, trained_project: Project) -> None:
    facts = shell.json("decide", trained_project.path, RUN, "--bulk-accept", "--param", "threshold=0.5")
    assert facts["num_images"] == trained_project.select(RUN, "fixed_threshold", threshold=0.5).count
    assert len(trained_project.decisions.all()) == 1


@pytest.mark.parametrize(
    "words",
    [(), ("--image", 1, "--undo"), ("--image", 10**9), ("--image", 10**9, "--verdict", "relabel", "--label", "dog")],
)
def test_a_decision_that_makes_no_sense_is_refused(
    shell: Shell, trained_project: Project, words: tuple[object, ...]
) -> None:
    before = trained_project.class_names
    assert shell("decide", trained_project.path, RUN, *words)[0] == 2
    assert trained_project.class_names == before, "a refused decision adds no class"
    assert trained_project.decisions.all() == []


def test_nothing_to_undo_is_a_sentence(shell: Shell, trained_project: Project) -> None:
    code, _, err = shell("decide", trained_project.path, RUN, "--undo")
    assert code == 2
    assert "undo" in err


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


def test_a_queue_that_cannot_be_is_a_sentence(capsys: pytest.CaptureFixture[str], trained_project: Project) -> None:
    for words in (("--ranking", "banana"), ("--random-share", "0.1"), ("--drawn", "7")):
        code, _, err = typed(capsys, "queue", trained_project.path, RUN, *words)
        assert (code, err[:8]) == (2, "winnow: ")


def test_queue_lists_the_pool_by_likeness_to_an_image_as_python_does(shell: Shell, trained_project: Project) -> None:
    image = int(trained_project.splits.labeled[0])
    facts = shell.json("queue", trained_project.path, RUN, "--like", image, "--count", 5)
    page = trained_project.review(RUN).page(PageQuery("similar", like=image, count=5))
    assert [row["image_id"] for row in facts["images"]] == [card.id for card in page.cards]
    assert {row["like"] for row in facts["images"]} == {image}


def test_queue_by_words_names_the_command_that_computes_their_features(shell: Shell, trained_project: Project) -> None:
    code, _, err = shell("queue", trained_project.path, RUN, "--words", "red car")
    assert code == 2
    assert f"winnow features {trained_project.path} --extractor clip:FOLDER" in " ".join(err.split())


def test_queue_lists_a_stored_set_alone(shell: Shell, trained_project: Project) -> None:
    ids = trained_project.splits.pool[[4, 7]].tolist()
    name = trained_project.review(RUN).save_set(ids)
    words = ("queue", trained_project.path, RUN, "--ranking", "margin")
    assert sorted(row["image_id"] for row in shell.json(*words, "--set", name)["images"]) == ids
    code, _, err = shell(*words, "--set", "none")
    assert code == 2
    assert "no image set 'none'" in err
    code, _, err = shell("queue", trained_project.path, RUN, "--ranking", "similar")
    assert code == 2
    assert "none is given" in err
