"""A run that ends tells: the tab's title, and a notification where it was asked for."""

import pytest
from playwright.sync_api import Page, expect

from core import Project, TrainConfig
from tests.browser.conftest import Server

_RECORD = """
  window.told = [];
  window.Notification = class {
    static permission = "default";
    static requestPermission() { Notification.permission = "granted"; return Promise.resolve("granted"); }
    constructor(title, options) { window.told.push(options.body); }
  };
"""


def test_a_run_that_ends_tells_and_offers_its_next_step(page: Page, server: Server, trained_project: Project) -> None:
    page.add_init_script(_RECORD)
    long = TrainConfig(model="mlp", epochs=100_000, batch_size=15, precision="fp32", device="cpu")
    run = trained_project.start_run(long)
    page.goto(server.address("train", project=trained_project.key))
    page.get_by_role("button", name="Tell me when it is finished").click(timeout=30_000)
    expect(page.get_by_text("You will be told when it is finished.")).to_be_visible()
    trained_project.cancel_run(run.id)
    expect(page).to_have_title(f"{run.id} was cancelled – Winnow", timeout=60_000)
    page.wait_for_function("window.told.length === 1")
    assert page.evaluate("window.told") == [f"{run.id} was cancelled"]
    expect(page.get_by_role("button", name="Resume")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("place", ["train", "data"])
def test_a_run_that_finishes_tells_on_any_page_and_leads_to_its_suggestions(
    page: Page, server: Server, trained_project: Project, place: str
) -> None:
    page.add_init_script(_RECORD + "Notification.permission = 'granted'; localStorage['winnow-tell'] = 'yes';")
    other = TrainConfig(model="mlp", epochs=400, batch_size=15, precision="fp32", device="cpu", seed=5)
    run = trained_project.start_run(other)
    page.goto(server.address(place, project=trained_project.key))
    expect(page).to_have_title(f"✓ {run.id} finished – Winnow", timeout=90_000)
    page.wait_for_function("window.told.length === 1")
    expect(page.get_by_test_id("stToast")).to_have_count(0)
    line = page.locator(".st-key-ended-run")
    expect(line).to_contain_text(f"✓ {run.id} finished")
    line.get_by_role("link", name="Review its suggestions").click()
    page.wait_for_url(f"**/review?run={run.id}&**")
    page.get_by_role("link", name="Data").first.click()
    expect(page.get_by_text("What have I got, and is it sound?")).to_be_visible()
    expect(line).to_have_count(0)
