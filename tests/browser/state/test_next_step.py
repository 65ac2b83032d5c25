"""The next step in the header follows decisions, rather than its clock."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.review_page import review, saved
from tests.browser.still import still

pytestmark = pytest.mark.browser
COUNT = """() => {
  window.asked = 0;
  const count = ({ target }) => { window.asked += Boolean(target.closest?.('.st-key-next-step-again')); };
  document.addEventListener('click', count, true);
}"""


def test_a_burst_of_decisions_draws_the_next_step_again_once_and_nothing_of_it_is_seen(
    page: Page, server: Server
) -> None:
    review(page, server)
    step = page.locator(".st-key-next-step-short")
    expect(step).to_contain_text("Decide 20 images")
    expect(page.locator(".st-key-next-step-again")).to_be_hidden()
    page.evaluate(COUNT)
    page.keyboard.press("a")
    page.keyboard.press("a")
    page.keyboard.press("a")
    saved(page, 3)
    expect(step).to_contain_text("Decide 17 more images")
    asked = page.evaluate("window.asked")
    assert asked in (1, 2)  # 2: a slow machine sent the burst in two batches
    stage, first = page.locator(".stage").bounding_box(), page.locator(".tile").first.get_attribute("data-image")
    page.keyboard.press("PageDown")
    expect(page.locator(".tile").first).not_to_have_attribute("data-image", str(first))
    still(page)
    assert page.evaluate("window.asked") == asked  # a turned page is no progress
    assert page.locator(".stage").bounding_box() == stage
