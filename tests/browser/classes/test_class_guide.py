"""Class guide: examples of each class beside the image, one key away."""

import re

import pytest
from playwright.sync_api import Page, expect

from core import LabelSource, PageQuery, Project
from tests.browser.conftest import Server
from tests.browser.review_page import RUN, review, saved

pytestmark = pytest.mark.browser


def test_examples_of_a_class_stand_beside_the_image_and_a_button_gives_it_the_class(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    image = int(page.locator(".tile.cursor").get_attribute("data-image") or -1)
    suggestion = trained_project.review(RUN).card(image, PageQuery()).suggestion
    page.keyboard.press("e")
    box = page.get_by_role("dialog", name="Which class is it?")
    names = trained_project.class_names
    expect(box.get_by_role("button", name=names[suggestion], exact=True)).to_have_attribute("aria-pressed", "true")
    other = (suggestion + 1) % len(names)
    box.get_by_role("button", name=names[other], exact=True).click()
    expected = trained_project.review(RUN).examples(other, 12).tolist()
    assert expected
    expect(box.locator(".guide-examples img").first).to_have_attribute("src", re.compile(f"/image/{expected[0]}[?]"))
    shown = box.locator(".guide-examples img").evaluate_all("(all) => all.map((one) => one.getAttribute('src'))")
    assert [int(re.findall(r"/image/(\d+)", url)[0]) for url in shown] == expected
    box.get_by_role("button", name=f"It is {names[other]}").click()
    saved(page, 1)
    (decision,) = Project.open(trained_project.path).decisions.all()
    assert (decision.image_id, decision.label) == (image, other)


def test_examples_are_images_that_people_labeled(trained_project: Project) -> None:
    labels = trained_project.curate()
    by_hand = labels.ids[(labels.labels == 0) & (labels.sources != LabelSource.BULK)]
    assert set(trained_project.review(RUN).examples(0, 5).tolist()) <= set(by_hand.tolist())


def test_a_description_is_read_and_changed_by_key_in_the_guide(
    page: Page, server: Server, trained_project: Project
) -> None:
    names = trained_project.class_names
    review(page, server)
    image = int(page.locator(".tile.cursor").get_attribute("data-image") or -1)
    suggestion = trained_project.review(RUN).card(image, PageQuery()).suggestion
    page.keyboard.press("e")
    box = page.get_by_role("dialog", name="Which class is it?")
    expect(box).to_contain_text(f"{names[suggestion]} has no description yet.")
    page.keyboard.press("ArrowDown")
    after = (suggestion + 1) % len(names)
    expect(box.get_by_role("button", name=names[after], exact=True)).to_be_focused()
    box.get_by_role("button", name=f"Describe {names[after]}").press("Enter")
    expect(box.get_by_role("textbox", name="Description")).to_be_focused()
    page.keyboard.type("No corner at all")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("and one line.")
    page.keyboard.press("Enter")
    expect(box.locator(".guide-text")).to_have_text("No corner at all\nand one line.")
    expect(box.get_by_role("button", name=f"Edit {names[after]}")).to_be_focused()
    table = Project.open(trained_project.path).workspace.classes
    assert dict(table.descriptions) == {after: "No corner at all\nand one line."}
    page.keyboard.press("Enter")
    page.keyboard.type(" x")
    page.keyboard.press("Escape")  # leaves the text, not the guide
    expect(box.locator(".guide-text")).to_have_text("No corner at all\nand one line.")
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    assert Project.open(trained_project.path).decisions.all() == []
