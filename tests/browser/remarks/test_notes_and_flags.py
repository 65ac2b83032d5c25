"""Notes and flags on the review page: by key, by mouse and by finger, shown at the image, undone, found by queue."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from core import Project
from tests.browser.conftest import Server, window_of
from tests.browser.review_page import review, saved, verdicts
from tests.browser.still import still

pytestmark = pytest.mark.browser


@pytest.fixture
def tablet(browser: Browser) -> Iterator[Page]:
    """Touch screen of tablet size."""
    yield from window_of(browser.new_context(viewport={"width": 820, "height": 1100}, has_touch=True, is_mobile=True))


def kinds(project: Project) -> list[str]:
    """Return the kinds of all lines in the log."""
    return [line.verdict for line in Project.open(project.path).decisions.with_remarks()]


def test_by_key_a_note_and_a_flag_are_saved_shown_found_and_undone(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    before = verdicts(trained_project)
    page.keyboard.press("w")
    expect(page.get_by_role("textbox", name="Note")).to_be_focused()
    page.keyboard.type("is this h a w seam?")  # letters of keys do nothing else
    page.keyboard.press("Enter")
    first, second = page.locator(".tile").nth(0), page.locator(".tile").nth(1)
    expect(first).to_be_focused()
    expect(first.locator(".remarks")).to_have_text("✎")
    expect(first).to_have_attribute("aria-label", re.compile("note by me: is this h a w seam[?]"))
    expect(page.locator(".reason")).to_contain_text("note by me: is this h a w seam?")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("h")
    expect(second.locator(".remarks")).to_have_text("⚑")
    expect(second).to_have_attribute("aria-label", re.compile("undecided, flagged by me"))
    saved(page, 2)
    assert (kinds(trained_project), verdicts(trained_project)) == (["note", "flag"], before)
    expect(page.locator("[data-action=undo] small")).to_have_text("flag")

    page.get_by_label("Show").select_option("flagged")
    expect(page.locator(".tile")).to_have_count(1)
    expect(page).to_have_url(re.compile("show=flagged"))
    page.reload()
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator(".tile .remarks")).to_have_text("⚑")
    review(page, server, show="noted")
    expect(page.locator(".tile")).to_have_count(1)
    page.keyboard.press("f")
    expect(page.locator(".remark-texts")).to_have_text("✎ is this h a w seam? me")
    page.keyboard.press("z")  # the flag, of a session before
    page.keyboard.press("z")
    saved(page, 4)
    expect(page.locator(".remark-texts")).to_be_empty()
    assert Project.open(trained_project.path).decisions.remarks().notes == {}
    review(page, server, show="all")
    assert page.locator(".tile .remarks:not(:empty)").count() == 0


def test_an_undo_shows_at_once_what_was_there_before(page: Page, server: Server) -> None:
    review(page, server, show="all")
    tile = page.locator(".tile").first
    for key in ("h", "a"):
        page.keyboard.press(key)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("h")
    expect(tile.locator(".remarks")).to_be_empty()
    page.keyboard.press("z")
    expect(tile.locator(".remarks")).to_have_text("⚑")
    expect(tile).to_have_attribute("data-verdict", "accept")
    page.keyboard.press("z")
    expect(tile).to_have_attribute("data-verdict", "")
    expect(tile.locator(".remarks")).to_have_text("⚑")
    saved(page, 5)
    expect(tile.locator(".remarks")).to_have_text("⚑")


def test_by_finger_selected_images_are_flagged_and_a_note_is_written_and_removed(
    tablet: Page, server: Server, trained_project: Project
) -> None:
    review(tablet, server, show="all")
    tablet.locator(".panel [data-action=flag]").tap()
    expect(tablet.locator(".tile").first.locator(".remarks")).to_have_text("⚑")
    tablet.locator(".panel [data-action=note]").tap()
    box = tablet.get_by_role("dialog", name="Note")
    box.get_by_role("textbox").fill("two\nlines")
    box.get_by_role("button", name="Save").tap()
    expect(tablet.locator(".tile").first.locator(".remarks")).to_have_text("⚑✎")
    tablet.locator(".panel [data-action=note]").tap()
    expect(box.get_by_role("textbox")).to_have_value("two\nlines")
    box.get_by_role("button", name="Remove").tap()
    expect(tablet.locator(".tile").first.locator(".remarks")).to_have_text("⚑")
    tablet.locator(".panel [data-action=flag]").tap()
    expect(tablet.locator(".tile").first.locator(".remarks")).to_be_empty()
    saved(tablet, 4)
    assert kinds(trained_project) == ["flag", "note", "note", "unflag"]


def test_a_colleagues_note_is_not_replaced_unseen_and_the_own_text_is_kept(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    image = int(page.locator(".tile.cursor").get_attribute("data-image") or -1)
    Project.open(trained_project.path).decisions.note(image, "a cat", "ann")
    page.keyboard.press("w")
    page.keyboard.type("a dog")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("ann has written a note")
    expect(page.locator(".tile").first).to_have_attribute("aria-label", re.compile("note by ann: a cat"))
    page.keyboard.press("w")
    box = page.get_by_role("dialog", name="Note")
    expect(box).to_contain_text("wrote: “a cat”. Yours is not saved yet.")
    expect(box.get_by_role("textbox")).to_have_value("a dog")
    page.keyboard.press("Enter")
    saved(page, 2)
    assert Project.open(trained_project.path).decisions.remarks().notes[image].text == "a dog"


def test_the_history_lists_notes_and_undoes_one(page: Page, server: Server, trained_project: Project) -> None:
    review(page, server, show="all")
    for key in ("a", "h"):
        page.keyboard.press(key)
    saved(page, 2)
    page.get_by_role("button", name="history", exact=True).click()
    box = page.get_by_role("dialog", name="Decisions")
    expect(box.locator("[data-decision='2']")).to_contain_text("flagged")
    box.get_by_role("button", name=re.compile("Undo #2")).click()
    saved(page, 3)
    still(page)
    assert (kinds(trained_project), verdicts(trained_project)["accept"]) == (["accept", "flag", "undo"], 1)
    expect(page.locator(".tile .remarks:not(:empty)")).to_have_count(0)


def test_an_empty_queue_of_flags_says_how_to_flag(page: Page, server: Server) -> None:
    page.goto(server.address("review", show="flagged"))
    expect(page.locator(".empty")).to_contain_text("No image of this queue is flagged.")
