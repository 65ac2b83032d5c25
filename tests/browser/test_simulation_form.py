"""Simulate page in the browser: error messages and cancellation."""

import pytest
from playwright.sync_api import Page, expect

from core import Project, SimulateConfig, Simulations
from core.jobs.job_folder import JobFolder
from tests.browser.conftest import Server
from tests.conftest import QUICK

pytestmark = pytest.mark.browser


def test_where_the_truth_is_unknown_start_says_so(page: Page, server: Server) -> None:
    page.goto(server.address("simulate"))
    page.get_by_role("button", name="Start").click(timeout=30_000)
    expect(page.get_by_text("its reviewer cannot be simulated")).to_be_visible()


def test_cancel_reaches_the_simulation(page: Page, server: Server, trained_project: Project) -> None:
    root = Simulations(trained_project.workspace).root
    asked = {"queues": ["entropy"], "cuts": ["none"], "simulate": SimulateConfig().model_dump()}
    folder = JobFolder.create(root, {**asked, "train": QUICK.model_dump()}, 4)
    with folder.lock():
        page.goto(server.address("simulate"))
        page.get_by_role("button", name="Cancel").click(timeout=30_000)
        expect(page.get_by_text("Cancelling simulation")).to_be_visible()
    assert folder.is_cancel_requested()
