"""Helpers for browser tests of the review page."""

from playwright.sync_api import Page, expect

from core import Project
from tests.browser.conftest import Server
from tests.browser.still import still

RUN = "001-supervised-mlp"


def review(page: Page, server: Server, **query: str) -> None:
    """Open the review page and wait until it is drawn."""
    page.goto(server.address("review", **{"threshold": "0.95", **query}))
    expect(page.locator(".tile").first).to_be_visible(timeout=30_000)
    expect(page.locator(".selection-summary .summary-line b").first).not_to_be_empty()
    still(page)


def open_filters(page: Page) -> None:
    """Open the panel of filters and view settings."""
    if page.locator("details.more").get_attribute("open") is None:
        page.locator("details.more summary").click()


def saved(page: Page, number: int) -> None:
    """Wait until the server has saved a decision number."""
    expect(page.locator(".saved")).to_have_text(f"✓ saved #{number}")


def drag_to(page: Page, share: float) -> None:
    """Drag the threshold to a share of the axis without releasing it."""
    box = page.locator(".plot").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.95 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + (0.95 + share) / 2 * box["width"], y)
    page.mouse.move(box["x"] + share * box["width"], y)


def kept(page: Page) -> int:
    """Read the number of kept images from the page."""
    return int(page.locator(".selection-summary .summary-line b").first.inner_text().replace(",", ""))


def verdicts(project: Project) -> dict[str, int]:
    """Count images per verdict in the log."""
    return {name: count for name, count in Project.open(project.path).decisions.counts().items() if count}
