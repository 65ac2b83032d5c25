"""Queues of a project: pages, filters, and decisions about filtered images."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import Command, InputError, LabelSource, PageQuery, Project, QueueFilter, ScoreRange, Verdict


class Place:
    """Trained project with commands about many of its images."""

    def __init__(self, project: Project) -> None:
        self.project, self.decisions, self.run = project, project.decisions, project.runs()[0].id
        self.pool = project.scores(self.run)
        self.num = 0

    def do(self, verdict: str, label: int | None = None, **params: Any) -> Any:
        self.num += 1
        command = Command(f"c{self.num}", verdict, self.run, label=label, params=params)
        return self.decisions.execute([command])[0]

    def single(self, row: int, verdict: str, reviewer: str = "me") -> None:
        self.num += 1
        suggestion = int(self.pool.scores.pseudo_labels[row])
        command = Command(f"c{self.num}", verdict, self.run, reviewer, int(self.pool.ids[row]), suggestion)
        assert self.decisions.execute([command])[0].status == "saved"

    def ids(self, **words: Any) -> list[int]:
        query = PageQuery(ranking="margin", count=400, wanted=QueueFilter(**words))
        return [card.id for card in self.decisions.review(self.run).page(query).cards]

    def verdicts(self, ids: list[int]) -> set[int]:
        return set(self.decisions.state().verdict[ids].tolist())


@pytest.fixture
def place(trained_project: Project) -> Place:
    return Place(trained_project)


FILTERS: list[dict[str, Any]] = [
    {},
    {"predicted": 1},
    {"predicted": 0, "runner_up": 2},
    {"range": ScoreRange("confidence", 0.4, 0.6)},
    {"show": "open", "predicted": 2},
    {"text": "1"},
    {"show": "accept", "reviewer": "ann"},
    {"decision": 2},
    {"is_changed": True},
]


@pytest.mark.parametrize("words", FILTERS, ids=str)
def test_pages_in_both_directions_show_each_matching_image_once(place: Place, words: dict[str, Any]) -> None:
    for row, (verdict, who) in enumerate([("accept", "ann"), ("accept", "bob"), ("skip", "ann"), ("reject", "ann")]):
        place.single(row, verdict, who)
    wanted, whole = QueueFilter(**words), place.ids(**words)
    forwards: list[int] = []
    backwards: list[int] = []
    start, end = 0, len(place.pool.ids)
    while cards := place.decisions.review(place.run).page(PageQuery("margin", start, 7, wanted=wanted)).cards:
        forwards += [card.id for card in cards]
        start = cards[-1].rank + 1
    while cards := place.decisions.review(place.run).page(PageQuery("margin", end, 7, "previous", wanted=wanted)).cards:
        backwards = [card.id for card in cards] + backwards
        end = cards[0].rank
    assert forwards == backwards == whole
    page = place.decisions.review(place.run).page(PageQuery(wanted=wanted))
    assert page.matching == len(whole)
    assert page.open == sum(int(place.decisions.state().verdict[i]) in (Verdict.UNDECIDED, Verdict.SKIP) for i in whole)


def test_changed_filter_is_empty_without_a_parent(place: Place) -> None:
    assert place.ids(is_changed=True) == []


@pytest.mark.parametrize(
    ("verdict", "code"),
    [("bulk_accept", Verdict.BULK_ACCEPT), ("reject", Verdict.REJECT), ("relabel", Verdict.RELABEL),
     ("none", Verdict.NONE), ("skip", Verdict.SKIP), ("unsure", Verdict.UNSURE)],
)  # fmt: skip
def test_verdict_on_a_filter_is_one_decision_with_one_undo(place: Place, verdict: str, code: Verdict) -> None:
    ids, others = place.ids(predicted=1), place.ids(predicted=0)
    before = place.decisions.state()
    label = 2 if verdict == "relabel" else None
    outcome = place.do(verdict, label, filter={"show": "undecided", "predicted": 1}, expected=len(ids))
    assert outcome.status == "saved", outcome.reason
    state = place.decisions.state()
    assert place.verdicts(ids) == {code}
    assert place.verdicts(others) == {Verdict.UNDECIDED}
    given = {"bulk_accept": 1, "reject": 1, "relabel": 2}.get(verdict, -1)
    assert set(state.label[ids].tolist()) == {given}
    assert place.decisions.latest(1)[0].num_images == len(ids)
    assert place.project.curate().digest
    assert place.do("undo").status == "saved"
    for name in ("verdict", "label", "decision"):
        np.testing.assert_array_equal(getattr(place.decisions.state(), name), getattr(before, name))


def test_filter_verdict_changes_decided_images_only_on_request(place: Place) -> None:
    ids = place.ids(predicted=1)
    place.single(int(np.flatnonzero(place.pool.ids == ids[0])[0]), "accept")
    place.do("reject", filter={"show": "all", "predicted": 1}, expected=len(ids) - 1)
    assert place.verdicts(ids[:1]) == {Verdict.ACCEPT}
    assert place.verdicts(ids[1:]) == {Verdict.REJECT}
    place.do("none", filter={"show": "all", "predicted": 1}, only_open=False, expected=len(ids))
    assert place.verdicts(ids) == {Verdict.NONE}


def test_wrong_expected_number_is_refused(place: Place) -> None:
    number = len(place.ids(predicted=1))
    outcome = place.do("reject", filter={"predicted": 1}, expected=number + 1)
    assert outcome.status == "refused"
    assert f"{number:,}" in outcome.reason
    assert place.decisions.all() == []


def test_page_accept_is_one_decision(place: Place) -> None:
    pairs = [[int(place.pool.ids[row]), int(place.pool.scores.pseudo_labels[row])] for row in range(5)]
    assert place.do("accept", images=pairs).status == "saved"
    curated = place.project.curate()
    assert (curated.sources == LabelSource.ACCEPTED).sum() == 5
    (line,) = place.decisions.all()
    assert (line.num_images, line.params["rule"]) == (5, "page")
    assert "images" not in line.params


@pytest.mark.parametrize(
    ("verdict", "params", "words"),
    [
        ("accept", {"filter": {}}, "one by one"),
        ("reject", {"filter": {"predicted": 99}}, "class from 0"),
        ("reject", {"filter": {"predicted": "1"}}, "cannot be read"),
        ("reject", {"filter": {"predicted": True}}, "cannot be read"),
        ("reject", {"filter": {"colour": 1}}, "cannot be read"),
        ("reject", {"filter": {"range": ["confidence", 0]}}, "cannot be read"),
        ("reject", {"filter": 7}, "must be an object"),
        ("reject", {"filter": {"text": "no such file"}}, "nothing to decide"),
        ("relabel", {"filter": {}}, "no class"),
        ("praise", {"filter": {}}, "no verdict"),
        ("accept", {"images": []}, "none are named"),
        ("accept", {"images": "all"}, "must be a list"),
        ("accept", {"images": [[1]]}, "none are named"),
        ("accept", {"images": [[10**9, 0]]}, "not in the pool"),
    ],
)
def test_invalid_bulk_command_is_refused(place: Place, verdict: str, params: dict[str, Any], words: str) -> None:
    outcome = place.do(verdict, **params)
    assert outcome.status == "refused"
    assert words in outcome.reason
    assert place.decisions.all() == []


def test_page_with_one_stale_suggestion_is_refused(place: Place) -> None:
    pairs = [[int(place.pool.ids[row]), int(place.pool.scores.pseudo_labels[row])] for row in range(3)]
    pairs[1][1] = (pairs[1][1] + 1) % 3
    outcome = place.do("accept", images=pairs)
    assert (outcome.status, "look at the page again" in outcome.reason) == ("refused", True)
    assert place.verdicts([pair[0] for pair in pairs]) == {Verdict.UNDECIDED}


@pytest.fixture
def filed(trained_project: Project) -> Place:
    """Trained project whose images have a camera, and a depth that rises with their number."""
    num = len(trained_project.images.labels)
    columns = {"camera": ["AB"[n % 2] for n in range(num)], "depth": [str(n) if n % 5 else "" for n in range(num)]}
    pq.write_table(pa.table(columns), trained_project.path / "images" / "metadata.parquet")
    return Place(Project.open(trained_project.path))


def test_metadata_filters_a_queue(filed: Place) -> None:
    shown = filed.ids(metadata=(("camera", "A"), ("depth", "..60")))
    assert sorted(shown) == [i for i in filed.pool.ids.tolist() if i % 2 == 0 and i % 5 and i <= 60]


@pytest.mark.parametrize(("ranking", "sign"), [("ascending:depth", 1), ("descending:depth", -1)])
def test_metadata_orders_a_queue_and_missing_values_come_last(filed: Place, ranking: str, sign: int) -> None:
    page = filed.decisions.review(filed.run).page(PageQuery(ranking=ranking, count=400))
    shown = [card.id for card in page.cards]
    known = [image for image in shown if image % 5]
    assert shown[: len(known)] == sorted(known, key=lambda image: sign * image)
    assert sorted(shown) == filed.pool.ids.tolist()


def test_a_bulk_decision_about_metadata_covers_what_the_filter_shows(filed: Place) -> None:
    shown = filed.ids(metadata=(("camera", "B"),))
    wanted = {"show": "undecided", "metadata": [["camera", "B"]]}
    outcome = filed.do("reject", filter=wanted, expected=len(shown))
    assert outcome.status == "saved", outcome
    assert filed.verdicts(shown) == {Verdict.REJECT}
    assert not filed.ids(show="undecided", metadata=(("camera", "B"),))


@pytest.mark.parametrize("metadata", [["camera"], [["camera"]], [["camera", 1]], "camera=A", {"camera": "A"}])
def test_a_condition_that_is_no_pair_of_texts_is_refused(filed: Place, metadata: Any) -> None:
    outcome = filed.do("reject", filter={"metadata": metadata})
    assert (outcome.status, "cannot be read" in outcome.reason) == ("refused", True)


def test_a_ranking_by_a_column_that_is_not_there_names_those_there_are(filed: Place) -> None:
    with pytest.raises(InputError, match="There are: camera, depth"):
        filed.decisions.review(filed.run).page(PageQuery(ranking="ascending:zoom"))
