"""Keyboard commands in the grid and in the focus view."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core import Decision, Project
from tests.browser.conftest import Bench, window_of
from tests.browser.review_page import open_filters
from tests.browser.still import still

pytestmark = pytest.mark.browser
RUN = "001-supervised-small_cnn"


@pytest.fixture(scope="module", params=["grid", "focus"])
def window(request: pytest.FixtureRequest, browser: Browser, bench: Bench) -> Iterator[Page]:
    """One window per view, shared by all tests of this file in order."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    for page in window_of(context):
        page.goto(bench[0].address("review", show="all", view=request.param))
        expect(shown(page)).to_be_visible(timeout=30_000)
        still(page)
        yield page


@pytest.fixture(autouse=True)
def _at_the_front(window: Page) -> None:
    """Reload with nothing selected and the cursor on the fourth image."""
    page = window
    page.keyboard.press("Escape")
    for key, first in (("PageDown", "49 of"), ("PageUp", "1 of")):
        page.keyboard.press(key)
        expect(page.locator(".position")).to_contain_text(re.compile(f"^{first}"))
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    quiet(page)


def shown(page: Page) -> Locator:
    return page.locator(".tile.cursor, .focus-view:visible .large[data-image]").first


def here(page: Page) -> int:
    """Return the image that a verdict decides."""
    return int(
        page.locator(".tile.cursor:visible, .focus-view:visible .large[data-image]").get_attribute("data-image") or -1
    )


def is_grid(page: Page) -> bool:
    return page.locator(".grid").is_visible()


def quiet(page: Page) -> None:
    """Wait until no request is in flight and no page loads."""
    expect(page.locator(".saved")).to_have_attribute("data-state", re.compile("saved|idle"))
    still(page, quiet=120)


def lines(project: Project) -> list[Decision]:
    return project.decisions.all()


def decided(page: Page, project: Project, before: int) -> list[Decision]:
    """Return the new decisions, once all are saved."""
    quiet(page)
    return lines(project)[before:]


WORDS = {"a": "accept", "A": "accept", "Enter": "accept", "x": "reject", "n": "none", "s": "skip", "u": "unsure"}


@pytest.mark.parametrize(("key", "verdict"), list(WORDS.items()))
@pytest.mark.parametrize("undo", ["z", "Backspace"])
def test_a_verdict_falls_on_the_image_and_leads_on_and_an_undo_comes_back(
    window: Page, bench: Bench, key: str, verdict: str, undo: str
) -> None:
    page, project = window, bench[1]
    image, before = here(page), len(lines(project))
    page.keyboard.press(key)
    assert here(page) != image
    (line,) = decided(page, project, before)
    assert (line.image_id, line.verdict) == (image, verdict)
    page.keyboard.press(undo)
    assert here(page) == image
    *_, back = decided(page, project, before)
    assert (back.verdict, back.undo_of) == ("undo", line.id)


@pytest.mark.parametrize("key", list("1234567890"))
def test_a_class_key_gives_its_class_and_leads_on(window: Page, bench: Bench, key: str) -> None:
    page, project = window, bench[1]
    image, before, label = here(page), len(lines(project)), (int(key) - 1) % 10
    page.keyboard.press(key)
    assert here(page) != image
    (line,) = decided(page, project, before)
    assert (line.image_id, line.label) == (image, label)
    assert line.verdict == ("accept" if line.suggestion == label else "relabel")
    page.keyboard.press("z")


def test_a_slash_searches_the_classes_beyond_ten(window: Page, bench: Bench) -> None:
    page, project = window, bench[1]
    image, before = here(page), len(lines(project))
    page.keyboard.press("/")
    page.keyboard.type("class 11")  # its letters and digits are no verdicts
    page.keyboard.press("Enter")
    (line,) = decided(page, project, before)
    assert (line.image_id, line.label) == (image, 11)
    page.keyboard.press("z")


def test_a_question_mark_shows_the_keys_and_none_of_them_decides_there(window: Page, bench: Bench) -> None:
    page, project = window, bench[1]
    before = len(lines(project))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Shift+click")
    for key in ("a", "x", "1"):
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_have_count(0)
    assert decided(page, project, before) == []


def test_arrows_move_by_image_and_by_row(window: Page, bench: Bench) -> None:
    page, project = window, bench[1]
    columns = (
        page.locator(".grid").evaluate("(one) => getComputedStyle(one).gridTemplateColumns.split(' ').length")
        if is_grid(page)
        else 1
    )
    rank, before = place(page), len(lines(project))
    for key, by in (("ArrowRight", 1), ("ArrowDown", columns), ("ArrowLeft", -1), ("ArrowUp", -columns)):
        page.keyboard.press(key)
        rank += by
        assert place(page) == rank, key
    assert decided(page, project, before) == []


def place(page: Page) -> int:
    """Return the position of the cursor in the queue, from 1."""
    return int(page.locator(".position").inner_text().split(" of ")[0])


@pytest.mark.parametrize(
    ("keys", "extra"), [(("ArrowRight", "ArrowRight"), 2), (("ArrowRight", "ArrowLeft"), 0), (("ArrowDown",), -1)]
)
def test_shift_and_arrows_select_and_one_key_decides_them_all(
    window: Page, bench: Bench, keys: tuple[str, ...], extra: int
) -> None:
    page, project = window, bench[1]
    columns = (
        page.locator(".grid").evaluate("(one) => getComputedStyle(one).gridTemplateColumns.split(' ').length")
        if is_grid(page)
        else 1
    )
    count = 1 + (columns if extra < 0 else extra)
    before = len(lines(project))
    for key in keys:
        page.keyboard.press(f"Shift+{key}")
    expect(page.locator(".position")).to_contain_text(f"{count} selected")
    expect(page.locator(".announcement")).to_have_text(f"{count} selected")
    if is_grid(page):
        expect(page.locator('.tile[aria-selected="true"]')).to_have_count(count)
    page.keyboard.press("x")
    found = decided(page, project, before)
    assert [line.verdict for line in found] == ["reject"] * count
    page.keyboard.press("z")
    assert len(decided(page, project, before)) == 2 * count


def test_control_a_is_everything_that_the_filter_matches_and_asks_with_its_number(window: Page, bench: Bench) -> None:
    page, project = window, bench[1]
    before = len(lines(project))
    page.keyboard.press("Control+a")
    expect(page.locator(".position")).to_contain_text("300 selected")
    page.keyboard.press("n")
    expect(page.locator("dialog h2")).to_have_text("Mark as none of the classes: 300 images?")
    page.locator("dialog button.primary").click()
    (line,) = decided(page, project, before)
    assert (line.verdict, line.params["expected"]) == ("none", line.num_images)
    page.keyboard.press("z")
    assert len(decided(page, project, before)) == 2
    page.keyboard.press("Control+a")
    page.keyboard.press("Escape")
    expect(page.locator(".position")).not_to_contain_text("selected")


def test_page_keys_turn_the_page(window: Page, bench: Bench) -> None:
    page = window
    page.keyboard.press("PageDown")
    expect(page.locator(".position")).to_contain_text("49 of")
    page.keyboard.press("PageUp")
    expect(page.locator(".position")).to_contain_text(re.compile("^1 of"))


def test_f_is_grid_and_focus_by_turns_and_keeps_the_image(window: Page, bench: Bench) -> None:
    page = window
    image, was_grid = here(page), is_grid(page)
    page.keyboard.press("f")
    assert (here(page), is_grid(page)) == (image, not was_grid)
    page.keyboard.press("f")
    assert (here(page), is_grid(page)) == (image, was_grid)


def test_a_held_key_decides_once_and_a_held_arrow_goes_on(window: Page, bench: Bench) -> None:
    page, project = window, bench[1]
    before, rank = len(lines(project)), place(page)
    for _ in range(4):
        page.keyboard.down("ArrowRight")  # the browser reports these as repeats
    page.keyboard.up("ArrowRight")
    assert place(page) == rank + 4
    for key in ("s", "1", "Enter"):
        for _ in range(4):
            page.keyboard.down(key)
        page.keyboard.up(key)
    assert len(decided(page, project, before)) == 3


def test_no_key_decides_while_somebody_types_and_escape_and_enter_give_the_keys_back(
    window: Page, bench: Bench
) -> None:
    page, project = window, bench[1]
    before = len(lines(project))
    open_filters(page)
    find = page.get_by_label("Find")
    for leave in ("Escape", "Enter"):
        open_filters(page)
        find.focus()
        page.keyboard.type("axnsuz1/?")
        page.keyboard.press("Backspace")
        assert decided(page, project, before) == []
        find.fill("")
        page.keyboard.press(leave)
        quiet(page)
        page.keyboard.press("s")
        assert len(decided(page, project, before)) == 1
        before += 1


def test_after_a_click_on_a_button_enter_accepts_and_who_walked_there_by_keyboard_presses_it(
    window: Page, bench: Bench
) -> None:
    page, project = window, bench[1]
    before = len(lines(project))
    skip = page.locator('[data-action="skip"]')
    skip.click()
    page.keyboard.press("Enter")
    assert [line.verdict for line in decided(page, project, before)] == ["skip", "accept"]
    skip.focus()
    for key in ("Enter", " "):
        page.keyboard.press(key)
    assert [line.verdict for line in decided(page, project, before)][2:] == ["skip", "skip"]
    expect(skip).to_be_focused()
    page.locator('[data-action="help"]').click()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")  # the dialog is gone; Enter does not press its button again
    assert [line.verdict for line in decided(page, project, before)][4:] == ["accept"]


def test_after_a_choice_from_a_menu_keys_decide_and_a_closed_menu_keeps_its_arrows(window: Page, bench: Bench) -> None:
    page, project = window, bench[1]
    order = page.get_by_label("Ranking")
    before = len(lines(project))
    for value in ("margin", "entropy"):
        order.focus()
        page.keyboard.press(" ")  # opens the list, as a click does
        order.select_option(value)
        quiet(page)
        page.keyboard.press("s")
        assert len(decided(page, project, before)) == 1, value
        before += 1
    order.focus()
    page.keyboard.press("ArrowDown")
    expect(order).to_have_value("confidence")
    quiet(page)
    expect(order).to_be_focused()
    page.keyboard.press("s")
    assert [line.verdict for line in decided(page, project, before)] == ["skip"]
    order.select_option("entropy")
    quiet(page)


def test_after_a_check_box_enter_accepts(window: Page, bench: Bench) -> None:
    page, project = window, bench[1]
    if not is_grid(page):
        page.keyboard.press("f")  # the check box belongs to the histogram
    box, before = page.get_by_label("log scale"), len(lines(project))
    box.click()
    page.keyboard.press("Enter")
    box.focus()
    page.keyboard.press(" ")
    expect(box).to_be_checked()
    page.keyboard.press("x")
    assert [line.verdict for line in decided(page, project, before)] == ["accept", "reject"]
