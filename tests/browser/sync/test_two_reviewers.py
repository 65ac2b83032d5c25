"""Two reviewers of one project: own names, and undo of own decisions."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Bench, Server, window_of
from tests.browser.review_page import open_filters
from tests.browser.still import still

pytestmark = pytest.mark.browser


@pytest.fixture
def ann(browser: Browser) -> Iterator[Page]:
    """Browser of the first reviewer."""
    yield from window_of(browser.new_context(viewport={"width": 1280, "height": 900}))


@pytest.fixture
def ben(browser: Browser) -> Iterator[Page]:
    """Browser of the second reviewer."""
    yield from window_of(browser.new_context(viewport={"width": 1280, "height": 900}))


def sit(page: Page, server: Server, **query: str) -> None:
    page.goto(server.address("review", show="all", **query))
    expect(page.locator(".tile").first).to_be_visible(timeout=30_000)
    expect(page.locator(".selection-summary .summary-line b").first).not_to_be_empty()
    still(page)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
    expect(page.locator(".saved")).to_have_attribute("data-state", "saved")


def test_each_decides_in_turn_takes_back_the_own_and_sees_the_others(ann: Page, ben: Page, bench: Bench) -> None:
    server, project = bench
    sit(ann, server, reviewer="ann", ranking="confidence")
    sit(ben, server, reviewer="ben", ranking="margin")
    press(ann, "a")
    press(ben, "x")
    press(ann, "n")
    press(ben, "s")
    assert [(d.reviewer, d.verdict) for d in project.decisions.all()] == [
        ("ann", "accept"), ("ben", "reject"), ("ann", "none"), ("ben", "skip"),
    ]  # fmt: skip
    press(ann, "z", "z")
    assert [d.undo_of for d in project.decisions.all()[4:]] == [3, 1]
    press(ben, "z")
    assert project.decisions.all()[-1].undo_of == 4
    assert project.decisions.live_ids() == {2}
    rejected = project.decisions.all()[1].image_id
    sit(ann, server, reviewer="ann", ranking="margin")
    expect(ann.locator(f'.tile[data-image="{rejected}"]')).to_have_attribute("data-verdict", "reject")
    ann.keyboard.press("z")  # of hers nothing is left; his stays
    expect(ann.locator(".notice")).to_contain_text("nothing left to undo")
    assert project.decisions.live_ids() == {2}


def test_the_name_is_set_on_the_page_and_kept_in_address_and_browser(ann: Page, bench: Bench) -> None:
    server, project = bench
    sit(ann, server)
    open_filters(ann)
    who = ann.get_by_label("Reviewer", exact=True)
    expect(who).to_have_value("me")
    before = len(project.decisions.all())
    who.fill("  Dr.  Ann ")
    who.press("Enter")
    expect(who).to_have_value("Dr. Ann")
    expect(ann).to_have_url(re.compile(r"reviewer=Dr\.\+Ann"))
    still(ann)
    press(ann, "s")
    assert [d.reviewer for d in project.decisions.all()[before:]] == ["Dr. Ann"]
    sit(ann, server)  # an address without a name: this browser remembers
    expect(ann.get_by_label("Reviewer", exact=True)).to_have_value("Dr. Ann")
    sit(ann, server, reviewer="ben")
    expect(ann.locator(".notice")).to_contain_text("You review as ben")
    sit(ann, server, by="Dr. Ann", reviewer="ben")  # who decided is a filter of its own
    expect(ann.locator(".position")).to_contain_text("1 images")


def test_what_one_could_not_deliver_is_sent_under_that_name_by_whoever_opens_the_page_next(
    ann: Page, bench: Bench
) -> None:
    server, project = bench
    sit(ann, server, reviewer="ann")
    before = len(project.decisions.all())
    ann.route("**/commands", lambda route: route.abort())
    for _ in range(3):
        ann.keyboard.press("s")
    expect(ann.locator(".saved")).to_have_attribute("data-state", "away")
    ann.unroute("**/commands")
    sit(ann, server, reviewer="ben")
    press(ann, "u")
    assert [d.reviewer for d in project.decisions.all()[before:]] == ["ann"] * 3 + ["ben"]
