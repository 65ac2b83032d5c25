"""Queues of random images without suggestions, and of given labels: opened, answered by keys, seen in the log."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core import Project
from tests.browser.conftest import Server
from tests.browser.review_page import review, saved
from tests.browser.still import still

pytestmark = pytest.mark.browser
GIVEN = "label_issues"


@pytest.fixture
def checked(trained_project: Project) -> Project:
    """A project whose given labels were checked, one of them made wrong before."""
    image = int(trained_project.splits.labeled[0])
    file = trained_project.path / "images" / "labels.npy"
    labels = np.array(np.load(file))
    labels[image] = (labels[image] + 1) % 3
    np.save(file, labels)
    project = Project.open(trained_project.path)
    project.labels.check()
    return project


def given(page: Page, server: Server) -> None:
    page.goto(server.address("review", run=GIVEN, show="undecided", threshold="0"))
    expect(page.locator(".tile").first).to_be_visible(timeout=30_000)
    still(page)


def test_a_calibrate_queue_shows_no_suggestion_and_keys_answer_it(
    page: Page, server: Server, trained_project: Project
) -> None:
    trained_project.quality.draw_calibration(6)
    review(page, server, ranking="calibrate", show="undecided")
    draw = trained_project.decisions.draw()
    assert draw is not None
    asked = draw.asked.tolist()
    tiles = page.locator(".tile")
    expect(tiles).to_have_count(len(asked))
    assert [int(tile.get_attribute("data-image") or -1) for tile in tiles.all()] == asked
    assert set(page.locator(".tile .caption").all_inner_texts()) == {"no suggestion"}
    assert set(page.locator(".tile .confidence").all_inner_texts()) == {""}
    page.keyboard.press("2")
    page.keyboard.press("n")
    saved(page, 2)
    first, second = Project.open(trained_project.path).decisions.all()
    assert (first.image_id, first.verdict, first.label) == (asked[0], "relabel", 1)
    assert (second.image_id, second.verdict) == (asked[1], "none")
    assert {one.params["ranking"] for one in (first, second)} == {"calibrate"}
    assert {one.params["draw"] for one in (first, second)} == {draw.number}
    assert trained_project.quality.calibration_progress().num_answered == 2
    assert set(trained_project.curate().ids.tolist()).isdisjoint(asked)  # they train nothing
    page.keyboard.press("z")
    saved(page, 3)
    assert trained_project.quality.calibration_progress().num_answered == 1


def test_an_accept_of_a_calibrate_queue_is_refused_with_a_sentence(
    page: Page, server: Server, trained_project: Project
) -> None:
    trained_project.quality.draw_calibration(4)
    review(page, server, ranking="calibrate", show="undecided")
    page.keyboard.press("a")
    expect(page.locator(".notice")).to_contain_text("answered with its class")
    still(page)
    assert Project.open(trained_project.path).decisions.all() == []


def test_the_queue_of_given_labels_begins_with_the_most_doubtful_and_keys_correct_it(
    page: Page, server: Server, checked: Project
) -> None:
    given(page, server)
    issues = checked.labels.check()
    image, label, likely = int(issues.ids[0]), int(issues.given[0]), int(issues.likely[0])
    names = checked.class_names
    first = page.locator(".tile.cursor")
    expect(first).to_have_attribute("data-image", str(image))
    expect(first.locator(".caption")).to_have_text(f"{names[label]} → {names[likely]}?")
    page.keyboard.press("a")
    saved(page, 1)
    (decision,) = Project.open(checked.path).decisions.all()
    assert (decision.image_id, decision.verdict, decision.label, decision.run_id) == (image, "accept", likely, GIVEN)
    assert Project.open(checked.path).images.labels[image] == likely
    page.keyboard.press("z")
    saved(page, 2)
    assert Project.open(checked.path).images.labels[image] == label


def test_accepting_all_given_labels_says_once_how_many_it_would_correct(
    page: Page, server: Server, checked: Project
) -> None:
    given(page, server)
    counted = checked.review(GIVEN).bulk_count({"rule": "fixed_threshold", "threshold": 0.0})
    assert counted.count > counted.corrected > 0
    page.get_by_role("button", name=re.compile("^Accept all")).click()
    box = page.get_by_role("dialog")
    expect(box.locator(".correction-warning")).to_contain_text(
        f"{counted.corrected} of {counted.count} would be changed to another class, the others confirmed"
    )
    expect(box.locator(".correction-warning")).to_be_visible()
    before = np.array(checked.images.labels)
    box.get_by_role("button", name=f"Accept {counted.count}").click()
    expect(page.locator("dialog")).to_have_count(0)
    saved(page, 1)
    assert int((Project.open(checked.path).images.labels != before).sum()) == counted.corrected


def test_one_verdict_on_all_given_labels_says_what_it_changes(page: Page, server: Server, checked: Project) -> None:
    given(page, server)
    total = len(checked.scores(GIVEN).ids)
    others = int((checked.images.labels[checked.scores(GIVEN).ids] != 1).sum())
    for key, text in (("2", f"{others} of {total} would be changed"), ("n", f"{total} would be withdrawn")):
        page.keyboard.press("Control+a")
        page.keyboard.press(key)
        expect(page.locator("dialog .correction-warning")).to_contain_text(text)
        expect(page.locator("dialog .correction-warning")).to_be_visible()
        page.keyboard.press("Escape")
    assert Project.open(checked.path).decisions.all() == []


def test_a_pool_queue_warns_of_no_correction(page: Page, server: Server) -> None:
    review(page, server, threshold="0")
    page.get_by_role("button", name=re.compile("^Accept all")).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.locator("dialog .correction-warning")).to_be_hidden()
