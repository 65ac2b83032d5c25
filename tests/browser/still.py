"""Waits until a page is still, however loaded the machine is."""

import time
from weakref import WeakKeyDictionary

from playwright.sync_api import Page, Request, expect

PATIENCE = 30
"""Seconds after which a page that does not come to rest fails the test."""


class Traffic:
    """The requests of a page that are on their way, and when the last one came or went."""

    def __init__(self, page: Page) -> None:
        self.waiting: set[Request] = set()
        self.moved = time.monotonic()
        page.on("request", self._came)
        page.on("requestfinished", self._went)
        page.on("requestfailed", self._went)

    def _came(self, request: Request) -> None:
        self.waiting.add(request)
        self.moved = time.monotonic()

    def _went(self, request: Request) -> None:
        self.waiting.discard(request)
        self.moved = time.monotonic()


_traffic: WeakKeyDictionary[Page, Traffic] = WeakKeyDictionary()


def watch(page: Page) -> Traffic:
    """What is on its way, from the first call on."""
    return _traffic[page] if page in _traffic else _traffic.setdefault(page, Traffic(page))


def painted(page: Page) -> None:
    """What was done to the page so far can be seen: two frames have passed."""
    page.evaluate(
        "() => new Promise((done) => {"
        " requestAnimationFrame(() => requestAnimationFrame(done));"
        " if (document.hidden) done(); })"
    )


def still(page: Page, quiet: int = 300) -> None:
    """Streamlit is done with the page, no request has come or gone for `quiet` ms, and the answers are drawn."""
    app = page.locator("[data-testid=stApp]")
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE * 1000)
    traffic, start = watch(page), time.monotonic()
    while traffic.waiting or time.monotonic() - max(start, traffic.moved) < quiet / 1000:
        assert time.monotonic() - start < PATIENCE, f"Still on their way: {[one.url for one in traffic.waiting]}"
        page.wait_for_timeout(20)
        painted(page)
