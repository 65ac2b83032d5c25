"""Tour of the Review page: six steps on its own images, begun by a person, never by itself."""

import pytest
from playwright.sync_api import Page, expect

from core import Project
from tests.browser.conftest import Server
from tests.browser.review_page import review

pytestmark = pytest.mark.browser


def test_the_tour_has_six_steps_decides_nothing_and_begins_only_when_it_is_asked_for(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    tour = page.get_by_role("dialog", name="Tour")
    expect(tour).to_be_hidden()
    page.keyboard.press("?")
    page.get_by_role("button", name="Tour").click()
    window = page.viewport_size
    assert window is not None
    for number in range(1, 7):
        expect(tour).to_contain_text(f"{number} of 6")
        box, frame = tour.bounding_box(), page.locator(".tour-frame").bounding_box()
        assert box is not None
        assert frame is not None
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= window["width"]
        assert box["y"] + box["height"] <= window["height"]
        assert frame["width"] > 20
        page.keyboard.press("a")  # no key decides meanwhile
        page.keyboard.press("Enter")
    expect(tour).to_be_hidden()
    expect(page.locator(".tour-frame")).to_be_hidden()
    page.keyboard.press("?")
    page.get_by_role("button", name="Tour").click()
    page.keyboard.press("Escape")
    expect(tour).to_be_hidden()
    assert Project.open(trained_project.path).decisions.all() == []
