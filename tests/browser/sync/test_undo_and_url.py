"""Fast input on the review page: cursor, undo, URL."""

import re

import pytest
from playwright.sync_api import Page, expect

from core import Project
from tests.browser.conftest import Server
from tests.browser.still import still

pytestmark = pytest.mark.browser


def cursor(window: Page) -> int:
    """Return the position of the cursor in the grid."""
    return int(window.locator(".tile.cursor").get_attribute("data-index") or -1)


def open_review(window: Page, server: Server, **query: str) -> None:
    window.goto(server.address("review", **query))
    expect(window.locator(".tile").first).to_be_visible(timeout=30_000)
    expect(window.locator(".selection-summary .summary-line b").first).not_to_be_empty()
    still(window)


def test_undo_before_the_server_has_answered_goes_back_to_its_own_image(page: Page, server: Server) -> None:
    open_review(page, server, show="all")
    for key in ("a", "a", "z"):
        page.keyboard.press(key)
    expect(page.locator(".tile").nth(1)).to_have_attribute("data-verdict", "")
    assert cursor(page) == 1
    expect(page.locator(".saved")).to_have_text("✓ saved #3")
    assert cursor(page) == 1
    verdicts = [page.locator(".tile").nth(place).get_attribute("data-verdict") for place in range(3)]
    assert verdicts == ["accept", "", ""]


def test_undo_brings_back_an_image_of_a_page_that_was_left(page: Page, server: Server) -> None:
    open_review(page, server)
    for place in range(48):
        page.keyboard.press("s")
        expect(page.locator(".tile").nth(place)).to_be_visible()
    expect(page.locator(".position")).to_contain_text("49 of")
    page.keyboard.press("z")
    expect(page.locator(".position")).to_contain_text("48 of")
    assert cursor(page) == 0


def test_enter_on_a_link_follows_it_and_decides_nothing(page: Page, server: Server, trained_project: Project) -> None:
    open_review(page, server)
    page.get_by_role("link", name="Export").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Export")).to_be_visible()
    assert Project.open(trained_project.path).decisions.all() == []


def test_what_is_decided_last_is_saved_and_leaves_the_next_page_alone(
    page: Page, server: Server, trained_project: Project
) -> None:
    open_review(page, server)
    page.keyboard.press("a")
    page.get_by_role("link", name="Export").click()
    expect(page.get_by_role("heading", name="Export")).to_be_visible()
    still(page, quiet=1_000)
    address = page.evaluate("window.location.search")
    assert "ranking" not in address
    assert Project.open(trained_project.path).decisions.counts()["accept"] == 1


def test_a_released_threshold_is_in_the_url_and_on_other_pages(page: Page, server: Server) -> None:
    open_review(page, server, show="all", ranking="margin")
    page.locator("input.exact").fill("0.62")
    page.locator("input.exact").press("Tab")
    still(page)
    for part in ("threshold=0.620", "ranking=margin", "show=all", "image="):
        expect(page).to_have_url(re.compile(part))


@pytest.mark.parametrize("way", ["mouse", "keyboard", "tap"])
@pytest.mark.parametrize("pause", [0, 950])
def test_a_threshold_released_just_before_leaving_comes_to_the_other_page(
    page: Page, server: Server, way: str, pause: int
) -> None:
    open_review(page, server, show="all", ranking="margin")
    page.locator("input.exact").click()
    page.locator("input.exact").fill("0.62")
    page.locator("input.exact").press("Tab")
    link = page.get_by_role("link", name="Export")
    page.wait_for_timeout(pause)  # after a second Streamlit is told in any case
    if way == "mouse":
        link.click(delay=80)
    elif way == "keyboard":
        link.focus()
        page.keyboard.press("Enter")
    else:
        link.click()
    expect(page.get_by_role("heading", name="Export", exact=True).first).to_be_visible()
    expect(page).to_have_url(re.compile(r"/export.*threshold=0\.62"))
    still(page, quiet=600)
    expect(page).to_have_url(re.compile(r"/export.*threshold=0\.62"))


def test_a_refresh_comes_back_to_the_same_image(page: Page, server: Server) -> None:
    open_review(page, server, show="all")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    image = page.locator(".tile.cursor").get_attribute("data-image")
    expect(page).to_have_url(re.compile(rf"image={image}\b"))
    page.reload()
    expect(page.locator(".tile.cursor")).to_have_attribute("data-index", "5", timeout=30_000)
