"""A pool of another class mix: the slider offers weights by class mix, and calls what they keep approximate."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core import Project
from tests.browser.conftest import Server
from tests.browser.review_page import review
from tests.quality.calibration.scenes import RUN, class_mix_project

pytestmark = pytest.mark.browser


def test_a_target_error_by_class_mix_sets_the_threshold_of_the_project(
    page: Page, worker_server: Server, tmp_path: Path
) -> None:
    project = class_mix_project(tmp_path)
    worker_server.show(project.path)
    review(page, worker_server)
    page.get_by_label("Target error, percent").focus()
    page.get_by_label("It holds").select_option("class-mix")
    item = project.quality.class_mix_threshold(RUN, 0.05)
    assert item.threshold is not None
    said = page.locator(".target-error p")
    expect(said).to_contain_text("About 5.0 % of what is accepted or less is wrong")
    expect(said).to_contain_text("approximately")
    assert float(page.locator("input.exact").input_value()) == pytest.approx(item.threshold, abs=1e-4)
    page.get_by_label("It holds").select_option("conformal")
    expect(said).to_contain_text("Not valid here")


def test_without_a_difference_in_class_mix_there_are_no_weights(
    page: Page, server: Server, trained_project: Project
) -> None:
    assert trained_project.quality.pool_check(trained_project.runs()[0].id).shift != "class_mix"
    review(page, server)
    with page.expect_response(lambda answer: "/targets" in answer.url):
        page.get_by_label("Target error, percent").focus()
    expect(page.get_by_label("It holds")).to_be_hidden()
