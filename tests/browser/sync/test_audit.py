"""Audit in the browser: answers, certificate, refresh, logged probabilities."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.synthetic import synthetic_project
from core import PageQuery, Project
from core.review.random_queues import RandomQueue
from tests.browser.conftest import Server, window_of
from tests.browser.review_page import open_filters
from tests.browser.still import still

RUN = "001-supervised-mlp"


def start(project: Project, server: Server, page: Page, **query: str) -> None:
    page.goto(server.address("audit", project=project.key, **query))
    expect(page.get_by_role("heading", name="Which class is this?")).to_be_visible(timeout=30_000)


def metric(page: Page, label: str) -> Any:
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def answer(project: Project, page: Page, num: int, cut: float) -> None:
    """Answer the next audit image with the pseudo-label, and wait for the count."""
    audit = project.quality.audit(RUN, "lowest_entropy", percent=cut)
    assert audit.next_id is not None
    pool = project.scores(RUN)
    name = project.class_names[int(dict(zip(pool.ids.tolist(), pool.scores.pseudo_labels, strict=True))[audit.next_id])]
    page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True).click()
    expect(metric(page, "Answers")).to_have_text(str(num))


def test_answers_move_the_bound_and_a_refresh_loses_nothing(
    trained_project: Project, server: Server, page: Page
) -> None:
    start(trained_project, server, page, rule="lowest_entropy", cut="30")
    expect(metric(page, "Certified right")).to_have_text("≥ 0.0 %")
    for num in range(1, 7):
        answer(trained_project, page, num, 30.0)
    proven = trained_project.quality.audit(RUN, "lowest_entropy", percent=30.0).certificate.certified
    assert proven > 0
    expect(metric(page, "Certified right")).to_have_text(f"≥ {100 * proven:.1f} %")
    page.reload()
    expect(metric(page, "Answers")).to_have_text("6", timeout=30_000)
    expect(metric(page, "Certified right")).to_have_text(f"≥ {100 * proven:.1f} %")
    page.get_by_test_id("stMain").get_by_role("button", name="Undo").click()
    expect(metric(page, "Answers")).to_have_text("5")


def test_a_mixed_queue_is_shown_answered_and_logged_with_its_probability(
    trained_project: Project, server: Server, page: Page
) -> None:
    page.goto(server.address("review", project=trained_project.key))
    page.get_by_label("Ranking").select_option("mixed", timeout=30_000)
    expect(page).to_have_url(re.compile("ranking=mixed.*drawn=0"))
    first = trained_project.review(RUN).page(PageQuery("mixed", drawn=0)).cards
    expect(page.locator(".tile").first).to_have_attribute("title", f"{first[0].why}\n{first[0].name}")
    page.locator(".tile").first.click()
    page.keyboard.press("a")
    page.keyboard.press("x")
    expect(page.locator(".review-app")).to_contain_text("saved #2")
    logged = Project.open(trained_project.path).decisions.all()
    assert [line.image_id for line in logged] == [first[0].id, first[1].id]
    picks = trained_project.review(RUN).queues.random.picks(RandomQueue("mixed", 0.3, 0))
    assert [line.params["probability"] for line in logged] == picks.probability[:2].tolist()
    page.reload()
    expect(page.get_by_label("Ranking")).to_have_value("mixed", timeout=30_000)
    open_filters(page)
    page.get_by_role("button", name="draw again").click()
    expect(page).to_have_url(re.compile("drawn=2"))


def test_checks_are_among_the_cards_and_their_answers_stay_on_screen(
    trained_project: Project, server: Server, page: Page
) -> None:
    trained_project.quality.set_check_interval(8)
    before = trained_project.curate().digest
    page.goto(server.address("review", project=trained_project.key))
    expect(page.get_by_text("One in 8 of the undecided images is an attention check")).to_be_visible(timeout=30_000)
    page.locator(".tile").first.click()
    for _ in range(8):
        page.keyboard.press("a")
    expect(page.locator(".review-app")).to_contain_text("saved #8")
    expect(page.locator(".tile[data-verdict=accept]")).to_have_count(8)
    lines = Project.open(trained_project.path).decisions.all()
    planted = [line for line in lines if "planted" in line.params]
    assert len(planted) == 1
    assert all(0 <= line.params["seconds"] < 60 for line in lines)
    page.keyboard.press("z")
    expect(page.locator(".tile[data-verdict=accept]")).to_have_count(7)
    counted = Project.open(trained_project.path)
    assert counted.curate().digest != before
    assert int((counted.decisions.state().verdict > 0).sum()) in (6, 7)


@pytest.mark.parametrize("rule", ["fixed_threshold", "per_class_threshold"])
def test_image_question_and_thirty_classes_are_seen_at_once(
    browser: Browser, worker_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    monkeypatch.setenv("WINNOW_HOME", str(worker_server.home))
    project = synthetic_project(tmp_path / "many", num_images=200, num_classes=30)
    for number in range(30):
        project.rename_class(
            number, f"Donaudampfschifffahrtsgesellschaft {number}" if number % 3 else f"Rotkehlchen {number}"
        )
    worker_server.show(project.path)
    for window in window_of(browser.new_context(viewport={"width": 1280, "height": 800})):
        window.goto(worker_server.address("audit", project=project.key, rule=rule, cut="0.1"))
        buttons = window.locator(".st-key-audit-classes button")
        expect(buttons).to_have_count(32, timeout=60_000)
        still(window)
        seen = [
            *buttons.all(),
            window.get_by_text("Which class is this?"),
            window.locator(".st-key-audit-question img"),
        ]
        boxes = [one.bounding_box() for one in seen]
        assert max(box["y"] + box["height"] for box in boxes if box) <= 800
        assert None not in boxes
