"""Fast typing: no decision is lost over failures, page loads and refusals."""

import json
import re
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from benchmarks.synthetic import synthetic_project
from core import Project
from tests.browser.conftest import Bench, Server
from tests.browser.still import painted, still

pytestmark = pytest.mark.browser
WORDS = {"a": "accept", "x": "reject", "n": "none", "s": "skip", "u": "unsure"}
KEYS = (list(WORDS) * 40)[:200]


def open_review(page: Page, server: Server, **query: str) -> None:
    page.goto(server.address("review", **query))
    settled(page)


def settled(page: Page) -> None:
    """Wait until the review page is drawn and Streamlit is idle."""
    expect(page.locator(".tile").first).to_be_visible(timeout=30_000)
    expect(page.locator(".selection-summary .summary-line b").first).not_to_be_empty()
    still(page)


def saved(page: Page) -> None:
    expect(page.locator(".saved")).to_have_attribute("data-state", "saved", timeout=40_000)


def press(page: Page, keys: list[str]) -> None:
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("disturbance", ["back", "refresh", "second tab"])
def test_a_burst_of_200_keys_is_kept_whole_and_in_order(
    page: Page, winnow_home: Path, tmp_path: Path, disturbance: str
) -> None:
    project = synthetic_project(tmp_path / "burst", num_images=300)
    server = Server(project.path, winnow_home, tmp_path / "server.log")
    server.start()
    try:
        burst(page, server, project, disturbance)
    finally:
        server.stop()


def burst(page: Page, server: Server, project: Project, disturbance: str) -> None:
    page.goto(server.address("data"))
    expect(page.get_by_test_id("stTopNav")).to_be_visible(timeout=30_000)
    run = project.runs()[0].id  # named in the address, so that Streamlit makes no other entry of the page
    open_review(page, server, show="all", tiles="200", project=project.key, run=run)
    press(page, KEYS[:100])
    others = 0
    if disturbance == "back":
        page.go_back()
        expect(page).to_have_url(re.compile("/data"))
        expect(page.locator(".review-app")).to_have_count(0)
        page.go_forward()
        settled(page)
    elif disturbance == "refresh":
        page.reload()
        settled(page)
    else:
        tab = page.context.new_page()
        open_review(tab, server, show="all", tiles="200", ranking="most_confident")
        press(tab, ["2"] * 20)
        saved(tab)
        others = 20
        page.bring_to_front()
    press(page, KEYS[100:])
    saved(page)
    log = Project.open(project.path).decisions.all()
    assert len({line.command_id for line in log}) == len(log) == 200 + others
    mine = [line.verdict for line in log if line.verdict in WORDS.values()]
    if others:  # "2" may agree with a suggestion and is an acceptance then
        assert mine.count("reject") + mine.count("none") + mine.count("skip") + mine.count("unsure") == 160
    else:
        assert mine == [WORDS[key] for key in KEYS]


@pytest.mark.timeout(200)
def test_a_server_killed_while_pages_turn_loses_nothing_that_was_shown_as_decided(
    page: Page, winnow_home: Path, tmp_path: Path
) -> None:
    project = synthetic_project(tmp_path / "turns", num_images=120)
    server = Server(project.path, winnow_home, tmp_path / "server.log")
    server.start()
    try:
        open_review(page, server, tiles="24")
        press(page, KEYS[:20])
        server.kill()
        for key in KEYS[20:60]:  # over the end of the first page, and to the end of the one that was fetched ahead
            page.keyboard.press(key)
            painted(page)
        expect(page.locator(".saved")).to_have_attribute("data-state", "away")
        kept = page.evaluate(
            "() => Object.keys(localStorage).filter((key) => /^winnow-.*-[0-9a-f-]{36}$/.test(key))"
            ".flatMap((key) => JSON.parse(localStorage.getItem(key)).map((one) => one.command_id))"
        )
        text = page.locator(".saved").inner_text()
        assert text == f"● Winnow does not answer: {len(kept)} kept in this browser", text
        acknowledged = {line.command_id for line in Project.open(project.path).decisions.all()}
        assert len(acknowledged | set(kept)) > 24, "the page that was fetched ahead was decided on"
        server.start()
        saved(page)
        log = Project.open(project.path).decisions.all()
        assert {line.command_id for line in log} == acknowledged | set(kept)
        assert len(log) == len(acknowledged | set(kept))
    finally:
        server.stop()


def test_keys_pressed_while_a_page_turns_fall_on_nothing_and_are_counted_aloud(page: Page, bench: Bench) -> None:
    server, project = bench
    open_review(page, server, show="all")
    before = len(project.decisions.all())
    held: list[Route] = []
    page.route("**/page?*direction=previous*", lambda route: held.append(route))
    page.keyboard.press("PageDown")
    expect(page.locator(".position")).to_contain_text(re.compile("^49 of"))
    still(page)
    page.keyboard.press("PageUp")
    press(page, ["a", "x", "1"])
    expect(page.locator(".notice")).to_have_text("The page was loading: 3 keys were ignored.")
    for route in held:
        route.continue_()
    expect(page.locator(".position")).to_contain_text(re.compile("^1 of"))
    expect(page.locator(".notice")).to_be_visible()  # it stays long enough to be read
    still(page)
    page.keyboard.press("s")
    saved(page)
    assert [line.verdict for line in project.decisions.all()[before:]] == ["skip"]
    expect(page.locator(".notice")).to_be_hidden()


def test_after_an_undo_the_next_page_is_still_there_without_waiting(page: Page, bench: Bench) -> None:
    server, _ = bench
    open_review(page, server, show="all", ranking="margin")
    page.keyboard.press("s")
    saved(page)
    page.keyboard.press("z")
    page.route("**/page?*start=48*", lambda route: route.abort())  # what is not there by now never comes
    page.keyboard.press("PageDown")
    expect(page.locator(".position")).to_contain_text(re.compile("^49 of"))
    saved(page)


def test_a_command_that_the_server_never_takes_is_set_aside_and_said_and_the_rest_is_saved(
    page: Page, bench: Bench
) -> None:
    server, project = bench
    before = len(project.decisions.all())
    old = [{"command_id": str(uuid.uuid4()), "verdict": "accept", "image": 7, "from_version": 1}]
    slot = f"winnow-{project.key}-{uuid.uuid4()}"
    page.goto(server.address("data"))
    page.evaluate("([slot, text]) => localStorage.setItem(slot, text)", [slot, json.dumps(old)])
    open_review(page, server, show="all")
    press(page, ["s", "u", "n"])
    expect(page.locator(".saved")).to_contain_text("1 refused")
    expect(page.locator(".saved")).to_have_attribute("data-state", "saved")
    expect(page.locator(".saved")).to_have_attribute("title", re.compile("A command has the keys"))
    assert [line.verdict for line in project.decisions.all()[before:]] == ["skip", "unsure", "none"]
    aside = page.evaluate("(key) => JSON.parse(localStorage.getItem(key))", f"refused:winnow-{project.key}")
    assert [one["command_id"] for one in aside] == [old[0]["command_id"]]
