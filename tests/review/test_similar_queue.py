"""Queue of likeness and image sets: ranking, filters, bulk decisions, log."""

import pytest

from core import Command, InputError, PageQuery, Project, QueueFilter


@pytest.fixture
def run(trained_project: Project) -> str:
    return trained_project.runs()[0].id


def test_the_queue_of_likeness_begins_with_the_image_and_names_it(trained_project: Project, run: str) -> None:
    image = int(trained_project.splits.unlabeled[4])
    page = trained_project.review(run).page(PageQuery("similar", like=image, count=400))
    assert page.cards[0].id == image
    assert page.like == page.cards[0].name
    assert len(page.cards) == page.total == len(trained_project.splits.pool)


def test_filters_combine_with_likeness_and_keep_its_order(trained_project: Project, run: str) -> None:
    review, image = trained_project.review(run), int(trained_project.splits.labeled[0])
    whole = review.page(PageQuery("similar", like=image, count=400)).cards
    wanted = QueueFilter(show="undecided", predicted=1)
    some = review.page(PageQuery("similar", like=image, count=400, wanted=wanted)).cards
    assert [card.id for card in some] == [card.id for card in whole if card.suggestion == 1]
    assert 0 < len(some) < len(whole)


def test_likeness_without_an_image_is_refused(trained_project: Project, run: str) -> None:
    with pytest.raises(InputError, match="needs words, or like, the number of an image"):
        trained_project.review(run).page(PageQuery("similar"))


def test_the_log_says_which_image_a_queue_of_likeness_compared_with(trained_project: Project, run: str) -> None:
    query = PageQuery("similar", like=int(trained_project.splits.labeled[0]))
    image = trained_project.review(run).page(query).cards[2].id
    shown = trained_project.review(run).shown(image, query)
    trained_project.decide(run, "accept", image, **shown)
    logged = trained_project.decisions.latest(1)[0].params
    assert logged == {"ranking": "similar", "rank": 2, "like": query.like}


def test_a_set_shows_exactly_its_images_and_the_same_images_have_one_name(trained_project: Project, run: str) -> None:
    review, ids = trained_project.review(run), trained_project.splits.pool[[3, 8, 20]].tolist()
    name = review.save_set(ids[::-1])
    assert name == review.save_set(ids)
    assert len(name) == 6
    again = Project.open(trained_project.path).review(run)  # as after a restart
    page = again.page(PageQuery(wanted=QueueFilter(image_set=name)))
    assert sorted(card.id for card in page.cards) == ids
    assert page.matching == 3


def test_a_bulk_decision_about_a_set_covers_its_images_alone(trained_project: Project, run: str) -> None:
    ids = trained_project.splits.pool[[1, 5]].tolist()
    name = trained_project.review(run).save_set(ids)
    params = {"filter": {"show": "all", "image_set": name}, "expected": 2}
    outcome = trained_project.decisions.execute([Command("c1", "none", run, params=params)])[0]
    assert outcome.status == "saved"
    assert sorted(trained_project.decisions.bulk_set(trained_project.decisions.latest(1)[0]).ids.tolist()) == ids


@pytest.mark.parametrize("name", ["ab12cd", "../../etc", "x", ""])
def test_an_unknown_set_is_refused_with_its_name(trained_project: Project, run: str, name: str) -> None:
    with pytest.raises(InputError, match="has no image set"):
        trained_project.review(run).page(PageQuery(wanted=QueueFilter(image_set=name)))


def test_a_set_holds_pool_images_only_and_at_least_one(trained_project: Project, run: str) -> None:
    review = trained_project.review(run)
    with pytest.raises(InputError, match="not in the pool"):
        review.save_set(trained_project.splits.labeled[:1])
    with pytest.raises(InputError, match="at least one image"):
        review.save_set([])
