"""No decision is lost: killed server, two tabs, two reviewers, stale commands."""

import json
import uuid
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from benchmarks.synthetic import synthetic_project
from core import Command, Project
from tests.browser.conftest import Server
from tests.browser.review_page import RUN, review, saved, verdicts
from tests.browser.still import painted, still

pytestmark = pytest.mark.browser


@pytest.mark.timeout(150)
def test_a_burst_of_200_keys_over_a_killed_and_restarted_server_loses_none(
    page: Page, winnow_home: Path, tmp_path: Path
) -> None:
    project = synthetic_project(tmp_path / "burst", num_images=300)
    server = Server(project.path, winnow_home, tmp_path / "server.log")
    server.start()
    try:
        burst(page, server, project)
    finally:
        server.stop()


def burst(page: Page, server: Server, project: Project) -> None:
    review(page, server, show="all", tiles="200")
    keys = (["a", "x", "n", "s", "u"] * 40)[:200]
    for number, key in enumerate(keys[:150]):
        page.keyboard.press(key)
        if number == 130:
            server.kill()
    expect(page.locator(".saved")).to_have_attribute("data-state", "away")
    server.start()
    expect(page.locator(".saved")).to_have_attribute("data-state", "saved", timeout=40_000)
    app = page.locator("[data-testid=stApp]")
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED", timeout=40_000)
    expect(app).to_have_attribute("data-test-script-state", "notRunning")
    still(page)  # Streamlit has come back too and shown the page anew
    expect(page.locator(".tile")).to_have_count(200)
    for key in keys[150:]:
        page.keyboard.press(key)
    expect(page.locator(".saved")).to_have_text("✓ saved #200")
    log = Project.open(project.path).decisions.all()
    assert len({line.command_id for line in log}) == len(log) == 200
    order = [line.verdict for line in log]
    words = {"a": "accept", "x": "reject", "n": "none", "s": "skip", "u": "unsure"}
    assert order == [words[key] for key in keys], "each once, in the order of the keys"
    review(page, server, show="all", tiles="200", rank="0")
    expect(page.locator('.tile:not([data-verdict=""])')).to_have_count(200)


def test_what_was_not_acknowledged_when_the_tab_was_reloaded_is_sent_again(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    server.kill()
    for _ in range(20):
        page.keyboard.press("a")
    expect(page.locator(".saved")).to_have_attribute("data-state", "away")
    server.start()
    page.reload()
    expect(page.locator(".saved")).to_have_attribute("data-state", "saved", timeout=30_000)
    assert verdicts(trained_project)["accept"] == 20
    assert len(Project.open(trained_project.path).decisions.all()) == 20


def test_two_tabs_decide_beside_each_other_and_each_decision_is_kept_once(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    other = page.context.new_page()
    review(other, server, show="all", ranking="most_confident")
    for _ in range(15):
        page.keyboard.press("a")
        other.keyboard.press("x")
    for window in (page, other):
        expect(window.locator(".saved")).to_have_attribute("data-state", "saved")
    log = Project.open(trained_project.path).decisions.all()
    assert [sum(line.verdict == name for line in log) for name in ("accept", "reject")] == [15, 15]


def test_an_undo_takes_back_my_own_decision_and_leaves_the_other_reviewers(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    page.keyboard.press("a")
    saved(page, 1)
    pool = trained_project.scores(RUN)
    theirs = int(np.flatnonzero(trained_project.decisions.state().verdict[pool.ids] == 0)[0])
    suggestion = int(pool.scores.pseudo_labels[theirs])
    trained_project.decisions.execute(
        [Command(str(uuid.uuid4()), "reject", RUN, "ann", int(pool.ids[theirs]), suggestion)]
    )
    page.keyboard.press("z")
    saved(page, 3)
    assert verdicts(trained_project).get("reject") == 1
    assert "accept" not in verdicts(trained_project)


def test_a_stale_command_is_refused_and_shown_and_the_image_stays_as_it_was(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    page.route("**/commands", lambda route: route.continue_(post_data=_stale(route.request.post_data or "")))
    page.keyboard.press("a")
    expect(page.locator(".notice")).to_contain_text("no longer suggested as what you saw")
    expect(page.locator(".tile").first).to_have_attribute("data-verdict", "")
    assert Project.open(trained_project.path).decisions.all() == []


def _stale(body: str) -> str:
    """Return a batch with another suggestion than on screen."""
    batch = json.loads(body)
    for command in batch["commands"]:
        command["suggestion"] = (command["suggestion"] + 1) % 3
    return json.dumps(batch)


def test_a_decision_shows_on_the_page_before_the_server_answers(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")

    held: list[Route] = []
    page.route("**/commands", lambda route: held.append(route))
    page.keyboard.press("a")
    expect(page.locator(".tile").first).to_have_attribute("data-verdict", "accept")
    expect(page.locator(".saved")).to_have_attribute("data-state", "waiting")
    while not held:
        painted(page)
    held[0].continue_()
    saved(page, 1)


def test_a_second_window_of_another_person_sees_what_was_decided(browser: Browser, server: Server) -> None:
    first, second = browser.new_context().new_page(), browser.new_context().new_page()
    try:
        review(first, server, show="all")
        first.keyboard.press("a")
        saved(first, 1)
        review(second, server, show="all")
        expect(second.locator(".tile").first).to_have_attribute("data-verdict", "accept")
    finally:
        first.context.close()
        second.context.close()
