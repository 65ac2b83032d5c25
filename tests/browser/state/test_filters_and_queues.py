"""Filters and queues: stored in the URL, counted before a bulk verdict."""

import re
import uuid
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from core import Command, PageQuery, Project, QueueFilter, TrainConfig
from tests.browser.conftest import Server
from tests.browser.review_page import RUN, open_filters, review, saved, verdicts
from tests.browser.still import still

pytestmark = pytest.mark.browser
QUICK = TrainConfig(model="mlp", epochs=2, batch_size=15, precision="fp32", device="cpu", seed=7)


def matching(project: Project, run: str = RUN, **words: Any) -> int:
    return project.review(run).page(PageQuery(wanted=QueueFilter(**words))).matching


def where(page: Page) -> Locator:
    return page.locator(".position")


def test_a_filter_that_is_chosen_stands_in_the_address_and_a_refresh_keeps_it(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    pairs = [(one, other) for one in range(3) for other in range(3)]
    found = [
        (matching(trained_project, predicted=a), matching(trained_project, predicted=a, runner_up=b)) for a, b in pairs
    ]
    (one, other), (count, fewer) = next(both for both in zip(pairs, found, strict=True) if both[1][0] > both[1][1] > 0)
    open_filters(page)
    page.get_by_label("Suggested").select_option(str(one))
    expect(where(page)).to_contain_text(f" {count} undecided")
    page.locator(".more summary").click()
    open_filters(page)
    page.get_by_label("Runner-up").select_option(str(other))
    expect(where(page)).to_contain_text(f" {fewer} undecided")
    expect(page).to_have_url(re.compile(rf"predicted={one}.*runner_up={other}"))
    page.reload()
    expect(where(page)).to_contain_text(f" {fewer} undecided", timeout=30_000)
    page.locator(".condition", has_text="runner-up").click()
    expect(where(page)).to_contain_text(f" {count} undecided")
    expect(page).not_to_have_url(re.compile("runner_up"))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"show": "all", "range": "confidence,0.3,0.5"}, {"range": ("confidence", 0.3, 0.5)}),
        ({"show": "all", "find": "12"}, {"text": "12"}),
        ({"show": "all", "label": "0"}, {"label": 0}),
        ({"show": "all", "by": "ann"}, {"reviewer": "ann"}),
        ({"show": "all", "decision": "1"}, {"decision": 1}),
        ({"show": "open"}, {"show": "open"}),
        ({"show": "all", "changed": "1"}, {"is_changed": True}),
    ],
    ids=str,
)
def test_an_address_is_a_queue(
    page: Page, server: Server, trained_project: Project, query: dict[str, str], words: dict[str, Any]
) -> None:
    from core import ScoreRange

    scores = trained_project.scores(RUN)
    for row in range(6):
        name, suggestion = "ann" if row % 2 else "me", int(scores.scores.pseudo_labels[row])
        command = Command(str(uuid.uuid4()), "accept", RUN, name, int(scores.ids[row]), suggestion)
        trained_project.decisions.execute([command])
    if "range" in words:
        words = {"range": ScoreRange(*words["range"])}
    count = matching(trained_project, **words)
    page.goto(server.address("review", **query))
    shown = " undecided or skipped" if query["show"] == "open" else " images"
    expect(where(page)).to_contain_text(f"{count}{shown}", timeout=30_000)
    assert page.locator(".tile").count() == min(count, 48)


def test_ctrl_a_takes_all_pages_spells_the_number_and_one_undo_takes_it_back(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    count = matching(trained_project)
    assert count > 48
    page.keyboard.press("a")
    saved(page, 1)
    page.keyboard.press("Control+a")
    expect(where(page)).to_contain_text(f"{count} selected")
    page.keyboard.press("x")
    dialog = page.locator("dialog")
    expect(dialog).to_contain_text(f"Reject {count} images?")
    expect(dialog).to_contain_text("1 of them are already decided")
    assert verdicts(trained_project).get("reject") is None
    dialog.get_by_role("button", name=f"Only the {count - 1} undecided").click()
    saved(page, 2)
    assert verdicts(trained_project) == {"accept": 1, "reject": count - 1}
    page.keyboard.press("z")
    saved(page, 3)
    assert verdicts(trained_project) == {"accept": 1, "undecided": count - 1}


def test_escape_before_the_number_is_confirmed_decides_nothing(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all", predicted="1")
    page.keyboard.press("Control+a")
    page.keyboard.press("2")
    expect(page.locator("dialog h2")).to_contain_text(f"Label as {trained_project.class_names[1]}")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(where(page)).not_to_contain_text("selected")
    assert trained_project.decisions.all() == []


def test_ctrl_a_is_refused_where_the_number_has_changed_since_it_was_read(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="undecided")
    page.keyboard.press("Control+a")
    page.keyboard.press("a")
    expect(page.locator("dialog")).to_be_visible()
    trained_project.decide(RUN, "reject", int(trained_project.splits.pool[0]))
    page.locator("dialog button.primary").click()
    expect(page.locator(".notice")).to_contain_text("The selection has changed")
    assert verdicts(trained_project).get("bulk_accept") is None


def test_a_confusion_cell_leads_to_its_queue(page: Page, server: Server, trained_project: Project) -> None:
    other = trained_project.start_run(QUICK)
    trained_project.wait_run(other.id, timeout=120)
    page.goto(server.address("compare"))
    chart = page.locator(".stPlotlyChart", has_text="predicted").first
    expect(chart).to_be_visible(timeout=30_000)
    chart.scroll_into_view_if_needed()
    still(page)
    cells = chart.locator(".scatterlayer .trace").last.locator(".points path")
    assert cells.count() > 0
    box = cells.first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    still(page)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_text("test images of").first).to_be_visible()
    page.get_by_role("link", name=re.compile("Review the pool images predicted as")).first.click()
    expect(page).to_have_url(re.compile(r"/review.*predicted=\d"))
    expect(page.locator(".position")).to_contain_text("undecided", timeout=30_000)


def test_more_like_this_is_a_queue_with_an_address_that_a_refresh_keeps(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    page.keyboard.press("ArrowRight")
    image = int(page.locator(".tile.cursor").get_attribute("data-image") or -1)
    query = PageQuery("similar", like=image, wanted=QueueFilter(show="undecided"))
    expected = trained_project.review(RUN).page(query)
    page.keyboard.press("f")
    page.keyboard.press("m")
    chip = page.locator(".condition", has_text="like")
    expect(chip).to_contain_text(f"like {expected.like}")
    expect(page.locator(".tile").first).to_be_visible()
    expect(page).to_have_url(re.compile(rf"ranking=similar.*like={image}(&|$)"))
    page.reload()
    expect(chip).to_contain_text(f"like {expected.like}", timeout=30_000)
    still(page)
    shown = [int(tile.get_attribute("data-image") or -1) for tile in page.locator(".tile:visible").all()]
    assert shown == [card.id for card in expected.cards]
    open_filters(page)
    page.get_by_label("Suggested").select_option("1")
    expect(where(page)).to_contain_text(f" {matching(trained_project, show='undecided', predicted=1)} undecided")
    expect(chip).to_contain_text("like")
    chip.click()
    expect(chip).to_have_count(0)
    expect(page).not_to_have_url(re.compile("like="))


def test_a_labeled_neighbor_leads_to_the_pool_by_likeness_to_it(
    page: Page, server: Server, trained_project: Project
) -> None:
    page.goto(server.address("review", view="focus"))
    page.locator(".similar-one").first.click(timeout=30_000)
    expect(page.locator(".condition")).to_contain_text("like ")
    labeled = int(re.search(r"like=(\d+)", page.url)[1])  # type: ignore[index]
    assert labeled in trained_project.splits.labeled


def test_a_cut_choice_has_its_whole_text_as_title_and_undo_names_the_number_first(
    page: Page, server: Server, trained_project: Project
) -> None:
    page.set_viewport_size({"width": 820, "height": 800})
    review(page, server, ranking="reject_hunt", threshold="0")
    ranking, run = page.get_by_label("Ranking"), page.get_by_role("combobox", name="Run", exact=True)
    ranking.hover()
    expect(ranking).to_have_attribute("title", "reject hunt: least confident of the kept")
    run.hover()
    expect(run).to_have_attribute("title", RUN)
    for cut in (ranking, run):
        assert cut.evaluate("(one) => getComputedStyle(one).textOverflow") == "ellipsis"
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("x")
    undo = page.locator("[data-action=undo]")
    expect(undo).to_have_attribute("title", re.compile("Take back: 3 × reject"))
    number = undo.evaluate(
        """(button) => {
          const text = button.querySelector("small").firstChild, range = document.createRange();
          range.setStart(text, 0);
          range.setEnd(text, 3);
          return [range.getBoundingClientRect().right, button.getBoundingClientRect().right];
        }"""
    )
    assert number[0] < number[1]
