"""Decision service, history and histogram: commands, undo, counts."""

import threading
import time
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from core import Command, DataError, PageQuery, Project, QueueFilter, Verdict
from core.data.classes.class_edits import ClassTable
from core.data.hidden.hidden_images import replay_changes
from core.review.decisions import DecisionService
from core.scoring.scores import score
from core.workspace.pool_index import PoolScores
from core.workspace.workspace import Workspace


class Review:
    """Decisions of a trained project, and commands as a client makes them."""

    def __init__(self, project: Project) -> None:
        self.project, self.decisions, self.run = project, project.decisions, project.runs()[0].id
        self.pool = project.scores(self.run)

    def command(self, place: int, verdict: str = "accept", name: str = "", **more: Any) -> Command:
        return Command(
            name or f"{verdict}-{place}", verdict, self.run, image_id=int(self.pool.ids[place]),
            suggestion=int(self.pool.scores.pseudo_labels[place]), **more,
        )  # fmt: skip

    def bulk(self, name: str, threshold: float, **more: Any) -> Command:
        return Command(
            name, "bulk_accept", self.run, params={"rule": "fixed_threshold", "threshold": threshold, **more}
        )

    def undo(self, name: str, reviewer: str = "me", undo_of: int | None = None) -> Command:
        return Command(name, "undo", self.run, reviewer, undo_of=undo_of)

    def verdict(self, place: int) -> Verdict:
        return Verdict(int(self.decisions.state().verdict[self.pool.ids[place]]))


@pytest.fixture
def review(trained_project: Project) -> Review:
    return Review(trained_project)


def test_repeated_command_returns_the_same_decision(review: Review) -> None:
    commands = [review.command(0), review.command(1, "reject"), review.command(0)]
    first = review.decisions.execute(commands)
    assert [outcome.status for outcome in first] == ["saved"] * 3
    assert first[0] == first[2]
    assert review.decisions.execute(commands) == first
    assert len(review.decisions.all()) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"suggestion": 99}, "no longer suggested"),
        ({"suggestion": None}, "no longer suggested"),
        ({"image_id": None}, "not in the pool"),
        ({"image_id": 10**9}, "not in the pool"),
        ({"verdict": "relabel", "label": 3}, "no class"),
        ({"verdict": "relabel", "label": None}, "no class"),
        ({"verdict": "praise"}, "no verdict"),
        ({"run_id": "nope"}, "no run"),
    ],
)
def test_stale_or_invalid_commands_are_refused(review: Review, change: dict[str, Any], words: str) -> None:
    (outcome,) = review.decisions.execute([Command(**{**vars(review.command(0)), **change})])
    assert outcome.status == "refused"
    assert words in outcome.reason
    assert review.decisions.all() == []


def test_a_suggestion_about_test_and_labeled_images_cannot_be_accepted(review: Review) -> None:
    for part in (review.project.splits.test, review.project.splits.labeled, review.project.splits.val):
        (outcome,) = review.decisions.execute([Command("x", "accept", review.run, image_id=int(part[0]), suggestion=0)])
        assert outcome.status == "refused"


def test_bulk_accept_is_one_decision_about_open_images(review: Review) -> None:
    review.decisions.execute(
        [review.command(0, "reject"), review.command(1, "skip"), review.command(2, "relabel", label=1)]
    )
    count = len(review.pool.ids) - 2
    stale, bulk = review.decisions.execute(
        [review.bulk("a", 0.0, expected=count + 1), review.bulk("b", 0.0, expected=count)]
    )
    assert (stale.status, bulk.status) == ("refused", "saved")
    assert f"{count:,}" in stale.reason
    assert [review.verdict(place) for place in range(3)] == [Verdict.REJECT, Verdict.BULK_ACCEPT, Verdict.RELABEL]
    assert review.decisions.latest(1)[0].num_images == count
    review.decisions.execute([review.undo("c")])
    assert review.verdict(1) is Verdict.SKIP, "what stood before the bulk accept stands again"
    assert review.decisions.counts()["bulk_accept"] == 0


def test_undo_takes_back_own_live_decisions_latest_first(review: Review) -> None:
    review.decisions.execute([review.command(0), review.command(1), review.command(2, reviewer="ann")])
    for name, left in (("u1", [1, 0, 1]), ("u2", [0, 0, 1])):
        assert review.decisions.execute([review.undo(name)])[0].status == "saved"
        assert [int(review.verdict(place)) for place in range(3)] == left
    nothing = review.decisions.execute([review.undo("u3")])[0]
    assert (nothing.status, nothing.reason) == ("refused", "There is nothing left to undo.")


def test_named_decision_is_undone_once_and_undo_of_undo_restores_it(review: Review) -> None:
    first, _ = review.decisions.execute([review.command(0), review.command(1)])
    undo = review.decisions.execute([review.undo("u", undo_of=first.decision)])[0]
    assert [review.verdict(0), review.verdict(1)] == [Verdict.UNDECIDED, Verdict.ACCEPT]
    twice = review.decisions.execute([review.undo("v", undo_of=first.decision), review.undo("w", undo_of=10**6)])
    assert [outcome.status for outcome in twice] == ["refused", "refused"]
    review.decisions.execute([review.undo("x", undo_of=undo.decision)])
    assert review.verdict(0) is Verdict.ACCEPT


def test_batch_can_undo_its_own_decision(review: Review) -> None:
    outcomes = review.decisions.execute([review.command(0), review.undo("u"), review.command(1)])
    assert [outcome.status for outcome in outcomes] == ["saved"] * 3
    assert [review.verdict(0), review.verdict(1)] == [Verdict.UNDECIDED, Verdict.ACCEPT]


def test_decisions_of_another_process_are_read(review: Review) -> None:
    assert review.verdict(0) is Verdict.UNDECIDED
    DecisionService(Workspace(review.project.path)).execute([review.command(0)])
    assert review.verdict(0) is Verdict.ACCEPT
    assert review.decisions.execute([review.command(0)])[0].decision == review.decisions.all()[0].id


def test_threads_lose_no_decision(review: Review) -> None:
    def work(offset: int) -> None:
        for place in range(offset, 40, 4):
            review.decisions.execute([review.command(place)])

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(review.verdict(place) is Verdict.ACCEPT for place in range(40))
    assert len(review.decisions.all()) == 40


def test_unwritable_log_raises_data_error(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise DataError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr("core.store.decision_log.DecisionLog.append", full)
        with pytest.raises(DataError, match="full"):
            review.decisions.execute([review.command(0), review.undo("u")])
    assert review.decisions.execute([review.command(0)])[0].status == "saved"


def test_only_single_decisions_reveal_calibration_images(review: Review) -> None:
    hidden = review.project.splits.calibration
    place = {int(number): row for row, number in enumerate(review.pool.ids)}
    review.decisions.execute([review.bulk("b", 0.0)])
    np.testing.assert_array_equal(review.decisions.hidden_calibration(), hidden)
    review.decisions.execute(
        [review.command(place[int(hidden[0])], "unsure"), review.command(place[int(hidden[1])], "skip")]
    )
    np.testing.assert_array_equal(review.decisions.hidden_calibration(), hidden[1:])
    right = np.sum(review.decisions.review(review.run).histogram.counts("confidence")["right"])
    wrong = np.sum(review.decisions.review(review.run).histogram.counts("confidence")["wrong"])
    assert right + wrong == len(hidden) - 1


@pytest.mark.parametrize("score_name", ["confidence", "entropy", "margin"])
def test_bin_sums_are_exact_counts(review: Review, score_name: str) -> None:
    found = review.decisions.review(review.run).histogram.counts(score_name)
    values, counts = getattr(review.pool.scores, score_name), np.array(found["counts"]).sum(axis=0)
    for place in (0, 333, 500, 999):
        edge = np.float32(found["low"] + place * (found["high"] - found["low"]) / found["bins"])
        assert counts[place:].sum() == (values >= edge).sum()


@pytest.mark.parametrize(
    ("score_name", "threshold"), [("confidence", 0.6), ("confidence", 0.0), ("entropy", 0.9), ("margin", 1.0)]
)
def test_boundary_strip_holds_the_images_nearest_to_the_threshold(
    review: Review, score_name: str, threshold: float
) -> None:
    found = review.decisions.review(review.run).border(score_name, threshold)
    values = getattr(review.pool.scores, score_name)
    keeps = values <= np.float32(threshold) if score_name == "entropy" else values >= np.float32(threshold)
    distance = np.abs(values.astype(np.float64) - np.float32(threshold))
    for cards, side in ((found.kept, keeps), (found.left, ~keeps)):
        nearest = np.sort(distance[side])[:8]
        np.testing.assert_allclose([abs(getattr(card, score_name) - np.float32(threshold)) for card in cards], nearest)
    assert found.steps[found.here]["kept"] == keeps.sum()


def test_histogram_parts_add_up_to_pool_and_calibration_items(
    review: Review,
) -> None:
    review.decisions.execute([review.command(0), review.command(1, "skip")])
    found = review.decisions.review(review.run).histogram.counts("confidence")
    sums = {name: sum(row) for name, row in found["verdicts"].items()}
    assert sums == {"accept": 1, "skip": 1, "undecided": len(review.pool.ids) - 2}
    np.testing.assert_array_equal(np.sum(list(found["verdicts"].values()), axis=0), np.sum(found["counts"], axis=0))
    assert sum(found["right"]) + sum(found["wrong"]) == len(review.decisions.hidden_calibration())
    assert found["ghost"] is None
    apart = review.decisions.review(review.run).histogram.per_class([0, 2])
    np.testing.assert_array_equal(apart["counts"], np.array(found["counts"])[[0, 2]])


def test_histogram_sums_up_the_rarest_of_many_classes(tmp_path: Any) -> None:
    workspace = _large_workspace(tmp_path, 5000, num_classes=300)
    review = DecisionService(workspace).review("001")
    found = review.histogram.counts("confidence")
    assert len(found["classes"]) == len(found["counts"]) == len(found["prior"]) == 24
    assert found["classes"][-1] == -1
    assert np.sum(found["counts"]) == 5000
    assert sum(found["prior"]) == pytest.approx(1)
    step = review.border("entropy", 3.0)
    assert sum(step.steps[step.here]["per_class"]) == step.steps[step.here]["kept"]


def test_filters_do_not_change_ranks(review: Review) -> None:
    everything = review.decisions.review(review.run).page(PageQuery(count=200)).cards
    chosen = [card for card in everything if card.suggestion == 1]
    found = review.decisions.review(review.run).page(PageQuery(count=200, wanted=QueueFilter(predicted=1)))
    assert [(card.id, card.rank) for card in found.cards] == [(card.id, card.rank) for card in chosen]
    assert (found.total, found.matching) == (len(everything), len(chosen))
    review.decisions.execute([review.command(0)])
    accepted = review.decisions.review(review.run).page(PageQuery(wanted=QueueFilter(show="accept")))
    assert [card.id for card in accepted.cards] == [int(review.pool.ids[0])]
    assert (
        review.decisions.review(review.run).page(PageQuery(wanted=QueueFilter(show="undecided"))).matching
        == len(everything) - 1
    )


def test_border_ranking_starts_at_the_threshold(review: Review) -> None:
    cards = review.decisions.review(review.run).page(PageQuery(ranking="border", threshold=0.5, count=200)).cards
    distances = [abs(card.confidence - 0.5) for card in cards]
    assert distances == sorted(distances)


def _large_workspace(tmp_path: Any, num: int, num_classes: int = 10) -> Workspace:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (num, num_classes)).astype(np.float32)
    ids = np.arange(num)
    folder = SimpleNamespace(logits=lambda: logits, features_file=lambda: tmp_path / "features.npy")
    run = SimpleNamespace(id="001", folder=folder, record=SimpleNamespace(parent=None), has_predictions=True)
    scores = PoolScores(ids, score(logits), 1.0)
    images = SimpleNamespace(
        labels=rng.integers(0, num_classes, num), names=np.array(["x"] * num),
        class_names=list(map(str, range(num_classes))),
    )  # fmt: skip
    splits = SimpleNamespace(pool=ids, calibration=ids[:1000], unlabeled=ids[1000:], labeled=ids[:10])
    made = SimpleNamespace(
        path=tmp_path, images=images, splits=splits, whole_splits=splits, scores=lambda _: scores, run=lambda _: run,
        whole_scores=lambda _: scores, runs=lambda: [run], scores_key=lambda name: name, hidden=replay_changes([]),
        classes=ClassTable(tuple(images.class_names)), groups=None, counted_state=lambda state, last=None: state,
    )  # fmt: skip
    return cast(Workspace, made)


def test_a_page_of_a_million_images_takes_less_than_50_ms(tmp_path: Any) -> None:
    review = DecisionService(_large_workspace(tmp_path, 1_000_000)).review("001")
    review.page(PageQuery())  # the order is made once
    times = []
    for start in (0, 500_000, 999_000):
        for show in ("all", "undecided"):
            begin = time.perf_counter()
            assert len(review.page(PageQuery(start=start, wanted=QueueFilter(show=show, predicted=3))).cards) == 48
            times.append(time.perf_counter() - begin)
    assert np.median(times) < 0.05, times
