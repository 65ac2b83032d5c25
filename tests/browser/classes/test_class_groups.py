"""Class groups on the Review page: dock, search, guide and menus; keys follow the class order, edits show at once."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from benchmarks.synthetic import synthetic_project
from core import PageQuery, Project, QueueFilter
from tests.browser import axe
from tests.browser.conftest import Bench, Server, shared
from tests.browser.review_page import RUN, open_filters, review, saved
from tests.browser.still import still
from tests.browser.test_access import problems

pytestmark = pytest.mark.browser
ARABIC, LONG = "أشكال مستديرة", "Haustiere und andere Lieblinge der Familie Donaudampfschifffahrtsgesellschaft"
GROUPS = 10


@pytest.fixture(scope="module")
def family(worker_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """300 images of 200 classes in ten groups."""

    def make(place: object) -> Project:
        project = synthetic_project(place, num_images=300, num_classes=200)  # type: ignore[arg-type]
        for number in range(GROUPS):
            project.group_classes([*range(number, 200, GROUPS)], f"group {number}")
        return project

    yield from shared(worker_server, tmp_path_factory.mktemp("family"), make)


def chips(page: Page) -> list[tuple[str, list[str]]]:
    """Each group of the dock with the keys of its classes."""
    groups = page.locator(".chip-group").all()
    return [(one.get_attribute("aria-label") or "", one.locator(".chip kbd").all_inner_texts()) for one in groups]


def test_the_dock_shows_classes_by_group_and_keys_follow_the_class_order(
    page: Page, server: Server, trained_project: Project
) -> None:
    trained_project.order_classes([2, 1, 0])
    trained_project.group_classes([0, 2], ARABIC)
    review(page, server)
    assert chips(page) == [(ARABIC, ["1", "3"]), ("Without a group", ["2"])]
    image = int(page.locator(".tile.cursor").get_attribute("data-image") or -1)
    page.keyboard.press("3")
    saved(page, 1)
    (decision,) = Project.open(trained_project.path).decisions.all()
    assert (decision.image_id, decision.label if decision.verdict == "relabel" else decision.suggestion) == (image, 0)


def test_menus_search_and_guide_show_the_groups(page: Page, server: Server, trained_project: Project) -> None:
    trained_project.group_classes([0, 2], ARABIC)
    trained_project.order_classes([1, 2, 0])
    names = trained_project.class_names
    review(page, server)
    open_filters(page)
    menu = page.get_by_label("Suggested")
    assert menu.locator("optgroup").evaluate_all("(all) => all.map((one) => one.label)") == [ARABIC]
    assert menu.locator("option").all_inner_texts() == ["all classes", f"{ARABIC}: all 2", names[2], names[0], names[1]]
    page.locator(".more summary").click()
    page.keyboard.press("/")
    box = page.get_by_role("dialog", name="Which class?")
    assert box.locator("[role=listbox]").evaluate_all("(all) => all.map((one) => one.ariaLabel)") == [ARABIC, "Classes"]
    box.get_by_label("Search a class").fill(ARABIC[:4])
    assert box.locator("[role=option]").all_inner_texts() == [names[2], names[0]]
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    guide = page.get_by_role("dialog", name="Which class is it?")
    assert guide.locator(".guide-names button").all_inner_texts() == [names[2], names[0], names[1]]


def test_with_many_classes_groups_fold_and_a_name_in_the_dock_opens_its_own(page: Page, family: Bench) -> None:
    review(page, family[0])
    assert len(chips(page)) == GROUPS
    page.locator(".chip-group button", has_text="group 3").click()
    box = page.get_by_role("dialog", name="Which class?")
    expect(box.locator("details")).to_have_count(GROUPS)
    expect(box.locator("details[open] summary")).to_have_text("group 3 20")
    expect(box.locator("[role=option]")).to_have_count(20)
    box.get_by_text("group 4").click()
    expect(box.locator("[role=option]")).to_have_count(40)
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    guide = page.get_by_role("dialog", name="Which class is it?")
    expect(guide.locator("details[open]")).to_have_count(1)
    for _ in range(20):  # through the group and into the next one, which opens
        page.keyboard.press("ArrowDown")
    expect(guide.locator("details[open]")).to_have_count(2)
    expect(guide.locator("[aria-pressed=true]")).to_be_focused()


def test_long_names_and_many_groups_keep_the_dock_and_the_images_in_place(page: Page, family: Bench) -> None:
    running, project = family
    project.group_classes([0, 10], LONG)
    project.rename_class(0, "Rasenmähertraktor mit Grasfangkorb und Anhängerkupplung")
    for width in (1280, 820):
        page.set_viewport_size({"width": width, "height": 900})
        review(page, running)
        dock = page.locator(".chips").bounding_box()
        stage = page.locator(".stage").bounding_box()
        assert dock is not None
        assert stage is not None
        assert dock["height"] <= 112
        assert dock["x"] + dock["width"] <= width
        for key in ("ArrowRight", "a", "z"):
            page.keyboard.press(key)
            still(page)
            assert page.locator(".chips").bounding_box() == dock
            assert page.locator(".stage").bounding_box() == stage
    project.undo_class_edit()
    project.undo_class_edit()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_grouped_views(page: Page, family: Bench, scheme: object) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    found = {}
    for key in ("", "/", "e"):
        review(page, family[0])
        if key:
            page.keyboard.press(key)
        still(page)
        page.evaluate(axe.source())
        found[key] = problems(page)
    assert found == {"": [], "/": [], "e": []}


def test_edits_of_classes_elsewhere_show_after_a_decision_and_when_the_window_is_looked_at(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    elsewhere = Project.open(trained_project.path)
    elsewhere.rename_class(1, "plus")
    elsewhere.group_classes([0, 1], "shapes")
    page.keyboard.press("s")
    expect(page.locator(".chip-group").first).to_have_attribute("aria-label", "shapes")
    expect(page.locator(".chip").nth(1)).to_have_attribute("title", "This is plus (key 2)")
    elsewhere.describe_class(1, "two bars that cross")
    elsewhere.order_classes([1, 0])
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator(".chip").first).to_have_attribute("title", "This is plus (key 1): two bars that cross")
    page.keyboard.press("e")
    guide = page.get_by_role("dialog", name="Which class is it?")
    expect(guide.locator(".guide-names button").first).to_have_text("plus")


def test_a_description_written_in_the_guide_stands_in_the_tooltip_at_once(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    image = int(page.locator(".tile.cursor").get_attribute("data-image") or -1)
    pool = trained_project.scores(RUN)
    suggestion = int(pool.scores.pseudo_labels[pool.ids.tolist().index(image)])
    page.keyboard.press("e")
    box = page.get_by_role("dialog", name="Which class is it?")
    box.get_by_role("button", name=f"Describe {trained_project.class_names[suggestion]}").click()
    page.keyboard.type("Edges only.")
    page.keyboard.press("Enter")
    expect(page.locator(".chip").nth(suggestion)).to_have_attribute(
        "title", f"This is {trained_project.class_names[suggestion]} (key {suggestion + 1}): Edges only."
    )


def test_the_compare_view_takes_the_key_that_a_class_has_in_the_dock(
    page: Page, server: Server, trained_project: Project
) -> None:
    trained_project.order_classes([2, 0, 1])
    review(page, server)
    page.keyboard.press("c")
    page.keyboard.press("1")
    expect(page.get_by_label("Beside it")).to_have_value("2")


def test_the_filter_takes_a_whole_group_which_stands_in_the_address(
    page: Page, server: Server, trained_project: Project
) -> None:
    trained_project.group_classes([0, 2], ARABIC)
    count = trained_project.review(RUN).page(PageQuery(wanted=QueueFilter(predicted_group=ARABIC))).matching
    review(page, server)
    open_filters(page)
    menu = page.get_by_label("Suggested")
    menu.select_option(label=f"{ARABIC}: all 2")
    expect(page.locator(".position")).to_contain_text(f" {count} undecided")
    expect(page.locator(".condition")).to_contain_text(f"suggested any of {ARABIC}")
    expect(page).to_have_url(re.compile("predicted_group="))
    page.reload()
    expect(page.locator(".position")).to_contain_text(f" {count} undecided", timeout=30_000)
    open_filters(page)
    expect(menu).to_have_value(f"group:{ARABIC}")
    menu.select_option("1")
    expect(page).not_to_have_url(re.compile("predicted_group="))
    expect(page.locator(".condition")).to_have_count(1)
