"""Waits until a page is idle, independent of the machine's load."""

import time
from weakref import WeakKeyDictionary

from playwright.sync_api import Page, Request, expect

PATIENCE = 30
"""Seconds after which a page that does not come to rest fails the test."""


class Traffic:
    """Requests of a page in flight, and the time of the last change."""

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
    """Return the traffic of a page, recorded from the first call on."""
    return _traffic[page] if page in _traffic else _traffic.setdefault(page, Traffic(page))


def painted(page: Page) -> None:
    """Wait for two frames, so that changes are visible."""
    page.evaluate(
        "() => new Promise((done) => {"
        " requestAnimationFrame(() => requestAnimationFrame(done));"
        " if (document.hidden) done(); })"
    )


def still(page: Page, quiet: int = 300) -> None:
    """Wait until Streamlit, the network and the drawing are idle.

    No request may start or end for `quiet` ms.
    """
    app = page.locator("[data-testid=stApp]")
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE * 1000)
    traffic, start = watch(page), time.monotonic()
    while traffic.waiting or time.monotonic() - max(start, traffic.moved) < quiet / 1000:
        assert time.monotonic() - start < PATIENCE, f"Still on their way: {[one.url for one in traffic.waiting]}"
        page.wait_for_timeout(20)
        painted(page)


def faded(page: Page) -> None:
    """Wait until what fades in or out has its last color; animations without an end, as of a spinner, may go on."""
    page.wait_for_function(
        "() => document.getAnimations().every((one) =>"
        " one.playState !== 'running' || !Number.isFinite(one.effect.getComputedTiming().endTime))",
        timeout=PATIENCE * 1000,
    )
