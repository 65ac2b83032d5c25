"""Review page at its limits: 2,000 classes, empty pools, long names."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from benchmarks.synthetic import synthetic_project
from core import Project
from tests.browser.conftest import Server
from tests.browser.review_page import saved
from tests.browser.still import still

pytestmark = pytest.mark.browser


def test_two_thousand_classes_are_searched_and_drawn(page: Page, worker_server: Server, tmp_path: Path) -> None:
    project = synthetic_project(tmp_path / "many", num_images=3000, num_classes=2000)
    server = worker_server
    server.show(project.path)
    page.goto(server.address("review", show="all"))
    expect(page.locator(".tile").first).to_be_visible()
    expect(page.locator(".selection-summary .summary-line b").first).not_to_be_empty()
    assert page.locator(".class-mix > i").count() == 24
    page.keyboard.press("/")
    page.keyboard.type("class 1987")
    expect(page.locator(".matches button")).to_have_count(1)
    page.keyboard.press("Enter")
    saved(page, 1)
    (line,) = Project.open(project.path).decisions.all()
    assert line.label == 1987
    page.keyboard.press("3")  # a class's key never changes
    saved(page, 2)
    assert Project.open(project.path).decisions.all()[1].label == 2
    page.get_by_text("Class thresholds").click()
    expect(page.locator(".class-threshold")).to_have_count(24)


def test_an_empty_pool_says_so_and_no_key_breaks_it(page: Page, worker_server: Server, tmp_path: Path) -> None:
    project = synthetic_project(tmp_path / "none", num_images=0, num_classes=3)
    server = worker_server
    server.show(project.path)
    page.goto(server.address("review", show="all"))
    expect(page.locator(".empty")).to_contain_text("The pool of this project is empty")
    for key in ("a", "x", "1", "f", "ArrowRight", "PageDown", "Control+a", "Enter", "f", "z"):
        page.keyboard.press(key)
    expect(page.locator(".notice")).to_contain_text("nothing left to undo")
    page.get_by_label("Score", exact=True).select_option("entropy")
    expect(page.locator(".selection-summary .summary-line").first).to_contain_text("have entropy")
    assert Project.open(project.path).decisions.all() == []


def test_a_pool_of_one_is_decided_and_undone(page: Page, worker_server: Server, tmp_path: Path) -> None:
    project = synthetic_project(tmp_path / "one", num_images=1, num_classes=3)
    server = worker_server
    server.show(project.path)
    page.goto(server.address("review"))
    expect(page.locator(".tile")).to_have_count(1)
    for key in ("ArrowRight", "ArrowLeft", "PageDown", "PageUp"):
        page.keyboard.press(key)
    still(page)
    page.keyboard.press("a")
    saved(page, 1)
    expect(page.locator(".empty")).to_contain_text("Every image of the pool is decided")
    page.keyboard.press("z")
    saved(page, 2)
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator(".tile").first).to_have_attribute("data-verdict", "")
