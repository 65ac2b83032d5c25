"""Hide images on the review page: by key and button, one and several, refused in words, taken back."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core import Project, constants
from tests.browser import axe
from tests.browser.conftest import Server, window_of
from tests.browser.review_page import review, saved
from tests.browser.still import faded, still
from tests.browser.test_access import problems

pytestmark = pytest.mark.browser


@pytest.fixture
def ben(browser: Browser) -> Iterator[Page]:
    """Browser of another reviewer."""
    yield from window_of(browser.new_context(viewport={"width": 1280, "height": 900}))


def ids(page: Page) -> list[int]:
    """The images of the page, in order."""
    return [int(one) for one in page.locator(".tile").evaluate_all("(all) => all.map((one) => one.dataset.image)")]


def cursor(page: Page) -> int:
    return int(page.locator(".tile.cursor").get_attribute("data-image") or -1)


def hidden(project: Project) -> dict[str, list[int]]:
    """Hidden images of each reason, as they stand on the disk."""
    return {why: ids.tolist() for why, ids in Project.open(project.path).hidden_images.by_reason().items()}


def total(page: Page) -> int:
    """Images of the pool, as the toolbar counts them."""
    found = re.search(r"of ([\d,]+) ·", page.locator(".position").inner_text())
    assert found is not None
    return int(found[1].replace(",", ""))


def dialog(page: Page) -> Locator:
    return page.locator("dialog[open]")


def test_by_key_one_image_is_hidden_leaves_the_page_and_comes_back_by_undo(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all", reviewer="ann")
    page.keyboard.press("ArrowRight")
    before, count = ids(page), total(page)
    page.keyboard.press("d")
    box = page.get_by_role("dialog", name="Hide this image?")
    expect(box.get_by_role("textbox", name="Reason")).to_be_focused()
    page.keyboard.type("a d x z blurred")  # letters of keys do nothing else
    page.keyboard.press("Enter")
    notice = page.locator(".notice")
    expect(notice).to_contain_text("1 image hidden: a d x z blurred")
    expect(box).to_have_count(0)
    still(page)
    assert (ids(page)[: len(before) - 1], cursor(page)) == (before[:1] + before[2:], before[2])
    assert total(page) == count - 1
    assert hidden(trained_project) == {"a d x z blurred": [before[1]]}
    assert Project.open(trained_project.path).hidden_images.changes[0].reviewer == "ann"
    notice.get_by_role("button", name="Undo").click()
    expect(notice).to_contain_text("1 image shown again.")
    still(page)
    assert (ids(page), cursor(page), total(page)) == (before, before[1], count)
    assert hidden(trained_project) == {}
    page.keyboard.press("a")
    saved(page, 1)
    assert [d.image_id for d in Project.open(trained_project.path).decisions.all()] == [before[1]]


def test_by_button_a_selection_is_hidden_and_the_undo_key_takes_back_steps_in_their_order(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    before = ids(page)
    page.keyboard.press("a")
    saved(page, 1)
    for key in ("ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    page.get_by_role("button", name=re.compile("^d ?hide$")).click()
    box = page.get_by_role("dialog", name="Hide 3 images?")
    expect(box.locator(".hidden-pictures img")).to_have_count(3)
    box.get_by_role("button", name="private", exact=True).click()
    expect(box.get_by_role("textbox")).to_have_value("private")
    box.get_by_role("button", name="Hide", exact=True).click()
    expect(page.locator(".notice")).to_contain_text("3 images hidden: private")
    still(page)
    assert ids(page)[: len(before) - 3] == before[:2] + before[5:]
    assert cursor(page) == before[5]
    assert hidden(trained_project) == {"private": sorted(before[2:5])}
    undo = page.locator("[data-action=undo]")
    expect(undo).to_have_attribute("title", re.compile("Take back: 3 × hide"))
    page.keyboard.press("z")
    expect(page.locator(".notice")).to_contain_text("3 images shown again.")
    still(page)
    assert (ids(page), hidden(trained_project)) == (before, {})
    expect(undo).to_have_attribute("title", re.compile("Take back: accept"))
    page.keyboard.press("z")
    saved(page, 2)
    expect(page.locator(".tile").first).to_have_attribute("data-verdict", "")


def test_reasons_are_offered_the_last_one_first_and_escape_hides_nothing(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    page.keyboard.press("d")
    offered = dialog(page).locator(".offered-reason")
    assert offered.all_inner_texts() == list(constants.HIDE_REASONS)
    page.keyboard.type("too dark")
    page.keyboard.press("Escape")
    expect(dialog(page)).to_have_count(0)
    expect(page.locator(".tile.cursor")).to_be_focused()
    assert hidden(trained_project) == {}
    page.keyboard.press("d")
    page.keyboard.type("too dark")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("hidden: too dark")
    still(page)
    page.keyboard.press("d")
    expect(dialog(page).get_by_role("textbox")).to_have_value("too dark")
    assert offered.all_inner_texts()[:2] == ["too dark", constants.HIDE_REASONS[0]]
    page.keyboard.press("Enter")  # the same again
    expect(dialog(page)).to_have_count(0)
    still(page)
    assert [len(found) for found in hidden(trained_project).values()] == [2]


def test_in_the_focus_view_the_next_image_follows(page: Page, server: Server, trained_project: Project) -> None:
    review(page, server, show="all")
    before = ids(page)
    page.keyboard.press("f")
    page.keyboard.press("d")
    page.keyboard.type("damaged")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("1 image hidden: damaged")
    still(page)
    expect(page.locator(".focus-view")).to_be_visible()
    expect(page.locator(".focus-view .large")).to_have_attribute("src", re.compile(f"/image/{before[1]}[?]"))
    assert hidden(trained_project) == {"damaged": [before[0]]}


def test_what_goes_wrong_is_a_sentence_in_the_dialog_and_nothing_is_lost(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    page.keyboard.press("d")
    page.keyboard.press("Enter")
    problem = dialog(page).get_by_role("alert")
    expect(problem).to_contain_text("Say why the images are hidden")
    page.keyboard.type("x" * 201)
    page.keyboard.press("Enter")
    expect(problem).to_contain_text("The reason has 201 characters")
    dialog(page).get_by_role("textbox").fill("blurred")
    page.route("**/hidden", lambda route: route.abort())
    page.keyboard.press("Enter")
    expect(problem).to_contain_text("Winnow does not answer")
    expect(dialog(page).get_by_role("textbox")).to_have_value("blurred")
    assert hidden(trained_project) == {}
    page.unroute("**/hidden")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("1 image hidden: blurred")
    assert len(hidden(trained_project)["blurred"]) == 1


def test_another_page_that_still_shows_a_hidden_image_is_told_and_goes_on(
    page: Page, ben: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all", reviewer="ann")
    review(ben, server, show="all", reviewer="ben")
    first, *others = ids(ben)
    page.keyboard.press("d")
    page.keyboard.type("blurred")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("1 image hidden: blurred")
    sent: list[str] = []
    ben.on("request", lambda one: sent.append(one.url) if one.url.endswith("/commands") else None)
    for key in ("a", "x", "n"):
        ben.keyboard.press(key)
    expect(ben.locator(".notice")).to_have_text(
        f"Image {first} was hidden by ann (blurred): show it again before you decide about it."
    )
    saved(ben, 2)
    still(ben)
    assert first not in ids(ben)
    assert ids(ben)[:3] == others[:3]
    for tile, verdict in zip(ben.locator(".tile").all()[:3], ("reject", "none", ""), strict=True):
        expect(tile).to_have_attribute("data-verdict", verdict)
    assert cursor(ben) == others[2]
    num = len(sent)
    ben.wait_for_timeout(1500)
    assert len(sent) == num, "what was refused is not sent again"
    ben.keyboard.press("s")
    saved(ben, 3)
    log = Project.open(trained_project.path).decisions.all()
    assert [(d.image_id, d.verdict) for d in log] == list(zip(others[:3], ("reject", "none", "skip"), strict=True))


def test_another_tab_of_the_same_browser_loads_its_page_again(page: Page, server: Server) -> None:
    review(page, server, show="all")
    tab = page.context.new_page()
    tab.goto(page.url)
    expect(tab.locator(".tile").first).to_be_visible(timeout=30_000)
    first = cursor(page)
    page.bring_to_front()
    page.keyboard.press("d")
    page.keyboard.type("blurred")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("1 image hidden")
    expect(tab.locator(f'.tile[data-image="{first}"]')).to_have_count(0)


def test_after_all_that_the_filter_matches_was_selected_the_page_is_hidden_and_the_dialog_says_so(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    before, count = ids(page), total(page)
    assert count > len(before)
    page.keyboard.press("Control+a")
    page.keyboard.press("d")
    box = page.get_by_role("dialog", name=f"Hide {len(before)} images?")
    expect(box).to_contain_text("Only the images of this page are hidden")
    expect(box.locator(".hidden-pictures")).to_contain_text(f"and {len(before) - 8} more")
    page.keyboard.type("copy")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text(f"{len(before)} images hidden: copy")
    still(page)
    assert hidden(trained_project) == {"copy": sorted(before)}
    assert total(page) == count - len(before)
    page.keyboard.press("z")
    expect(page.locator(".notice")).to_contain_text("shown again")
    still(page)
    assert ids(page) == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_dialog_and_the_message(page: Page, server: Server, scheme: object) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    review(page, server, show="all")
    page.evaluate(axe.source())
    page.keyboard.press("d")
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_role("alert")).to_be_visible()
    still(page)
    faded(page)
    assert problems(page) == []
    page.keyboard.type("blurred")
    page.keyboard.press("Enter")
    expect(page.locator(".notice button")).to_be_visible()
    still(page)
    faded(page)
    assert problems(page) == []
