"""Bulk accept in the browser: few function calls from click to request."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.review_page import review

pytestmark = pytest.mark.browser

_RECORD = """
Error.stackTraceLimit = 50;
window.stacks = {};
const { fetch } = window, { showModal } = HTMLDialogElement.prototype;
window.fetch = (url, options) => {
  if (String(url).endsWith("/commands")) window.stacks.request = new Error().stack;
  return fetch(url, options);
};
HTMLDialogElement.prototype.showModal = function () {
  window.stacks.dialog = new Error().stack;
  return showModal.call(this);
};
"""


def calls(stack: str) -> list[tuple[str, str]]:
    """File and function of each component call in a stack, outermost first."""
    frames = re.findall(r"at (?:async )?(?:([\w.<>]+) \()?http\S+/review/([\w/]+\.js):", stack)
    return [(file, function.split(".")[-1]) for function, file in frames][::-1]


def test_a_bulk_accept_reaches_its_request_in_few_calls(page: Page, server: Server) -> None:
    page.add_init_script(_RECORD)
    review(page, server, show="all", threshold="0.3")
    page.get_by_role("button", name="Accept all").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Accept").click()
    expect(page.locator(".saved")).to_contain_text("saved #1")
    stacks = page.evaluate("stacks")
    assert calls(stacks["dialog"])[:2] == [
        ("controls/status.js", "attempt"),
        ("controls/bulk_confirm.js", "bulkAccept"),
    ]
    assert calls(stacks["request"]) == [
        ("controls/bulk_confirm.js", "onclick"),
        ("sync/commands.js", "bulkAccept"),
        ("sync/commands.js", "_sendBulk"),
        ("sync/outbox.js", "flush"),
        ("sync/api.js", "commands"),
    ]
