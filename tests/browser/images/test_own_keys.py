"""Own keys: changed in the dialog, told on conflict, kept by the browser, shown on the buttons."""

import pytest
from playwright.sync_api import Page, expect

from core import Project
from tests.browser.conftest import Server
from tests.browser.review_page import review, saved

pytestmark = pytest.mark.browser


def test_a_changed_key_decides_also_after_a_reload_and_the_key_before_does_nothing(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    page.keyboard.press("?")
    box = page.get_by_role("dialog", name="Keys")
    box.locator("[data-action=accept]").click()
    page.keyboard.press("7")
    expect(box).to_contain_text("Digits are the keys of the classes")
    page.keyboard.press("j")
    expect(box).to_contain_text("“accept the suggested label” has the key j now.")
    page.keyboard.press("Escape")
    review(page, server, show="all")
    accept = page.locator(".panel [data-action=accept]")
    expect(accept).to_have_attribute("aria-keyshortcuts", "j")
    expect(accept).to_have_attribute("title", "The suggestion is right (key j)")
    expect(accept.locator("kbd")).to_have_text("j")
    page.keyboard.press("a")
    page.keyboard.press("j")
    saved(page, 1)
    assert [line.verdict for line in Project.open(trained_project.path).decisions.all()] == ["accept"]


def test_a_key_that_is_taken_is_told_and_exchanged_only_on_request_and_reset_brings_all_back(
    page: Page, server: Server
) -> None:
    review(page, server, show="all")
    page.keyboard.press("?")
    box = page.get_by_role("dialog", name="Keys")
    key = box.locator("[data-action=accept]")
    key.click()
    page.keyboard.press("x")
    expect(box).to_contain_text("x is the key of “reject: not this class” already.")
    expect(key).to_have_text("a")
    box.get_by_role("button", name="Exchange the two keys").click()
    expect(key).to_have_text("x")
    expect(box.locator("[data-action=reject]")).to_have_text("a")
    key.click()
    page.keyboard.press("Escape")
    expect(box).to_contain_text("Nothing was changed.")
    box.get_by_role("button", name="Reset my keys").click()
    expect(key).to_have_text("a")
    assert page.evaluate("localStorage['winnow-review-keys']") is None
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    expect(page.locator(".tile").first).to_have_attribute("data-verdict", "reject")
