"""From images without a label to suggestions, by keys alone."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core import Project
from tests.browser.conftest import Server
from tests.browser.still import still

pytestmark = pytest.mark.browser


def test_from_images_without_a_label_to_suggestions(
    page: Page, worker_server: Server, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINNOW_HOME", str(worker_server.home))
    project = Project.create(tmp_path / "pile", pictures / "unlabeled")
    worker_server.show(project.path)
    page.goto(worker_server.address(project=project.key))
    page.get_by_role("button", name="Start labeling").click()
    expect(page.locator(".tile").first).to_be_visible(timeout=60_000)
    expect(page.locator(".threshold")).to_be_hidden()
    expect(page.locator(".tile .caption").first).to_have_text("no suggestion")
    still(page)
    for number, name in enumerate(("round", "crossed"), 1):
        page.keyboard.press("+")
        page.get_by_label("Name of the class").fill(name)
        page.keyboard.press("Enter")
        expect(page.locator(".chips")).to_contain_text(name)
        expect(page.locator(".saved")).to_have_text(f"✓ saved #{number}")
    page.keyboard.press("a")
    expect(page.locator(".notice")).to_contain_text("give the image a class")
    for number, key in enumerate("12", 3):
        page.keyboard.press(key)
        expect(page.locator(".saved")).to_have_text(f"✓ saved #{number}")
    expect(page.locator(".live")).to_have_attribute("data-state", "newer")
    page.keyboard.press("PageDown")
    expect(page).to_have_url(re.compile("version=001-head-hog%404"))
    expect(page.locator(".tile .caption").first).to_have_text(re.compile("round|crossed"))
    expect(page.locator(".threshold")).to_be_visible()
    assert Project.open(project.path).class_names == ("round", "crossed")
