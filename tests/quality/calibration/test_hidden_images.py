"""Calibration when images are hidden: the items leave with the pool, a draw goes on, and a worn one begins anew."""

from pathlib import Path

import numpy as np
import pytest

from core import PageQuery, Project
from core.data.calibration_draw import CalibrationDraw
from core.review.calibration_items import answered_val
from tests.quality.calibration.scenes import RUN, unlabeled_truth
from tests.quality.calibration.test_pool_draw import answer_all


@pytest.fixture
def truth(new_scenes: Project, new_scenes_folder: Path) -> np.ndarray:
    return unlabeled_truth(new_scenes, new_scenes_folder)


def test_calibration_images_of_the_split_leave_with_the_pool(new_scenes: Project) -> None:
    items = new_scenes.decisions.calibration().ids
    new_scenes.hide_images(items[:3], "blurred")
    assert new_scenes.decisions.calibration().ids.tolist() == items[3:].tolist()
    assert new_scenes.decisions.hidden_items().ids.tolist() == items[3:].tolist()
    found = new_scenes.quality.conformal_threshold(RUN, 0.2)
    assert found.num_calibration == len(items) - 3
    assert new_scenes.quality.pool_check(RUN).num_calibration == len(items) - 3


def test_a_draw_goes_on_when_a_few_images_of_the_pool_are_hidden(new_scenes: Project, truth: np.ndarray) -> None:
    quality = new_scenes.quality
    quality.draw_calibration(60)
    answer_all(new_scenes, truth, 20)
    draw = new_scenes.decisions.draw()
    assert draw is not None
    asked, waiting = draw.asked[:2], draw.asked[40]
    outside = np.setdiff1d(new_scenes.splits.unlabeled, draw.asked)[:50]
    new_scenes.hide_images([*asked, waiting, *outside], "blurred")
    assert quality.calibration_progress().num_answered == 21, "two answered and one that waited need no answer"
    assert new_scenes.hidden_note.startswith("3 of 60 images drawn for calibration were hidden")
    answer_all(new_scenes, truth)
    items = new_scenes.decisions.calibration()
    assert (items.origin, items.has_grown, len(items.ids)) == ("pool", False, 57)
    assert not np.isin(items.ids, new_scenes.hidden_images.ids).any()
    page = new_scenes.review(RUN).page(PageQuery(ranking="calibrate", count=60))
    left = [image for image in draw.asked.tolist() if image not in new_scenes.hidden_images.ids]
    assert [card.id for card in page.cards] == left
    found = quality.draw_certificate(RUN, "fixed_threshold", threshold=0.0)
    assert found is not None
    assert (found.bound.num_answers, found.bound.size) == (57, len(new_scenes.splits.unlabeled))
    new_scenes.undo_hide()
    assert quality.calibration_progress().next_id == waiting, "it has no answer"
    answer_all(new_scenes, truth)
    assert len(new_scenes.decisions.calibration().ids) == 60
    assert new_scenes.hidden_note == ""


def test_a_draw_of_which_many_images_were_hidden_begins_anew(new_scenes: Project, truth: np.ndarray) -> None:
    quality = new_scenes.quality
    quality.draw_calibration(40)
    answer_all(new_scenes, truth)
    draw = new_scenes.decisions.draw()
    assert draw is not None
    new_scenes.hide_images(draw.asked[:10], "copy")
    quality.draw_calibration(40)
    again = new_scenes.decisions.draw()
    assert again is not None
    assert (again.number, again.num_hidden_changes) == (2, 1)
    assert not np.isin(again.order, draw.asked[:10]).any()
    assert again.population == len(new_scenes.splits.unlabeled)
    answer_all(new_scenes, truth)
    found = quality.draw_certificate(RUN, "fixed_threshold", threshold=0.0)
    assert found is not None
    assert (found.bound.num_answers, found.bound.size) == (40, again.population)
    assert new_scenes.hidden_note == ""


def test_val_images_of_a_draw_are_known_once_all_that_are_not_hidden_are_answered() -> None:
    draw = CalibrationDraw(1, np.array([8, 3, 5, 1]), 3, (1,), 10, 0, "")
    answers = {8: 0, 5: 2}
    assert not len(answered_val(draw, answers, np.array([1]))[0])
    ids, labels = answered_val(draw, answers, np.array([3]))
    assert (ids.tolist(), labels.tolist()) == ([5, 8], [2, 0])
    assert answered_val(draw, {**answers, 3: 1}, np.array([3]))[0].tolist() == [5, 8], "also where it was answered"
