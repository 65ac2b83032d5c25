"""Notes and flags in the log of a project: refused where they cannot be kept, undoable, and never a decision."""

import uuid
from typing import Any

import numpy as np
import pytest

from core import Command, PageQuery, Project, QueueFilter
from core.store.decision_log import DecisionLog, NewDecision

RUN = "001-supervised-mlp"


def sent(project: Project, verdict: str, image: int | None, reviewer: str = "me", **params: Any) -> str:
    command = Command(str(uuid.uuid4()), verdict, RUN, reviewer, image, params=params)
    (outcome,) = project.decisions.execute([command])
    return outcome.reason


@pytest.mark.parametrize("text", ["x" * 1000, "two\nlines", "خانه‌ها", "👩‍🔬 asks", "=1+1", ""])
def test_a_note_keeps_what_people_write(trained_project: Project, text: str) -> None:
    assert sent(trained_project, "note", 3, text=text) == ""
    notes = Project.open(trained_project.path).decisions.remarks().notes
    assert [note.text for note in notes.values()] == ([text] if text else [])


@pytest.mark.parametrize(
    ("verdict", "image", "params", "words"),
    [
        ("note", 3, {"text": "x" * 1001}, "at most 1,000 characters"),
        ("note", 3, {"text": "bell \a"}, "cannot be shown"),
        ("note", 3, {"text": "half \ud800"}, "Unicode"),
        ("note", 3, {"text": "turned \u202e round"}, "cannot be shown"),
        ("note", 3, {"text": 7}, "must be a text"),
        ("note", 3, {}, "has a text"),
        ("note", None, {"text": "x"}, "is about an image"),
        ("note", 10**9, {"text": "x"}, "There is no image"),
        ("note", -1, {"text": "x"}, "There is no image"),
        ("flag", None, {}, "is about an image"),
        ("flag", 3, {"text": "why"}, "A flag has no text"),
    ],
)
def test_a_remark_that_cannot_be_kept_is_refused_with_a_sentence(
    trained_project: Project, verdict: str, image: int | None, params: dict[str, Any], words: str
) -> None:
    assert words in sent(trained_project, verdict, image, **params)
    assert trained_project.decisions.with_remarks() == []


def test_remarks_change_no_label_count_or_number_of_decisions(trained_project: Project) -> None:
    image = int(trained_project.splits.pool[0])
    trained_project.decide(RUN, "accept", image)
    decisions, digest = trained_project.decisions, trained_project.curate().digest
    before, last, counts = decisions.state(), decisions.last_id(), decisions.counts()
    assert decisions.note(image, "blurred").status == decisions.flag(image).status == "saved"
    assert trained_project.undo().status == "saved"  # of the flag
    after = decisions.state()
    for one, two in ((before.verdict, after.verdict), (before.label, after.label), (before.decision, after.decision)):
        np.testing.assert_array_equal(one, two)
    assert (decisions.last_id(), decisions.counts(), len(decisions.all())) == (last, counts, 1)
    assert trained_project.curate().digest == digest
    assert [line.verdict for line in decisions.with_remarks()] == ["accept", "note", "flag", "undo"]


def test_undo_takes_back_remarks_and_decisions_in_turn(trained_project: Project) -> None:
    image, decisions = int(trained_project.splits.pool[0]), trained_project.decisions
    decisions.note(image, "first", "ann")
    trained_project.decide(RUN, "accept", image, reviewer="ann")
    decisions.flag(image, "bob")
    assert trained_project.undo(reviewer="ann").status == "saved"
    assert decisions.counts()["accept"] == 0
    assert trained_project.undo(reviewer="ann").status == "saved"
    assert (decisions.remarks().notes, list(decisions.remarks().flags)) == ({}, [image])
    assert "nothing left" in trained_project.undo(reviewer="ann").reason
    again = Project.open(trained_project.path).decisions
    assert (again.remarks(), again.counts()) == (decisions.remarks(), decisions.counts())


def test_a_colleagues_note_that_was_not_seen_is_not_replaced(trained_project: Project) -> None:
    assert sent(trained_project, "note", 3, "ann", text="a cat") == ""
    reason = sent(trained_project, "note", 3, "bob", text="a dog")
    assert "ann has written a note" in reason
    assert "a cat" in reason
    seen = trained_project.decisions.remarks().notes[3].id
    assert sent(trained_project, "note", 3, "bob", text="a dog", seen=seen) == ""
    assert sent(trained_project, "note", 3, "bob", text="a dog!") == ""
    assert trained_project.decisions.remarks().notes[3].text == "a dog!"


@pytest.mark.parametrize("ranking", ["entropy", "confidence", "mixed"])
def test_the_queues_of_flagged_and_noted_images_hold_exactly_those(trained_project: Project, ranking: str) -> None:
    pool, review = trained_project.splits.pool, trained_project.review(RUN)
    one, two = int(pool[1]), int(pool[4])
    flagged = PageQuery(ranking, wanted=QueueFilter(show="flagged"))
    assert review.page(flagged).matching == 0
    for image in (one, two):
        trained_project.decisions.flag(image, "ann")
    trained_project.decisions.note(two, "ask me", "ann")
    page = review.page(flagged)
    assert {card.id for card in page.cards} == {one, two}
    assert (page.matching, page.open) == (2, 2)
    (card,) = review.page(PageQuery(ranking, wanted=QueueFilter(show="noted"))).cards
    assert (card.id, card.note and card.note.text, card.flag and card.flag.reviewer) == (two, "ask me", "ann")
    trained_project.decisions.flag(one, "bob", is_on=False)
    assert [card.id for card in review.page(flagged).cards] == [two]


def test_a_note_in_the_log_without_a_text_counts_for_nothing(trained_project: Project) -> None:
    trained_project.decisions.note(3, "kept")
    log = DecisionLog(trained_project.path / "decisions.db")

    log.append([NewDecision("odd", "me", "", "note", image_id=4), NewDecision("many", "me", "", "flag")])
    again = Project.open(trained_project.path).decisions
    assert (list(again.remarks().notes), again.remarks().flags) == ([3], {})
