"""Cursor in the grid: visibility and keyboard focus; drag selection."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from core import Project
from tests.browser.conftest import Bench
from tests.browser.still import still

pytestmark = pytest.mark.browser

_HIDDEN = """() => {
  const roots = [...document.querySelectorAll('*')].map((one) => one.shadowRoot);
  const root = roots.find((one) => one?.querySelector('.review-app'));
  const box = (one) => one.getBoundingClientRect();
  const cursor = root.querySelector('.tile.cursor');
  const [tile, panel] = [box(cursor), box(root.querySelector('.panel'))];
  const head = box(document.querySelector('[data-testid=stHeader]')).bottom;
  const said = [];
  if (tile.top < head) said.push(`above by ${head - tile.top}`);
  if (tile.bottom > panel.top) said.push(`below by ${tile.bottom - panel.top}`);
  if (root.activeElement !== cursor) said.push(`focus on ${root.activeElement?.className ?? 'nothing'}`);
  return said.map((text) => `tile ${cursor.dataset.index} ${text}`);
}"""


def come(page: Page, bench: Bench, **query: str) -> None:
    page.goto(bench[0].address("review", **{"show": "all", **query}))
    expect(page.locator(".tile").first).to_be_visible(timeout=30_000)
    expect(page.locator(".selection-summary .summary-line b").first).not_to_be_empty()


def grid(page: Page, bench: Bench, **query: str) -> Project:
    come(page, bench, **query)
    still(page)
    return bench[1]


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (1920, 700)])
def test_the_cursor_stays_in_what_can_be_seen_and_has_the_focus(
    page: Page, bench: Bench, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    grid(page, bench)
    found = []
    for key in ["s"] * 30 + ["z"] * 30 + ["ArrowDown"] * 4 + ["ArrowUp"] * 4:
        page.keyboard.press(key)
        found += page.evaluate(_HIDDEN)
    assert found == []
    page.keyboard.press("PageDown")
    expect(page.locator(".position")).to_contain_text("49 of")
    page.keyboard.press("s")
    assert page.evaluate(_HIDDEN) == []
    expect(page.locator(".saved")).to_have_attribute("data-state", "saved")


def test_steps_over_a_slow_page_are_made_in_their_order(page: Page, bench: Bench) -> None:
    held: list[Route] = []
    page.route("**/page?*start=48*", lambda route: held.append(route))
    come(page, bench)
    for key in ["ArrowRight"] * 48 + ["ArrowLeft"] * 2:
        page.keyboard.press(key)
    expect(page.locator(".position")).to_contain_text("48 of")
    for route in held:
        route.continue_()
    page.unroute("**/page?*start=48*")
    expect(page.locator(".position")).to_contain_text("47 of")  # over the end and two back


def test_a_tile_says_why_it_is_there_to_everybody(page: Page, bench: Bench) -> None:
    project = grid(page, bench)
    page.keyboard.press("ArrowRight")
    tile = page.locator(".tile.cursor")
    (image,) = [int(tile.get_attribute("data-image") or -1)]
    from core import PageQuery

    (card,) = [card for card in project.review("001-supervised-small_cnn").page(PageQuery()).cards if card.id == image]
    expect(tile).to_have_accessible_description(card.why)
    expect(page.locator(".reason")).to_have_text(card.why)  # without a mouse to hover, and on touch
    expect(page.locator(".reason")).to_be_visible()


def test_the_next_suggestion_is_heard_in_the_focus_view(page: Page, bench: Bench) -> None:
    project = grid(page, bench, view="grid", ranking="confidence")
    from core import PageQuery

    cards = project.review("001-supervised-small_cnn").page(PageQuery(ranking="confidence")).cards
    page.keyboard.press("f")
    heard = page.get_by_role("status").and_(page.locator(".announcement"))
    for place in range(3):
        card = cards[place]
        name, sure = project.class_names[card.suggestion], f"{card.confidence:.2f}".lstrip("0")
        expect(heard).to_have_text(re.compile(rf"^{re.escape(f'{name}, {sure}, {place + 1} of 300')}(,|$)"))
        page.keyboard.press("s")
    page.keyboard.press("z")
    expect(heard).to_have_text(re.compile(", 3 of 300"))


def corner(page: Page, place: int, share: float) -> tuple[float, float]:
    box = page.locator(".tile").nth(place).bounding_box()
    assert box is not None
    return box["x"] + share * box["width"], box["y"] + share * box["height"]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)


def selected(page: Page) -> list[int]:
    found = page.locator('.tile[aria-selected="true"]').evaluate_all("(all) => all.map((one) => +one.dataset.index)")
    return sorted(found)


def test_a_drag_selects_what_the_box_touches_and_one_key_decides_it(page: Page, bench: Bench) -> None:
    page.set_viewport_size({"width": 1280, "height": 1400})
    project = grid(page, bench)
    columns = page.locator(".grid").evaluate("(one) => getComputedStyle(one).gridTemplateColumns.split(' ').length")
    block = sorted([1, 2, 1 + columns, 2 + columns])
    drag(page, corner(page, 1, 0.4), corner(page, 2 + columns, 0.6))
    assert selected(page) == block
    expect(page.locator(".drag-box")).to_be_visible()
    page.mouse.up()
    expect(page.locator(".drag-box")).to_have_count(0)
    assert selected(page) == block, "letting go is no click"
    page.keyboard.down("Shift")
    drag(page, corner(page, 5, 0.6), corner(page, 4, 0.3))  # backwards, and added
    page.mouse.up()
    page.keyboard.up("Shift")
    assert selected(page) == sorted([*block, 4, 5])
    drag(page, corner(page, 0, 0.4), corner(page, 2, 0.6))
    assert selected(page) == [0, 1, 2]
    page.keyboard.press("Escape")
    assert selected(page) == sorted([*block, 4, 5]), "called off: as it was"
    page.mouse.up()
    assert selected(page) == sorted([*block, 4, 5])
    before = len(project.decisions.all())
    page.keyboard.press("x")
    expect(page.locator(".saved")).to_have_attribute("data-state", "saved")
    assert [line.verdict for line in project.decisions.all()[before:]] == ["reject"] * 6


def test_a_press_that_hardly_moves_is_a_click_and_control_click_still_toggles(page: Page, bench: Bench) -> None:
    page.set_viewport_size({"width": 1280, "height": 1400})
    grid(page, bench)
    x, y = corner(page, 3, 0.5)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 2, y + 2)
    page.mouse.up()
    expect(page.locator(".tile").nth(3)).to_have_class("tile cursor")
    assert selected(page) == []
    for place, wanted in ((5, [5]), (7, [5, 7]), (5, [7])):
        page.locator(".tile").nth(place).click(modifiers=["Control"])
        assert selected(page) == wanted


def test_a_drag_goes_on_while_the_page_scrolls(page: Page, bench: Bench) -> None:
    grid(page, bench)
    x, y = corner(page, 0, 0.5)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y + 20)
    page.mouse.wheel(0, 300)
    columns = page.locator(".grid").evaluate("(one) => getComputedStyle(one).gridTemplateColumns.split(' ').length")
    expect(page.locator('.tile[aria-selected="true"]')).not_to_have_count(1)
    panel = page.locator(".panel").bounding_box()
    assert panel is not None
    page.mouse.move(x + 20, panel["y"] - 8)  # near the panel the page scrolls by itself, down to its end
    rows = -(-48 // columns)
    expect(page.locator('.tile[aria-selected="true"]')).to_have_count(rows)
    page.mouse.up()
    assert selected(page) == [row * columns for row in range(rows)]
