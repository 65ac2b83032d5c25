"""Random images of the pool, answered blind, calibrate it: they repair the error, and train nothing."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from core import Command, InputError, PageQuery, Project, QueueFilter, TrainConfig
from core.data.calibration_draw import latest_draw
from core.review.cards import Card
from core.scoring.calibration import calibrate
from tests.quality.calibration.scenes import RUN, unlabeled_truth


def answer_all(project: Project, truth: np.ndarray, limit: int | None = None) -> None:
    while (progress := project.quality.calibration_progress()).next_id is not None and limit != 0:
        outcome = project.quality.answer_calibration(RUN, int(truth[progress.next_id]), "ann")
        assert outcome.status == "saved", outcome.reason
        limit = None if limit is None else limit - 1


@pytest.fixture
def truth(new_scenes: Project, new_scenes_folder: Path) -> np.ndarray:
    return unlabeled_truth(new_scenes, new_scenes_folder)


def test_answers_about_the_pool_repair_the_error_of_the_scene_example(new_scenes: Project, truth: np.ndarray) -> None:
    quality = new_scenes.quality
    before = new_scenes.select(RUN, "fixed_threshold", threshold=0.5)
    quality.draw_calibration(quality.calibration_size(0.1))
    answer_all(new_scenes, truth)
    check = quality.pool_check(RUN)
    assert (check.state, check.origin) == ("guaranteed", "pool")
    after = new_scenes.select(RUN, "fixed_threshold", threshold=0.5)
    assert (before.state, after.state) == ("not valid here", "guaranteed")
    rest = np.setdiff1d(after.ids[truth[after.ids] >= 0], new_scenes.decisions.calibration().ids)
    labels = after.labels[np.searchsorted(after.ids, rest)]
    assert after.error.low <= np.mean(truth[rest] != labels) <= after.error.high
    assert before.error.high < after.error.low  # what the labeled scenes said was far too low
    found = quality.conformal_threshold(RUN, 0.1)
    if found.threshold is not None:
        kept = new_scenes.select(RUN, "fixed_threshold", threshold=found.threshold).ids
        assert len(kept) < 0.6 * len(truth)
    assert quality.high_probability_threshold(RUN, 0.2).state == "guaranteed"
    assert {item.state for item in quality.conformal_thresholds_per_class(RUN, 0.2)} == {"guaranteed"}


def test_answers_count_once_all_of_a_stage_are_given_and_never_train(new_scenes: Project, truth: np.ndarray) -> None:
    curated = new_scenes.curate().digest
    new_scenes.quality.draw_calibration(40)
    answer_all(new_scenes, truth, 39)
    assert new_scenes.decisions.calibration().origin == "labels"
    answer_all(new_scenes, truth)
    items = new_scenes.decisions.calibration()
    assert (items.origin, len(items.ids)) == ("pool", 40)
    np.testing.assert_array_equal(items.labels, truth[items.ids])
    assert new_scenes.curate().digest == curated
    assert new_scenes.decisions.is_open()[items.ids].all()
    more = new_scenes.quality.draw_calibration(60)
    assert (more.num, more.num_answered, more.is_in_use) == (60, 40, True)
    answer_all(new_scenes, truth, 5)
    assert len(new_scenes.decisions.calibration().ids) == 40
    answer_all(new_scenes, truth)
    assert set(items.ids) < set(new_scenes.decisions.calibration().ids)


def test_answers_store_their_inclusion_probability_and_an_undo_takes_one_back(
    new_scenes: Project, truth: np.ndarray
) -> None:
    new_scenes.quality.draw_calibration(30)
    answer_all(new_scenes, truth)
    lines = [d for d in new_scenes.decisions.all() if d.params.get("queue") == "calibrate"]
    assert {(line.params["probability"], line.params["of"]) for line in lines} == {(30 / 600, 600)}
    assert [line.params["rank"] for line in lines] == list(range(30))
    assert all(line.suggestion is None for line in lines)
    new_scenes.undo(RUN, "ann")
    assert new_scenes.quality.calibration_progress().next_id == lines[-1].image_id
    assert new_scenes.decisions.calibration().origin == "labels"


def test_the_review_page_shows_the_drawn_images_blind_and_the_answers(new_scenes: Project, truth: np.ndarray) -> None:
    new_scenes.quality.draw_calibration(30)
    page = new_scenes.review(RUN).page(PageQuery("calibrate"))
    draw = latest_draw(new_scenes.path)
    assert draw is not None
    assert [card.id for card in page.cards] == draw.order[:30].tolist()
    assert {(card.suggestion, len(card.top), card.confidence) for card in page.cards} == {(-1, 0, 0.0)}
    first = page.cards[0]
    shown = new_scenes.review(RUN).shown(first.id, PageQuery("calibrate"))
    command = Command("one", "relabel", RUN, "ann", first.id, -1, int(truth[first.id]), shown)
    assert new_scenes.decisions.execute([command])[0].status == "saved"
    again = new_scenes.review(RUN).page(PageQuery("calibrate")).cards[0]
    assert (again.verdict, again.label) == ("relabel", int(truth[first.id]))
    elsewhere = new_scenes.review(RUN).card(first.id, PageQuery("entropy"))
    assert (elsewhere.verdict, elsewhere.suggestion >= 0) == ("", True)


def test_wrong_answers_and_numbers_are_refused_with_a_sentence(new_scenes: Project) -> None:
    quality = new_scenes.quality
    with pytest.raises(InputError, match="draw more"):
        quality.answer_calibration(RUN, 0)
    with pytest.raises(InputError, match="At least one"):
        quality.draw_calibration(0)
    quality.draw_calibration(30)
    outside = int(np.setdiff1d(new_scenes.splits.unlabeled, latest_draw(new_scenes.path).asked)[0])  # type: ignore[union-attr]
    drawn = quality.calibration_progress().next_id
    for image, verdict in ((outside, "relabel"), (drawn, "accept")):
        command = Command(verdict, verdict, RUN, "me", image, -1, 0, {"ranking": "calibrate"})
        outcome = new_scenes.decisions.execute([command])[0]
        assert outcome.status == "refused"
        assert "calibration" in outcome.reason


def test_images_that_come_later_end_the_guarantee(new_scenes: Project, truth: np.ndarray) -> None:
    new_scenes.quality.draw_calibration(60)
    answer_all(new_scenes, truth)
    assert new_scenes.quality.pool_check(RUN).state == "guaranteed"
    file = new_scenes.path / "calibration" / "draw-1.json"
    text = file.read_text()
    draw = latest_draw(new_scenes.path)
    assert draw is not None
    file.write_text(text.replace(f'"pool": {draw.pool}', '"pool": 1'))  # as if it had been another pool
    again = Project.open(new_scenes.path)
    assert again.quality.pool_check(RUN).state == "estimated"
    assert "came into the pool" in again.quality.pool_check(RUN).reason
    assert again.quality.draw_calibration(40).number == 2


def test_a_project_without_labels_gets_val_and_calibration_images_by_the_same_draw(
    tmp_path: Path, same_scenes_folder: Path
) -> None:
    folder = shutil.copytree(same_scenes_folder / "images" / "unlabeled", tmp_path / "images")
    project = Project.create(tmp_path / "pile", folder, classes=("circle", "cross", "ring", "square"))
    progress = project.quality.draw_calibration(80)
    assert (progress.num, progress.num_val) == (120, 40)
    truth = np.load(same_scenes_folder / "truth.npy")
    run = project.start_run(TrainConfig(method="head")).id
    project.wait_run(run, timeout=120)
    for image in np.setdiff1d(project.splits.unlabeled, latest_draw(project.path).asked)[:80].tolist():  # type: ignore[union-attr]
        assert project.decide(run, "relabel", image, int(truth[image])).status == "saved"
    while (progress := project.quality.calibration_progress()).next_id is not None:
        project.quality.answer_calibration(run, int(truth[progress.next_id]))
    version = f"{run}@{project.decisions.last_id()}"
    assert project.quality.calibration_report(version).n == 40
    assert project.run(version).temperature != 1.0
    assert project.quality.pool_check(version).state == "guaranteed"
    assert project.quality.conformal_threshold(version, 0.3).num_calibration == 80
    proven = project.quality.draw_certificate(version, "fixed_threshold", threshold=0.0)
    assert proven is not None
    num = len(project.splits.unlabeled)
    assert (proven.bound.size, proven.num_outside, proven.bound.num_answers) == (num - 40, 40, 80)  # val lies outside
    for config in (TrainConfig(method="head"), TrainConfig(epochs=1, model="mlp", batch_size=16)):
        check_that_a_run_uses_the_drawn_val(project, config, truth)
    check_that_an_import_uses_the_drawn_val(project, run, truth)
    check_that_others_are_checked_by_the_drawn_val(project, run, truth)


def check_that_a_run_uses_the_drawn_val(project: Project, config: TrainConfig, truth: np.ndarray) -> None:
    """The worker of a run measures itself on the 40 val images of the draw."""
    val = np.sort(latest_draw(project.path).order[:40])  # type: ignore[union-attr]
    run = project.wait_run(project.start_run(config).id, timeout=240)
    assert run.status.state == "done", run.status.message
    logits = np.asarray(run.folder.logits()[val])
    assert run.last_val_accuracy == pytest.approx(float((logits.argmax(axis=1) == truth[val]).mean()))
    assert run.temperature == pytest.approx(calibrate(logits, truth[val])["temperature"])
    row = next(row for row in project.run_table.rows() if row.run.id == run.id)
    assert row.val_accuracy is not None
    assert row.val_accuracy.n == 40
    assert np.isin(val, project.scores(run.id).ids).all()  # they stay in the pool


def check_that_an_import_uses_the_drawn_val(project: Project, run: str, truth: np.ndarray) -> None:
    """Predictions of another model are calibrated and measured on the 40 val images of the draw."""
    val = np.sort(latest_draw(project.path).order[:40])  # type: ignore[union-attr]
    logits = np.array(project.run(f"{run}@{project.decisions.last_id()}").folder.logits())
    found = project.import_predictions(logits, "mine")
    assert found.temperature == pytest.approx(calibrate(logits[val], truth[val])["temperature"])
    row = next(row for row in project.run_table.rows() if row.run.id == found.id)
    assert row.val_accuracy is not None
    assert (row.val_accuracy.n, row.val_accuracy.count) == (40, int((logits[val].argmax(axis=1) == truth[val]).sum()))


def check_that_others_are_checked_by_the_drawn_val(project: Project, run: str, truth: np.ndarray) -> None:
    """Drawn val images are planted for reviewers who have not seen them; who answered them gets none of them."""
    val = latest_draw(project.path).order[:40].tolist()  # type: ignore[union-attr]
    project.quality.set_check_interval(8)
    version = f"{run}@{project.decisions.last_id()}"

    def planted(reviewer: str) -> list[Card]:
        query = PageQuery(count=24, wanted=QueueFilter(show="undecided"), reviewer=reviewer)
        return [card for card in project.review(version).page(query).cards if card.planted == "wrong"]

    assert planted("me") == []
    found = planted("bob")
    assert found
    for card in found:
        assert card.id in val
        assert card.suggestion != truth[card.id]
    params = {"planted": "wrong"}
    command = Command("c1", "accept", version, "bob", found[0].id, found[0].suggestion, params=params)
    assert project.decisions.execute([command])[0].status == "saved"
    assert project.decisions.all()[-1].params["known"] == truth[found[0].id]
    assert project.decisions.is_open()[found[0].id]
    (bob,) = [one for one in project.quality.reviewers() if one.reviewer == "bob"]
    assert (bob.num_planted, bob.attention.caught.count) == (1, 0)
