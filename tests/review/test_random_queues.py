"""Random queues: reproducible draws, logged probabilities, estimates."""

from typing import Any

import numpy as np
import pytest

from core import Command, DecisionError, InputError, PageQuery, Project, QueueFilter
from core.review.random_queues import RANDOM, RandomQueue
from core.risk.sampling_estimates import complement, lure

RUN = "001-supervised-mlp"


def cards(project: Project, ranking: str, **more: Any) -> Any:
    return project.review(RUN).page(PageQuery(ranking, count=400, **more))


def answer(project: Project, image: int, label: int, **shown: Any) -> None:
    pool = project.scores(RUN)
    suggested = int(pool.scores.pseudo_labels[np.searchsorted(pool.ids, image)])
    verdict = "accept" if label == suggested else "relabel"
    assert project.decide(RUN, verdict, image, label, **shown).status == "saved"


@pytest.mark.parametrize("ranking", ["audit", "mixed", "mixed_margin", "diverse", "badge"])
def test_drawn_queue_is_reproducible(trained_project: Project, ranking: str) -> None:
    first = cards(trained_project, ranking)
    assert first.drawn == 0
    assert len({card.id for card in first.cards}) == len(first.cards) == first.total
    trained_project.decide(RUN, "accept", first.cards[3].id)
    again = cards(Project.open(trained_project.path), ranking, drawn=0)
    assert [card.id for card in again.cards] == [card.id for card in first.cards]
    anew = cards(trained_project, ranking)
    assert anew.drawn == 1
    assert first.cards[3].id not in {card.id for card in anew.cards}


def test_reject_hunt_shows_kept_images_least_confident_first(trained_project: Project) -> None:
    pool = trained_project.scores(RUN)
    threshold = float(np.median(pool.scores.confidence))
    found = [card.confidence for card in cards(trained_project, "reject_hunt", threshold=threshold).cards]
    assert found == sorted(found)
    assert len(found) == int((pool.scores.confidence >= np.float32(threshold)).sum())


@pytest.mark.parametrize("ranking", ["audit", "mixed", "mixed_margin"])
def test_log_stores_the_probability_of_each_draw(trained_project: Project, ranking: str) -> None:
    page = cards(trained_project, ranking, eta=0.5)
    query = PageQuery(ranking, eta=0.5, drawn=page.drawn)
    picks = trained_project.review(RUN).queues.random.picks(RandomQueue(ranking, 1.0 if ranking == "audit" else 0.5, 0))
    for rank in (0, 5, 2):
        shown = trained_project.review(RUN).shown(page.cards[rank].id, query)
        trained_project.decide(RUN, "accept", page.cards[rank].id, **shown)
        logged = trained_project.decisions.all()[-1].params
        assert logged["probability"] == picks.probability[rank]
        assert (logged["rank"], logged["of"]) == (rank, picks.num_eligible)


def test_wrong_rank_in_a_queue_is_refused(trained_project: Project) -> None:
    page = cards(trained_project, "mixed")
    card = page.cards[0]
    for params in ({"rank": 1}, {"rank": 0, "drawn": None}, {"rank": "0"}, {"rank": 0, "drawn": 9}, {"eta": 0.1}):
        where = {"ranking": "mixed", "rank": 0, "drawn": 0, "eta": 0.3, **params}
        command = Command(f"c{params}", "accept", RUN, "me", card.id, card.suggestion, params=where)
        assert trained_project.decisions.execute([command])[0].status == "refused"
    with pytest.raises(InputError, match="no queue can have been drawn"):
        cards(trained_project, "mixed", drawn=9)
    with pytest.raises(InputError, match="must lie from"):
        cards(trained_project, "mixed", eta=0.1)
    with pytest.raises(DecisionError, match="load the page again"):
        trained_project.review(RUN).queues.random.logged_params(0, {"ranking": "audit", "rank": 10**6, "drawn": 0})
    assert trained_project.decisions.all() == []


@pytest.mark.parametrize("ranking", ["audit", "mixed", "mixed_margin"])
def test_fully_answered_queue_gives_the_true_values(trained_project: Project, ranking: str) -> None:
    pool, rng = trained_project.scores(RUN), np.random.default_rng(0)
    truth = dict(zip(pool.ids.tolist(), rng.integers(0, 3, len(pool.ids)).tolist(), strict=True))
    page = cards(trained_project, ranking)
    for card in page.cards:
        shown = trained_project.review(RUN).shown(card.id, PageQuery(ranking, drawn=page.drawn))
        answer(trained_project, card.id, truth[card.id], **shown)
    threshold = float(np.median(pool.scores.confidence))
    (found,) = trained_project.quality.queue_estimates(RUN, threshold)
    is_right = np.array([truth[i] == s for i, s in zip(pool.ids.tolist(), pool.scores.pseudo_labels, strict=True)])
    keep = pool.scores.confidence >= np.float32(threshold)
    assert found.num_answers == found.num_open == len(pool.ids)
    assert found.accuracy.value == pytest.approx(is_right.mean())
    assert found.error.value == pytest.approx((~is_right)[keep].mean())


def test_answers_count_up_to_the_first_gap(trained_project: Project) -> None:
    page = cards(trained_project, "mixed")
    for rank in (0, 1, 3, 4):
        shown = trained_project.review(RUN).shown(page.cards[rank].id, PageQuery("mixed", drawn=0))
        trained_project.decide(RUN, "accept", page.cards[rank].id, **shown)
    (found,) = trained_project.quality.queue_estimates(RUN, 0.0)
    assert (found.num_answers, found.num_waiting) == (2, 2)
    trained_project.decide(RUN, "none", page.cards[2].id)  # by another way: it closes the gap
    (found,) = trained_project.quality.queue_estimates(RUN, 0.0)
    assert (found.num_answers, found.num_waiting) == (5, 0)
    draws = trained_project.review(RUN).queues.random
    probability = draws.picks(RandomQueue("mixed", 0.3, 0)).probability[:5]
    assert found.accuracy == complement(lure(np.array([0, 0, 1.0, 0, 0]), probability, found.num_open))


def test_mixed_margin_shows_the_smallest_margins_between_its_random_draws(trained_project: Project) -> None:
    pool = trained_project.scores(RUN)
    picks = trained_project.review(RUN).queues.random.picks(RandomQueue("mixed_margin", 0.3, 0))
    first = int(pool.scores.margin.argmin())
    place = picks.positions.tolist().index(first)
    assert picks.probability[: place + 1].max() == picks.probability[place] > 0.7
    assert picks.is_random


def test_undone_answer_does_not_count(trained_project: Project) -> None:
    card = cards(trained_project, "audit").cards[0]
    shown = trained_project.review(RUN).shown(card.id, PageQuery("audit", drawn=0))
    trained_project.decide(RUN, "accept", card.id, **shown)
    assert trained_project.quality.queue_estimates(RUN, 0.0)[0].num_answers == 1
    trained_project.undo(RUN)
    assert trained_project.quality.queue_estimates(RUN, 0.0) == []


@pytest.mark.parametrize("ranking", ["audit", "diverse", "badge", "reject_hunt", "entropy"])
def test_a_filter_counts_what_its_queue_shows(trained_project: Project, ranking: str) -> None:
    whole = cards(trained_project, ranking, threshold=0.5)
    assert (whole.matching, whole.open) == (len(whole.cards), len(whole.cards))
    trained_project.decide(RUN, "accept", whole.cards[0].id)
    predicted = whole.cards[-1].suggestion
    found = cards(
        trained_project, ranking, threshold=0.5, drawn=whole.drawn, wanted=QueueFilter("all", predicted=predicted)
    )
    assert found.matching == len(found.cards)
    assert found.open == sum(card.verdict == "" for card in found.cards)


@pytest.mark.parametrize("ranking", ["audit", "mixed", "mixed_margin", "diverse", "badge"])
def test_a_drawn_queue_stays_as_it_was_drawn_when_images_are_hidden(trained_project: Project, ranking: str) -> None:
    first = [card.id for card in cards(trained_project, ranking).cards]
    gone = first[2:6]
    trained_project.decide(RUN, "accept", first[0])
    trained_project.hide_images([*gone, int(trained_project.splits.labeled[0])], "blurred")
    page = cards(trained_project, ranking, drawn=0)
    assert [card.id for card in page.cards] == [image for image in first if image not in gone]
    query = PageQuery(ranking, drawn=0)
    shown = trained_project.review(RUN).shown(page.cards[2].id, query)
    trained_project.decide(RUN, "accept", page.cards[2].id, **shown)
    logged = trained_project.decisions.all()[-1].params
    assert logged["rank"] == 2, "where it was shown"
    if ranking in RANDOM:
        queue = RandomQueue(ranking, 1.0 if ranking == "audit" else 0.3, 0)
        picks = trained_project.review(RUN).queues.random.picks(queue)
        assert logged["probability"] == picks.probability[6], "of its draw"
    anew = {card.id for card in cards(trained_project, ranking).cards}
    assert not anew & set(gone)


def test_an_estimate_counts_a_drawn_image_that_was_hidden_unanswered_as_wrong(trained_project: Project) -> None:
    page = cards(trained_project, "audit")
    pool = trained_project.scores(RUN)
    for card in page.cards[:10]:
        label = int(pool.scores.pseudo_labels[np.searchsorted(pool.ids, card.id)])
        answer(
            trained_project, card.id, label, **trained_project.review(RUN).shown(card.id, PageQuery("audit", drawn=0))
        )
    (before,) = trained_project.quality.queue_estimates(RUN, 0.0)
    trained_project.hide_images([page.cards[3].id, page.cards[10].id], "blurred")
    (after,) = trained_project.quality.queue_estimates(RUN, 0.0)
    assert (before.num_answers, after.num_answers) == (10, 11)
    assert (before.accuracy.value, after.num_open) == (1.0, before.num_open)
    assert after.accuracy.value == pytest.approx(10 / 11)
