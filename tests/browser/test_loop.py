"""The review loop in Chromium on a running dashboard."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core import Project
from tests.browser.conftest import Server
from tests.browser.review_page import RUN, drag_to, kept, review, saved, verdicts
from tests.browser.still import painted, still

pytestmark = pytest.mark.browser


def test_the_threshold_follows_the_pointer_without_asking_the_server(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for share in (0.9, 0.7, 0.5):
        drag_to(page, share)
        painted(page)
        cut = float(page.locator("input.exact").input_value())
        assert cut == pytest.approx(share, abs=0.01)
        assert kept(page) == trained_project.select(RUN, "fixed_threshold", threshold=cut).count
        assert asked == []
        page.mouse.up()
        expect(page).to_have_url(re.compile(f"threshold={cut:.3f}"))
        still(page)
        asked.clear()


def test_each_key_does_what_it_says(page: Page, server: Server, trained_project: Project) -> None:
    review(page, server, show="all")
    first = [page.locator(".tile").nth(place) for place in range(6)]
    suggested = first[1].locator(".caption").inner_text()
    other = next(n for n, name in enumerate(trained_project.class_names) if name != suggested)
    for key in ("a", str(other + 1), "x", "n", "s", "u"):
        page.keyboard.press(key)
    saved(page, 6)
    for tile, verdict in zip(first, ("accept", "relabel", "reject", "none", "skip", "unsure"), strict=True):
        expect(tile).to_have_attribute("data-verdict", verdict)
    expect(first[1].locator(".caption")).to_have_text(trained_project.class_names[other])
    assert verdicts(trained_project) == {
        **dict.fromkeys(("accept", "relabel", "reject", "none", "skip", "unsure"), 1),
        "undecided": len(trained_project.splits.pool) - 6,
    }
    page.keyboard.press("z")
    saved(page, 7)
    expect(first[5]).to_have_attribute("data-verdict", "")


def test_a_refresh_loses_nothing_and_comes_back_to_the_same_place(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all", ranking="most_confident")
    page.keyboard.press("PageDown")
    expect(page.locator(".position")).to_contain_text("49 of")
    still(page)  # a key that comes before the page is painted is ignored
    page.keyboard.press("a")
    page.keyboard.press("a")
    page.reload()
    expect(page.locator(".position")).to_contain_text("49 of", timeout=30_000)
    expect(page.locator(".tile").nth(1)).to_have_attribute("data-verdict", "accept")
    assert verdicts(trained_project)["accept"] == 2


def test_undo_works_in_a_later_session(page: Page, server: Server, trained_project: Project) -> None:
    review(page, server, show="all")
    page.keyboard.press("a")
    saved(page, 1)
    server.stop()
    server.start()
    review(page, server, show="all")
    expect(page.locator(".tile").first).to_have_attribute("data-verdict", "accept")
    page.keyboard.press("z")
    saved(page, 2)
    expect(page.locator(".tile").first).to_have_attribute("data-verdict", "")


def test_decisions_made_while_the_server_is_down_arrive_when_it_is_back(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    server.kill()
    for _ in range(12):
        page.keyboard.press("a")
    expect(page.locator(".saved")).to_have_attribute("data-state", "away")
    expect(page.locator(".saved")).to_contain_text("12 kept in this browser")
    server.start()
    expect(page.locator(".saved")).to_have_attribute("data-state", "saved", timeout=30_000)
    assert verdicts(trained_project)["accept"] == 12


def test_accept_all_spells_its_number_and_one_undo_takes_it_back(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    drag_to(page, 0.5)
    page.mouse.up()
    count = kept(page)
    page.get_by_role("button", name=re.compile("Accept all")).click()
    expect(page.locator("dialog h2")).to_have_text(f"Accept {count} images?")
    page.locator("dialog button.primary").click()
    saved(page, 1)
    assert verdicts(trained_project)["bulk_accept"] == count
    page.keyboard.press("z")
    saved(page, 2)
    assert "bulk_accept" not in verdicts(trained_project)


def test_no_key_decides_on_auto_repeat_or_while_somebody_types(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    page.keyboard.down("a")
    for _ in range(5):
        page.keyboard.down("a")  # the browser reports these as repeats
    page.keyboard.up("a")
    saved(page, 1)
    page.keyboard.press("/")
    page.keyboard.type("anxs")
    page.keyboard.press("Escape")
    page.locator("input.exact").focus()
    page.keyboard.press("a")
    still(page, quiet=600)
    assert verdicts(trained_project)["accept"] == 1
    assert len(Project.open(trained_project.path).decisions.all()) == 1


def test_focus_and_grid_are_one_key_apart_and_share_the_cursor(page: Page, server: Server) -> None:
    review(page, server, show="all")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("f")
    expect(page.locator(".focus .large")).to_be_visible()
    expect(page.locator(".position")).to_contain_text("2 of")
    page.keyboard.press("a")
    saved(page, 1)
    expect(page.locator(".position")).to_contain_text("3 of")
    page.keyboard.press("f")
    expect(page.locator(".tile").nth(1)).to_have_attribute("data-verdict", "accept")


def test_a_selection_is_decided_with_one_key(page: Page, server: Server, trained_project: Project) -> None:
    review(page, server, show="all")
    page.locator(".tile").nth(2).click()
    page.locator(".tile").nth(6).click(modifiers=["Shift"])
    expect(page.locator(".position")).to_contain_text("5 selected")
    page.keyboard.press("x")
    saved(page, 5)
    assert verdicts(trained_project)["reject"] == 5


def test_help_shows_the_keys(page: Page, server: Server) -> None:
    review(page, server)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("accept the suggested label")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_have_count(0)


def test_without_the_token_there_is_nothing_to_see(page: Page, server: Server) -> None:
    answer = page.goto(f"http://127.0.0.1:{server.port}/review")
    assert answer is not None
    assert answer.status == 403
    assert "token" in page.content()


@pytest.mark.timeout(1200)  # four trainings, one after the other
def test_the_whole_loop_from_baseline_to_export(
    page: Page, untrained_project: Project, worker_server: Server, tmp_path: Path
) -> None:
    worker_server.show(untrained_project.path)
    play_the_loop(page, worker_server, untrained_project, tmp_path / "out")


def play_the_loop(page: Page, server: Server, project: Project, out: Path) -> None:
    page.goto(server.address(project=project.key))
    expect(page.get_by_text("Samples")).to_be_visible(timeout=30_000)  # no run yet: Data comes first
    pages = page.get_by_test_id("stTopNav")
    pages.get_by_role("link", name="Train").click()
    page.get_by_role("radio", name="Advanced").click()
    page.get_by_label(re.compile("^Passes over the labeled images")).fill("40")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("Review the suggestions of this run")).to_be_visible(timeout=240_000)

    pages.get_by_role("link", name="Review").click()
    expect(page.locator(".tile").first).to_be_visible(timeout=30_000)
    expect(page.locator(".selection-summary .summary-line b").first).not_to_be_empty(
        timeout=30_000
    )  # the threshold can be dragged
    page.keyboard.press("a")  # first: a sure model may leave nothing below the threshold
    saved(page, 1)
    drag_to(page, 0.4)
    page.mouse.up()
    assert kept(page) > 0
    page.get_by_role("button", name=re.compile("Accept all")).click()
    page.locator("dialog button.primary").click()
    saved(page, 2)

    page.get_by_role("button", name="Retrain").click()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page).to_have_url(re.compile("/train"))
    retrained = project.wait_run("002-self_training-small_cnn", timeout=240)
    assert retrained.record.parent == "001-supervised-small_cnn"
    assert retrained.record.num_labels["bulk"] > 0
    arms = [run for run in project.runs() if run.control is not None]
    assert "threshold_only" in {run.control.kind for run in arms if run.control is not None}
    for run in arms:
        assert project.wait_run(run.id, timeout=240).status.state == "done"

    page.goto(server.address("compare"))
    expect(page.get_by_text("McNemar").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text(f"Review value of {retrained.id} over the control").first).to_be_visible(timeout=30_000)

    page.goto(server.address("export"))
    target = page.get_by_label("Folder (new, empty, or an earlier export)")
    target.fill(str(out))
    target.press("Enter")
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_text(str(out / "labels.csv")).first).to_be_visible(timeout=30_000)
    assert (out / "manifest.json").exists()
    found = verdicts(project)
    assert found["accept"] == 1
    assert found["bulk_accept"] == retrained.record.num_labels["bulk"]
