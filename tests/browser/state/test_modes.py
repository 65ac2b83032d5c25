"""Odd-one-out mode and class thresholds."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core import Project
from tests.browser.conftest import Server
from tests.browser.review_page import RUN, open_filters, review, saved, verdicts
from tests.browser.still import painted

pytestmark = pytest.mark.browser


def test_odd_one_out_accepts_the_rest_of_the_page_as_one_decision(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    open_filters(page)
    page.get_by_label("Suggested").select_option("1")
    page.get_by_role("button", name="odd one out").click()
    expect(page).to_have_url(re.compile("mode=odd"))
    expect(page.locator(".position")).to_contain_text("Enter accepts the other 48")
    for place in (2, 5):
        page.locator(".tile").nth(place).click()
    expect(page.locator(".position")).to_contain_text("2 wrong; Enter accepts the other 46")
    page.keyboard.press("Enter")
    saved(page, 1)
    assert verdicts(trained_project)["accept"] == 46
    assert trained_project.decisions.all()[0].num_images == 46
    expect(page.locator(".tile").nth(2)).to_have_attribute("data-verdict", "")
    page.keyboard.press("x")
    saved(page, 3)
    assert verdicts(trained_project)["reject"] == 2
    page.keyboard.press("z")  # both rejects, decided with one key
    page.keyboard.press("z")
    saved(page, 6)
    expect(page.locator(".tile").nth(0)).to_have_attribute("data-verdict", "")
    assert "accept" not in verdicts(trained_project)


def test_each_class_has_its_own_threshold_and_all_are_accepted_as_one_decision(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    page.get_by_text("Class thresholds").click()
    line = page.get_by_role("slider", name=f"Threshold of {trained_project.class_names[0]}")
    expect(line).to_be_visible()
    plot = page.locator(".plot.small").first
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.95, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 20)
    page.mouse.up()
    page.keyboard.press("ArrowRight")
    painted(page)
    value = float(line.get_attribute("aria-valuenow") or 0)
    assert value == pytest.approx(0.301, abs=0.006)
    scores = trained_project.scores(RUN).scores
    cuts = np.where(scores.pseudo_labels == 0, np.float32(value), np.float32(0.95))
    count = int((scores.confidence >= cuts).sum())
    page.locator(".per-class").get_by_role("button", name=f"Accept all {count} undecided").click()
    expect(page.locator("dialog h2")).to_have_text(f"Accept {count} images?")
    page.locator("dialog button.primary").click()
    saved(page, 1)
    assert verdicts(trained_project)["bulk_accept"] == count
    assert trained_project.decisions.all()[0].params["thresholds"] == {"0": pytest.approx(value)}
