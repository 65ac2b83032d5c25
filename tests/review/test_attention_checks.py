"""Attention checks: they flag inattentive reviewers and change no labels or runs."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from core import Command, InputError, PageQuery, Project, QueueFilter
from core.review.cards import Card

RUN = "001-supervised-mlp"
OPEN = QueueFilter(show="undecided")


class Reviewer:
    """Simulated reviewer: answers the first undecided cards of the review page."""

    def __init__(self, project: Project, name: str = "me") -> None:
        self.project, self.name, self.num, self.seen = project, name, 0, list[Card]()

    def cards(self, count: int = 16) -> list[Card]:
        return self.project.review(RUN).page(PageQuery(count=count, wanted=OPEN, reviewer=self.name)).cards

    def decide(self, card: Card, verdict: str, label: int | None = None, **more: Any) -> str:
        self.num += 1
        params = {**({"planted": card.planted} if card.planted else {}), "seconds": 0.5, **more}
        command = Command(
            f"{self.name}{self.num}", verdict, RUN, self.name, card.id, card.suggestion, label, params=params
        )
        self.seen.append(card)
        return self.project.decisions.execute([command])[0].status

    def work(self, count: int, looks: bool) -> None:
        while len(self.seen) < count:
            for card in self.cards()[: count - len(self.seen)]:
                known = int(self.project.images.labels[card.id])
                is_wrong = looks and card.planted == "wrong"
                assert self.decide(card, "relabel" if is_wrong else "accept", known if is_wrong else None) == "saved"


@pytest.fixture
def project(trained_project: Project) -> Project:
    trained_project.quality.set_check_interval(8)
    return trained_project


def test_reviewer_who_always_accepts_is_flagged_within_40_decisions(project: Project) -> None:
    person = Reviewer(project)
    person.work(40, looks=False)
    (found,) = project.quality.reviewers()
    assert found.attention.is_flagged
    assert found.num_planted == sum(card.planted == "wrong" for card in person.seen) >= 5
    assert found.attention.caught.count == 0
    assert found.attention.median_seconds == 0.5


def test_attentive_reviewer_is_not_flagged(project: Project) -> None:
    person = Reviewer(project)
    person.work(60, looks=True)
    (found,) = project.quality.reviewers()
    assert not found.attention.is_flagged
    assert found.attention.caught.value == 1
    assert found.num_repeats > 0
    assert found.attention.disagreement.value == 0


def test_check_answers_change_no_label_count_or_run(project: Project) -> None:
    before, counts = project.curate().digest, project.decisions.counts()
    person = Reviewer(project)
    checks = [card for card in person.cards(40) if card.planted]
    assert len(checks) == 6
    assert all(card.id in project.splits.val for card in checks)
    assert all(card.suggestion != project.images.labels[card.id] for card in checks)
    for card in checks:
        assert person.decide(card, "accept") == "saved"
    assert project.curate().digest == before
    assert project.decisions.counts() == counts
    assert not project.decisions.state().verdict.any()
    lines = Project.open(project.path).decisions.all()
    assert [line.params["planted"] for line in lines] == ["wrong"] * 6
    assert [line.params["known"] for line in lines] == [int(project.images.labels[card.id]) for card in checks]
    assert not {card.id for card in person.cards(40)} & {card.id for card in checks}


def test_repeat_changes_no_label_and_its_disagreement_is_counted(project: Project) -> None:
    person = Reviewer(project)
    person.work(30, looks=True)
    repeats = [card for card in person.cards(40) if card.planted == "repeat"]
    assert repeats
    digest, before = project.curate().digest, project.quality.reviewers()[0]
    assert person.decide(repeats[0], "none") == "saved"
    assert project.curate().digest == digest
    after = project.quality.reviewers()[0]
    assert after.num_repeats == before.num_repeats + 1
    assert after.attention.disagreement.count == before.attention.disagreement.count + 1
    assert after.num_decisions == before.num_decisions


def test_a_hidden_image_is_not_repeated(project: Project) -> None:
    person = Reviewer(project)
    person.work(30, looks=True)
    repeats = [card.id for card in person.cards(40) if card.planted == "repeat"]
    project.hide_images(repeats[:1], "blurred")
    again = [card.id for card in person.cards(40) if card.planted == "repeat"]
    assert again
    assert repeats[0] not in again


def test_check_looks_like_other_cards(project: Project) -> None:
    cards = Reviewer(project).cards(40)
    for card in cards:
        assert card.top[0][0] == card.suggestion
        assert card.top[0][1] == pytest.approx(card.confidence)
        assert card.why.count(" · ") == cards[0].why.count(" · ")
        assert card.verdict == ""
    assert all(a.entropy >= b.entropy for a, b in pairwise(cards))  # checks do not break the order of the queue
    places = np.flatnonzero([bool(card.planted) for card in cards])
    assert all(cards[place].rank == cards[place - 1].rank for place in places)


def test_undo_of_a_check_answer(project: Project) -> None:
    person = Reviewer(project)
    card = next(card for card in person.cards() if card.planted)
    person.decide(card, "accept")
    assert project.quality.reviewers()[0].num_planted == 1
    assert project.undo(RUN).status == "saved"
    assert project.quality.reviewers() == []


def test_no_checks_without_an_interval(trained_project: Project) -> None:
    assert not any(card.planted for card in Reviewer(trained_project).cards(100))
    with pytest.raises(InputError, match="A check can stand among"):
        trained_project.quality.set_check_interval(3)


@pytest.mark.parametrize("kind", ["wrong", "repeat", "banana"])
def test_answer_to_an_unknown_check_is_refused(project: Project, kind: str) -> None:
    person = Reviewer(project)
    card = next(card for card in person.cards() if not card.planted)
    assert person.decide(card, "accept", planted=kind) == "refused"
    assert project.decisions.all() == []


def test_checks_appear_among_undecided_images_only(project: Project) -> None:
    everything = project.review(RUN).page(PageQuery(count=400)).cards
    assert not any(card.planted for card in everything)
