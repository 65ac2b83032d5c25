"""Review in Firefox: keys, undo, the threshold by mouse, and decisions while the server is away."""

import re

import pytest
from playwright.sync_api import Page, expect

from core import Project
from tests import firefox
from tests.browser.conftest import Bench
from tests.browser.review_page import drag_to, kept, open_filters, review, saved
from tests.browser.still import still

pytestmark = pytest.mark.browser


def test_keys_decide_undo_takes_back_and_the_next_page_comes(page: Page, bench: Bench) -> None:
    server, project = bench
    before = len(Project.open(project.path).decisions.all())
    review(page, server)
    for key in ("a", "x", page.locator(".chips button.chip kbd").first.inner_text()):
        page.keyboard.press(key)
    saved(page, before + 3)
    page.keyboard.press("z")
    saved(page, before + 4)
    lines = Project.open(project.path).decisions.all()[before:]
    assert [line.verdict for line in lines[:3]] == ["accept", "reject", "relabel"]
    assert (lines[2].label, lines[3].undo_of) == (0, lines[2].id)
    first = page.locator(".tile").first.get_attribute("data-image")
    page.keyboard.press("PageDown")
    expect(page.locator(".tile").first).not_to_have_attribute("data-image", str(first))


def test_the_threshold_is_dragged(page: Page, bench: Bench) -> None:
    review(page, bench[0])
    before = kept(page)
    drag_to(page, 0.3)
    page.mouse.up()
    still(page)
    assert kept(page) > before
    expect(page).to_have_url(re.compile("threshold=0.3"))


def test_decisions_wait_in_the_browser_while_the_server_is_away(page: Page, bench: Bench) -> None:
    server, project = bench
    review(page, server)
    before = len(Project.open(project.path).decisions.all())
    page.route("**/commands*", lambda route: route.abort())
    page.keyboard.press("a")
    expect(page.locator(".saved")).not_to_have_attribute("data-state", "saved")
    assert len(Project.open(project.path).decisions.all()) == before
    page.unroute("**/commands*")
    expect(page.locator(".saved")).to_have_attribute("data-state", "saved", timeout=60_000)
    assert len(Project.open(project.path).decisions.all()) == before + 1


def test_what_firefox_does_not_know_counts_as_done() -> None:
    unknown = '{"type": "error", "id": 7, "error": "unknown command", "message": "emulation.setMediaFeaturesOverride"}'
    assert firefox.answered(unknown) == '{"type": "success", "id": 7, "result": {}}'
    other = '{"type": "error", "id": 8, "error": "no such frame"}'
    assert firefox.answered(other) == other


def test_typed_fields_are_taken_at_enter(page: Page, bench: Bench) -> None:
    review(page, bench[0])
    page.locator("input.exact").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("0.62")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("threshold=0.62"))
    open_filters(page)
    page.get_by_label("Reviewer", exact=True).click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("  Dr.  Ann ")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Reviewer", exact=True)).to_have_value("Dr. Ann")
    expect(page).to_have_url(re.compile("reviewer=Dr"))
