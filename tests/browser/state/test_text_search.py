"""Search by words on the Review page: input, chip, address; what is missing where it cannot work."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core import PageQuery, Project, QueueFilter
from core.similarity import text_search
from tests.browser.conftest import Server
from tests.browser.review_page import open_filters, review
from tests.browser.still import still
from tests.tiny_clip import channel_of

pytestmark = pytest.mark.browser


class RedTower:
    """Stands for the process with torch: every text is red."""

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"vectors": [[1.0, -1.0, -1.0]] * len(request["texts"])}


def test_words_are_a_queue_with_a_chip_and_an_address_that_a_refresh_keeps(
    page: Page, server: Server, color_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_search, "_process", RedTower())
    run = color_project.runs()[0].id
    query = PageQuery("similar", words="red", wanted=QueueFilter(show="undecided"))
    expected = [card.id for card in color_project.review(run).page(query).cards]  # it stores the vector for the server
    assert channel_of(color_project.images.pixels[expected[0]]) == 0
    server.show(color_project.path)
    page.goto(server.address("review"))
    expect(page.locator(".tile").first).to_be_visible(timeout=60_000)
    open_filters(page)
    page.get_by_label("Like words").fill("  red ")
    page.keyboard.press("Enter")
    chip = page.locator(".condition", has_text="like")
    expect(chip).to_contain_text("like “red”")
    expect(page).to_have_url(re.compile(r"ranking=similar&.*words=red(&|$)"))
    page.reload()
    expect(chip).to_contain_text("like “red”", timeout=60_000)
    still(page)
    shown = [int(tile.get_attribute("data-image") or -1) for tile in page.locator(".tile:visible").all()]
    assert shown == expected[: len(shown)]
    open_filters(page)
    expect(page.get_by_label("Like words")).to_have_value("red")
    page.get_by_label("Like words").fill("x" * 201)
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("at most 200 characters")
    expect(chip).to_contain_text("like “red”")
    chip.click()
    expect(chip).to_have_count(0)
    expect(page).not_to_have_url(re.compile("words="))


def test_a_project_without_such_features_says_what_is_needed(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    open_filters(page)
    expect(page.get_by_label("Like words")).to_have_count(0)
    expect(page.locator(".text-problem")).to_contain_text(f"winnow features {trained_project.path} --extractor clip:")
