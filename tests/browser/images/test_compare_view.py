"""Compare view: two selected images, or one beside examples of a class; by keyboard alone, by mouse, by finger."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core import PageQuery, Project
from tests.browser.conftest import Server, window_of
from tests.browser.review_page import RUN, review, saved

pytestmark = pytest.mark.browser


@pytest.fixture
def tablet(browser: Browser) -> Iterator[Page]:
    """Touch screen of tablet size."""
    yield from window_of(browser.new_context(viewport={"width": 820, "height": 1100}, has_touch=True, is_mobile=True))


def shown(box: Locator) -> list[int]:
    """Return the images on the two sides."""
    images = box.locator(".compare .large")
    return [int(images.nth(side).get_attribute("data-image") or -1) for side in range(2)]


def test_by_keyboard_an_image_is_compared_with_examples_and_gets_the_class(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    image = int(page.locator(".tile.cursor").get_attribute("data-image") or -1)
    suggestion = trained_project.review(RUN).card(image, PageQuery()).suggestion
    page.keyboard.press("c")
    box = page.get_by_role("dialog", name="Compare")
    names, other = trained_project.class_names, (suggestion + 1) % 3
    expect(box.locator(".compare-name").last).to_contain_text(f"{names[suggestion]} · image")
    page.keyboard.press(str(other + 1))
    examples = trained_project.review(RUN).examples(other, 12).tolist()
    expect(box.locator(".compare-name").last).to_have_text(
        f"{names[other]} · image {examples[0]} · 1 of {len(examples)}"
    )
    assert shown(box) == [image, examples[0]]
    page.keyboard.press("ArrowRight")
    expect(box.locator(".compare-name").last).to_contain_text(f"image {examples[1]} · 2 of")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(box.locator(".compare-name").last).to_contain_text(f"image {examples[-1]} · ")
    page.keyboard.press("ArrowDown")
    expect(box.get_by_role("button", name=f"It is {names[(other + 1) % 3]}")).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(box.get_by_role("button", name=f"It is {names[other]}")).to_be_visible()
    page.keyboard.press("Enter")
    expect(box).to_have_count(0)
    saved(page, 1)
    (decision,) = Project.open(trained_project.path).decisions.all()
    assert (decision.image_id, decision.label) == (image, other)


def test_two_selected_images_stand_side_by_side_and_nothing_is_decided(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    tiles = page.locator(".tile")
    for place in (1, 3):
        tiles.nth(place).click(modifiers=["Control"])
    page.get_by_role("button", name="compare").click()
    box = page.get_by_role("dialog", name="Compare")
    expected = [int(tiles.nth(place).get_attribute("data-image") or -1) for place in (1, 3)]
    expect(box.locator(".compare-name").last).to_contain_text("1 of 1")
    assert shown(box) == expected
    expect(box.get_by_role("button", name=re.compile("It is"))).to_have_count(0)
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    assert Project.open(trained_project.path).decisions.all() == []


def test_by_finger_the_next_example_and_another_class_are_shown(tablet: Page, server: Server) -> None:
    review(tablet, server)
    tablet.get_by_role("button", name="compare").tap()
    box = tablet.get_by_role("dialog", name="Compare")
    expect(box.locator(".compare-name").last).to_contain_text("1 of")
    box.get_by_role("button", name="Next image").tap()
    expect(box.locator(".compare-name").last).to_contain_text("2 of")
    box.get_by_label("Beside it").select_option("0")
    expect(box.locator(".compare-name").last).to_contain_text("1 of")
    box.get_by_role("button", name="Close").tap()
    expect(box).to_have_count(0)
