"""The model learns while somebody reviews: new suggestions come with the next page, never before."""

import re

import pytest
from playwright.sync_api import Page, expect

from core import Project
from tests.browser.conftest import Server
from tests.browser.review_page import RUN, review, saved
from tests.browser.still import still

pytestmark = pytest.mark.browser


def answer(page: Page, count: int) -> None:
    for _ in range(count):
        page.keyboard.press("a")


def shown(page: Page) -> list[str | None]:
    return [tile.get_attribute("data-image") for tile in page.locator(".tile").all()]


def test_new_suggestions_come_with_the_next_page_and_decisions_name_the_version(page: Page, server: Server) -> None:
    Project.open(server.project).live.set_interval(20)
    review(page, server, ranking="margin", tiles="24")
    before = shown(page)
    expect(page.locator(".live")).to_contain_text("learns in 20 decisions")
    answer(page, 20)
    saved(page, 20)
    expect(page.locator(".live")).to_have_attribute("data-state", "newer")
    assert shown(page) == before, "nothing on the page changes before it is turned"
    page.keyboard.press("PageDown")
    expect(page).to_have_url(re.compile("version=001-supervised-mlp%4020"))
    expect(page.locator(".live")).to_contain_text("model knows decision #20")
    still(page)
    answer(page, 1)
    saved(page, 21)
    decisions = Project.open(server.project).decisions.all()
    assert {decision.run_id for decision in decisions[:20]} == {RUN}
    assert decisions[20].run_id == f"{RUN}@20"


def test_a_key_learns_at_once_and_a_reload_shows_the_same_version(page: Page, server: Server) -> None:
    review(page, server, ranking="margin")
    answer(page, 3)
    saved(page, 3)
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile("version=001-supervised-mlp%403"))
    still(page)
    first = shown(page)
    page.reload()
    expect(page.locator(".tile").first).to_be_visible(timeout=30_000)
    still(page)
    assert shown(page) == first
    expect(page.locator(".live")).to_contain_text("model knows decision #3")


def test_a_page_that_shows_an_old_version_loses_nothing(page: Page, server: Server) -> None:
    review(page, server, ranking="margin", tiles="24")
    project = Project.open(server.project)
    for image in project.splits.pool[-8:].tolist():
        project.decide(RUN, "accept", image)
    project.live.refresh(RUN, wait=True)
    answer(page, 2)
    saved(page, 10)
    assert [decision.run_id for decision in Project.open(server.project).decisions.all()[8:]] == [RUN, RUN]


def test_the_learning_curve_says_what_the_clicks_on_this_page_bought(page: Page, server: Server) -> None:
    review(page, server, tiles="24")
    answer(page, 20)
    saved(page, 20)
    expect(page.locator(".live")).to_have_attribute("data-state", "newer")
    page.get_by_role("button", name="Learning curve").click()
    expect(page.get_by_text("The last 20 clicks")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_be_visible()
