"""Focus view, history strip and tile sizes."""

import re

import pytest
from playwright.sync_api import Page, expect

from core import PageQuery, Project
from tests.browser.conftest import Server
from tests.browser.review_page import RUN, review, saved

pytestmark = pytest.mark.browser


def focus(page: Page, server: Server, **query: str) -> None:
    page.goto(server.address("review", view="focus", **query))
    expect(page.locator(".focus .large[data-image]")).to_be_visible()


def shown(page: Page) -> int:
    return int(page.locator(".focus .large").get_attribute("data-image") or -1)


def test_the_focus_view_says_what_is_suggested_and_why_and_shows_labeled_neighbors(
    page: Page, server: Server, trained_project: Project
) -> None:
    focus(page, server, show="all")
    (card,) = [c for c in trained_project.review(RUN).page(PageQuery()).cards if c.id == shown(page)]
    names = trained_project.class_names
    expect(page.locator(".suggestion")).to_contain_text(names[card.suggestion])
    for bar, (label, share) in zip(page.locator(".bar").all(), card.top, strict=True):
        expect(bar).to_contain_text(names[label])
        expect(bar).to_contain_text(f"{share:.3f}")
    expect(page.locator(".why")).to_have_text(card.why)
    wanted = trained_project.review(RUN).neighbors(card.id, 6)
    expect(page.locator(".similar-one")).to_have_count(6)
    found = [tile.inner_text() for tile in page.locator(".similar-one small").all()]
    assert found == [names[one.label] for one in wanted]


@pytest.mark.parametrize(
    ("key", "verdict"),
    [("a", "accept"), ("Enter", "accept"), ("x", "reject"), ("n", "none"), ("s", "skip"), ("u", "unsure")],
)
def test_each_key_does_in_the_focus_view_what_it_does_in_the_grid(
    page: Page, server: Server, trained_project: Project, key: str, verdict: str
) -> None:
    focus(page, server, show="all")
    image = shown(page)
    page.keyboard.press(key)
    assert shown(page) != image, "the next image is on screen before the server has answered"
    saved(page, 1)
    (line,) = trained_project.decisions.all()
    assert (line.image_id, line.verdict) == (image, verdict)
    page.keyboard.press("z" if key == "a" else "Backspace")
    saved(page, 2)
    assert shown(page) == image
    expect(page.locator(".state")).to_have_text("undecided")


def test_a_click_in_the_history_goes_back_to_the_image_and_the_next_key_leads_on(
    page: Page, server: Server, trained_project: Project
) -> None:
    focus(page, server)
    first = shown(page)
    for key in ("a", "x", "n"):
        page.keyboard.press(key)
    here = shown(page)
    entries = page.locator(".history-item")
    expect(entries).to_have_count(3)
    assert [entry.get_attribute("data-verdict") for entry in entries.all()] == ["none", "reject", "accept"]
    saved(page, 3)
    entries.nth(2).click()
    expect(page.locator(f'.large[data-image="{first}"]')).to_be_visible()
    expect(page.locator(".state")).to_contain_text("accepted")
    page.keyboard.press("x")
    expect(page.locator(f'.large[data-image="{here}"]')).to_be_visible()
    saved(page, 4)
    assert trained_project.decisions.counts()["reject"] == 2
    page.reload()
    expect(page.locator(".history-item")).to_have_count(4, timeout=30_000)
    sheets = entries.evaluate_all("all => all.map(one => one.style.backgroundImage)")
    assert len(set(sheets)) == 1, "one request for the strip"
    assert "/sprite?" in sheets[0]


def test_a_bulk_decision_in_the_history_opens_as_a_queue(page: Page, server: Server, trained_project: Project) -> None:
    trained_project.bulk_accept(RUN, "per_class_threshold", threshold=0.0)
    count = trained_project.decisions.counts()["bulk_accept"]
    review(page, server, show="all")
    page.locator(".history-item").click()
    expect(page.locator(".position")).to_contain_text(f"{count} images")
    expect(page).to_have_url(re.compile("decision=1"))


def test_the_wheel_enlarges_and_a_double_click_fits_again(page: Page, server: Server) -> None:
    focus(page, server)
    box = page.locator(".zoom").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.wheel(0, -300)
    expect(page.locator(".zoom")).to_have_class("zoom enlarged")
    page.get_by_role("button", name="Zoom in").click()
    scale = page.locator(".large").evaluate("(image) => new DOMMatrix(getComputedStyle(image).transform).a")
    assert scale > 1.5
    page.locator(".zoom").dblclick()
    expect(page.locator(".zoom")).to_have_class("zoom")


def test_the_original_is_there_on_demand(page: Page, server: Server, trained_project: Project) -> None:
    focus(page, server)
    original = page.request.get(
        f"{server.address().split('/?')[0]}/winnow/{trained_project.key}/original/{shown(page)}"
    )
    assert original.ok
    assert original.headers["content-type"] == "image/png"
