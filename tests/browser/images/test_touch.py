"""Touch screen: tap, hold, drag the threshold, swipe, pinch."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect

from core import Project
from tests.browser.conftest import Server, window_of
from tests.browser.review_page import RUN, kept, review, saved, verdicts

pytestmark = pytest.mark.browser
Point = tuple[float, float]


@pytest.fixture
def tablet(browser: Browser) -> Iterator[Page]:
    """Touch screen of tablet size; script errors fail the test."""
    yield from window_of(browser.new_context(viewport={"width": 1280, "height": 900}, has_touch=True, is_mobile=True))


def fingers(screen: CDPSession, kind: str, *points: Point) -> None:
    """Send one touch event: touchStart, touchMove or touchEnd (without points)."""
    places = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})


def swipe(page: Page, start: Point, end: Point, steps: int = 8) -> None:
    """Move one finger from one point to another."""
    screen = page.context.new_cdp_session(page)
    fingers(screen, "touchStart", start)
    for step in range(1, steps + 1):
        share = step / steps
        fingers(screen, "touchMove", (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))
    fingers(screen, "touchEnd")


def at(element: Locator, across: float = 0.5, down: float = 0.5) -> Point:
    """Return a point of an element, given as shares of its width and height."""
    box = element.bounding_box()
    assert box is not None
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def hold(page: Page, element: Locator) -> None:
    """Hold a finger on an element until it is selected."""
    screen = page.context.new_cdp_session(page)
    fingers(screen, "touchStart", at(element))
    expect(element).to_have_attribute("aria-selected", "true")
    fingers(screen, "touchEnd")


def test_a_finger_drags_the_threshold_and_the_counts_follow(
    tablet: Page, server: Server, trained_project: Project
) -> None:
    review(tablet, server)
    plot = tablet.locator(".plot")
    swipe(tablet, at(tablet.locator(".threshold-handle .grip").last), (at(plot, 0.6)[0], at(plot)[1]))
    cut = float(tablet.locator("input.exact").input_value())
    assert cut == pytest.approx(0.6, abs=0.02)
    assert kept(tablet) == trained_project.select(RUN, "fixed_threshold", threshold=cut).count


def test_tapping_a_tile_and_a_verdict_decides_that_image(
    tablet: Page, server: Server, trained_project: Project
) -> None:
    review(tablet, server, show="all")
    tile = tablet.locator(".tile").nth(3)
    tile.tap()
    expect(tile).to_have_class("tile cursor")
    tablet.get_by_role("button", name="reject").tap()
    saved(tablet, 1)
    expect(tile).to_have_attribute("data-verdict", "reject")
    tablet.get_by_role("button", name="undo").tap()
    saved(tablet, 2)
    expect(tile).to_have_attribute("data-verdict", "")
    assert "reject" not in verdicts(trained_project)


def test_a_held_tile_begins_a_selection_and_taps_add_to_it(
    tablet: Page, server: Server, trained_project: Project
) -> None:
    review(tablet, server, show="all")
    tiles = tablet.locator(".tile")
    hold(tablet, tiles.nth(1))
    for place in (2, 4, 5):
        tiles.nth(place).tap()
    tiles.nth(5).tap()
    expect(tablet.locator(".position")).to_contain_text("3 selected")
    tablet.locator('[data-action="accept"]').tap()
    saved(tablet, 3)
    assert verdicts(trained_project)["accept"] == 3


def test_in_the_focus_view_a_swipe_moves_on_and_two_fingers_enlarge(tablet: Page, server: Server) -> None:
    review(tablet, server, show="all")
    tablet.locator('[data-action="toggle"]').tap()
    zoom, large = tablet.locator(".zoom"), tablet.locator(".large")
    first = large.get_attribute("data-image")
    swipe(tablet, at(zoom, 0.7), at(zoom, 0.3))
    expect(large).not_to_have_attribute("data-image", str(first))
    swipe(tablet, at(zoom, 0.3), at(zoom, 0.7))
    expect(large).to_have_attribute("data-image", str(first))
    screen = tablet.context.new_cdp_session(tablet)
    fingers(screen, "touchStart", at(zoom, 0.45), at(zoom, 0.55))
    for step in range(1, 9):
        fingers(screen, "touchMove", at(zoom, 0.45 - step / 40), at(zoom, 0.55 + step / 40))
    fingers(screen, "touchEnd")
    expect(zoom).to_have_class("zoom enlarged")
    expect(large).to_have_attribute("data-image", str(first))  # enlarging is no swipe


def test_what_a_finger_taps_is_large_enough(tablet: Page, server: Server) -> None:
    review(tablet, server)
    for button in tablet.locator(".panel button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44, button.inner_text()
