"""Map page: a lasso leads to the review of exactly its images."""

import re

import pytest
from playwright.sync_api import Page, expect

from core import PageQuery, Project, QueueFilter
from tests.browser.conftest import Server
from tests.browser.review_page import RUN
from tests.browser.still import still

pytestmark = pytest.mark.browser
SWEEP = """(stage) => {
  const box = stage.getBoundingClientRect(), card = stage.querySelector('.hover-card');
  for (let top = 2; top < box.height; top += 8) for (let left = 2; left < box.width; left += 8) {
    stage.dispatchEvent(new PointerEvent('pointermove', { clientX: box.left + left, clientY: box.top + top }));
    if (!card.hidden) return true;
  }
  return false;
}"""
"""Moves the pointer over the stage until it meets a point."""


def opened(page: Page, server: Server) -> dict[str, float]:
    """Open the map; returns the box of its stage."""
    page.goto(server.address("map"))
    expect(page.locator(".map-app[data-points]")).to_be_visible(timeout=30_000)
    still(page)
    box = page.locator(".stage").bounding_box()
    assert box is not None
    return {side: box[side] for side in ("x", "y", "width", "height")}


def drawn(page: Page, places: list[tuple[float, float]], box: dict[str, float]) -> None:
    """Draw through places, given as shares of the stage."""
    where = [(box["x"] + left * box["width"], box["y"] + top * box["height"]) for left, top in places]
    page.mouse.move(*where[0])
    page.mouse.down()
    for place in where[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()


def test_a_lasso_leads_to_the_review_of_exactly_its_images(
    page: Page, server: Server, trained_project: Project
) -> None:
    box = opened(page, server)
    page.get_by_role("button", name="lasso").click()
    drawn(page, [(0.01, 0.01), (0.5, 0.01), (0.5, 0.99), (0.01, 0.99)], box)
    button = page.get_by_role("button", name=re.compile("^Review "))
    expect(button).to_be_visible()
    count = int(re.sub(r"\D", "", button.inner_text()) or 1)
    assert 0 < count < len(trained_project.splits.pool)
    button.click()
    expect(page.locator(".tile").first).to_be_visible(timeout=30_000)
    expect(page).to_have_url(re.compile(r"/review\?.*set=[0-9a-f]{6}"))
    expect(page.locator(".position")).to_contain_text(f" {count} images")
    name = re.search(r"set=([0-9a-f]+)", page.url)
    assert name is not None
    stored = trained_project.review(RUN).page(PageQuery(wanted=QueueFilter(image_set=name[1])))
    assert stored.matching == count
    page.reload()
    expect(page.locator(".position")).to_contain_text(f" {count} images", timeout=30_000)
    expect(page.locator(".condition")).to_contain_text(f"set {name[1]}")


def test_the_map_shows_image_and_class_under_the_pointer_and_a_value_alone(
    page: Page, server: Server, trained_project: Project
) -> None:
    opened(page, server)
    assert page.locator(".stage").evaluate(SWEEP)
    card = page.locator(".hover-card")
    expect(card.locator("b")).to_have_text(re.compile("|".join(trained_project.class_names)))
    expect(card.locator("img")).to_have_attribute("src", re.compile(r"/image/\d+"))
    page.get_by_label("Color by").select_option("label")
    expect(page.locator(".map-legend")).to_contain_text("no label yet")
    entry = page.locator(".map-legend button").last
    entry.click()
    expect(page.locator(".map-legend button").last).to_have_attribute("aria-pressed", "true")
