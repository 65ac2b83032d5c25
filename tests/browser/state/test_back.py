"""Back button of the browser across pages."""

import re

import pytest
from playwright.sync_api import Page, expect

from core import Project
from tests.browser.conftest import Server
from tests.browser.review_page import review
from tests.browser.still import still

pytestmark = pytest.mark.browser


def at(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, exact=True).first).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/{name.lower()}\?project=.*&run="))


def test_back_leads_to_the_page_before_at_the_first_press(page: Page, server: Server, trained_project: Project) -> None:
    review(page, server, show="all", ranking="most_confident")
    menu = page.get_by_test_id("stTopNav")
    for name in ("Data", "Export"):
        menu.get_by_role("link", name=name).click()
        at(page, name)
    page.go_back()
    at(page, "Data")
    page.go_back()
    expect(page).to_have_url(re.compile("/review.*most_confident"))
    expect(page.locator(".tile").first).to_be_visible()


def test_what_is_taken_from_an_address_leaves_it_where_the_page_stays(page: Page, server: Server) -> None:
    page.goto(server.address("scores"))
    at(page, "Scores")
    still(page)
    before = page.evaluate("history.length")
    page.evaluate("history.pushState({}, '', location.pathname + '?project=one')")
    page.evaluate("history.pushState({}, '', location.pathname + '?project=one&run=two')")
    page.evaluate("history.pushState({}, '', location.pathname + '?project=one')")
    expect(page).to_have_url(re.compile(r"\?project=one$"))
    assert page.evaluate("history.length") == before + 1  # another project is an entry, what completes it is none


def test_url_state_of_the_review_page_outlives_what_streamlit_writes(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all", ranking="most_confident")
    kept = re.compile(r"/review\?.*ranking=most_confident.*image=\d+")
    expect(page).to_have_url(kept)
    still(page)
    write = """(place) => new Promise((done) => {
        history.pushState({}, '', location.pathname + place);
        setTimeout(done, 700);  // what is only taken away goes after half a second
    })"""
    ours = f"?project={trained_project.key}&run={trained_project.runs()[0].id}"
    for place in (ours, f"{ours}&threshold=0.7", f"{ours}&threshold=0.8", ours):
        page.evaluate(write, place)
        expect(page).to_have_url(kept)
    page.evaluate(write, f"?project={trained_project.key}&run=another")
    page.wait_for_timeout(1_500)  # longer than the hand rests
    assert "image" not in page.evaluate("location.search")  # the cursor of one run means nothing in another


def test_the_start_page_opens_a_project_and_back_leads_to_it_again(
    page: Page, server: Server, trained_project: Project
) -> None:
    page.goto(server.address())
    expect(page.get_by_text("Recent projects")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page).to_have_url(re.compile(rf"/review\?project={trained_project.key}"))
    expect(page.locator(".tile").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Decide 20 images")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Recent projects")).to_be_visible()
    menu = page.get_by_test_id("stTopNav")
    menu.get_by_role("link", name="Data").click()
    page.locator(".st-key-next-step").get_by_role("button").click()
    expect(page.locator(".st-key-next-step")).to_be_hidden()
    page.reload()
    at(page, "Data")
    expect(page.locator(".st-key-next-step")).to_be_hidden()
