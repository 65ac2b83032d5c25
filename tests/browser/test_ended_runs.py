"""A run that ends tells: the tab's title, and a notification where it was asked for."""

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
