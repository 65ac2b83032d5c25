"""The server is gone: keys go on, decisions wait in the browser, and a restarted server needs no reload."""

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from core import Project
from tests.browser.conftest import Server
from tests.browser.review_page import review, saved
from tests.browser.still import still

pytestmark = pytest.mark.browser
RECORD_DIALOGS = """() => {
    window.painted = [];
    const look = () => {
        if (document.querySelector("[role=dialog]")) window.painted.push(performance.now());
        requestAnimationFrame(look);
    };
    look();
}"""

SHORT_WAIT = """AbortSignal.timeout = () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new DOMException("", "TimeoutError")), 2000);
    return controller.signal;
};"""


@pytest.fixture
def with_new_token(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Server that is restarted with the usual token after the test."""
    yield server
    monkeypatch.undo()
    server.stop()


def images_of(project: Project) -> list[int | None]:
    return [line.image_id for line in Project.open(project.path).decisions.all()]


def shown(page: Page) -> list[int]:
    return [int(number) for number in page.locator(".tile").evaluate_all("all => all.map(one => one.dataset.image)")]


def test_keys_go_on_under_no_dialog_and_each_decision_is_in_the_log_once_when_the_server_is_back(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    images = shown(page)[:6]
    page.evaluate(RECORD_DIALOGS)
    server.kill()
    page.keyboard.press("a")
    away = page.locator(".saved[data-state=away]")
    expect(away).to_have_text("● Winnow does not answer: 1 kept in this browser")
    page.wait_for_timeout(6_000)  # Streamlit opens its dialog after 6 tries, in about 3 s
    for _ in range(5):
        page.keyboard.press("a")
    expect(away).to_have_text("● Winnow does not answer: 6 kept in this browser")
    assert page.evaluate("window.painted") == []
    server.start()
    saved(page, 6)
    assert images_of(trained_project) == images
    page.evaluate("window.stays = true")
    expect(page.locator("[data-testid=stApp]")).to_have_attribute(
        "data-test-connection-state", "CONNECTED", timeout=40_000
    )
    still(page)
    assert page.evaluate("window.stays"), "nothing was loaded anew"
    page.keyboard.press("a")
    saved(page, 7)


def test_a_closed_tab_keeps_its_decisions_for_the_next_one(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    images = shown(page)[:3]
    server.kill()
    for _ in range(3):
        page.keyboard.press("x")
    expect(page.locator(".saved")).to_have_attribute("data-state", "away")
    context = page.context
    page.close()
    server.start()
    other = context.new_page()
    review(other, server, show="all")
    saved(other, 3)
    assert images_of(trained_project) == images


def test_a_server_with_another_token_says_so_and_takes_what_waits_once_its_link_was_opened_elsewhere(
    page: Page, with_new_token: Server, trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = with_new_token
    review(page, server, show="all")
    images = shown(page)[:2]
    server.kill()
    monkeypatch.setattr(server, "token", str(uuid.uuid4()))
    server.start()
    for _ in range(2):
        page.keyboard.press("a")
    corner = page.locator(".saved")
    expect(corner).to_have_text("● Winnow was restarted, open its new link: 2 kept in this browser")
    assert images_of(trained_project) == []
    other = page.context.new_page()
    other.goto(server.address("data"))
    other.close()
    saved(page, 2)
    assert images_of(trained_project) == images


def test_two_tabs_agree_on_what_is_decided_also_while_the_server_is_away(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server, show="all")
    other = page.context.new_page()
    review(other, server, show="all")
    page.keyboard.press("x")
    expect(other.locator(".tile").first).to_have_attribute("data-verdict", "reject")
    saved(page, 1)
    page.keyboard.press("z")
    expect(other.locator(".tile").first).to_have_attribute("data-verdict", "")
    saved(page, 2)
    server.kill()
    other.keyboard.press("n")
    expect(page.locator(".tile").first).to_have_attribute("data-verdict", "none")
    server.start()
    expect(other.locator(".saved")).to_have_attribute("data-state", "saved", timeout=40_000)
    assert len(Project.open(trained_project.path).decisions.all()) == 3


@pytest.mark.parametrize("place", ["", "data"])
def test_the_first_page_of_a_tab_is_one_entry_of_the_history(
    page: Page, server: Server, trained_project: Project, place: str
) -> None:
    before = page.evaluate("history.length")
    page.goto(server.address(place, project=trained_project.key))
    expect(page).to_have_url(re.compile(r"/(review|data)\?project=.*&run="))
    still(page)
    assert page.evaluate("history.length") == before + 1
    assert trained_project.key in page.url


def test_a_page_that_is_not_answered_can_be_asked_for_again_and_no_decision_is_lost(
    page: Page, server: Server, trained_project: Project
) -> None:
    page.add_init_script(SHORT_WAIT)
    review(page, server, ranking="confidence")
    page.route(re.compile("/page"), lambda route: None)
    page.keyboard.press("a")
    page.get_by_label("Ranking").select_option("margin")
    again = page.get_by_role("button", name="Try again")
    expect(page.get_by_text("Winnow has not answered in time.")).to_be_visible()
    saved(page, 1)
    assert len(images_of(trained_project)) == 1
    page.unroute(re.compile("/page"))
    again.click()
    expect(page).to_have_url(re.compile("ranking=margin"))
    expect(page.locator(".notice")).to_be_hidden()


def test_a_slow_page_says_that_it_is_on_its_way_and_hides_no_other_message(page: Page, server: Server) -> None:
    review(page, server)
    waiting: list[Route] = []
    page.route(re.compile("/page.*ranking=margin"), lambda route: waiting.append(route))
    page.get_by_label("Ranking").select_option("margin")
    notice = page.locator(".notice")
    expect(notice).to_contain_text("The images are on their way.")
    page.keyboard.press("a")
    expect(notice).to_contain_text("1 key was ignored")
    for route in waiting:
        route.continue_()
    page.unroute(re.compile("/page.*ranking=margin"))
    expect(page).to_have_url(re.compile("ranking=margin"))
    expect(notice).to_be_hidden()
