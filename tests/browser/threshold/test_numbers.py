"""Bulk decisions: confirmation of their number, and undo."""

import re
import uuid
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from benchmarks.synthetic import synthetic_project
from core import Command
from tests.browser.conftest import Bench, Server, shared
from tests.browser.still import still

pytestmark = pytest.mark.browser
RUN = "001-supervised-small_cnn"


@pytest.fixture(scope="module")
def many(worker_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """600 images of 30 classes, more than the small histograms show at once."""
    yield from shared(
        worker_server,
        tmp_path_factory.mktemp("many"),
        lambda place: synthetic_project(place, num_images=600, num_classes=30),
    )


def open_review(page: Page, server: Server, **query: str) -> None:
    page.goto(server.address("review", show="all", **query))
    expect(page.locator(".tile").first).to_be_visible(timeout=30_000)
    expect(page.locator(".selection-summary .summary-line b").first).not_to_be_empty()
    still(page)


def said(page: Page) -> int:
    text = page.locator("dialog h2").inner_text()
    found = re.fullmatch(r"Accept ([\d,]+) images\?", text)
    assert found is not None, text
    return int(found[1].replace(",", ""))


def saved(page: Page) -> None:
    expect(page.locator(".saved")).to_have_attribute("data-state", "saved")


def test_a_cap_on_each_class_changes_the_number_and_it_is_exact(page: Page, many: Bench) -> None:
    server, project = many
    open_review(page, server, threshold="0.5")
    page.get_by_role("button", name=re.compile("Accept all [0-9]")).click()
    whole = said(page)
    assert whole == project.select(RUN, "fixed_threshold", threshold=0.5).count
    page.get_by_label(re.compile("Cap each class at twice")).check()
    expect(page.locator("dialog h2")).not_to_have_text(f"Accept {whole} images?")
    capped = said(page)
    assert 0 < capped < whole
    expect(page.locator("dialog button.primary")).to_have_text(f"Accept {capped}")
    page.locator("dialog button.primary").click()
    saved(page)
    line = project.decisions.all()[-1]
    assert (line.num_images, line.params["expected"], line.params["class_cap"]) == (capped, capped, 2)
    page.keyboard.press("z")
    saved(page)


def test_thresholds_of_thirty_classes_are_counted_before_they_are_accepted(page: Page, many: Bench) -> None:
    server, project = many
    open_review(page, server, threshold="0.5")
    page.get_by_text("Class thresholds").click()
    expect(page.locator(".class-threshold")).to_have_count(24)
    page.get_by_role("slider", name="Threshold of class 3").focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.get_by_role("button", name="Accept all above their thresholds").click()
    scores = project.scores(RUN).scores
    lines = np.where(scores.pseudo_labels == 3, 0.49, 0.5).astype(np.float32)
    wanted = int((scores.confidence >= lines).sum())
    expect(page.locator("dialog h2")).to_have_text(f"Accept {wanted} images?")
    page.locator("dialog button.primary").click()
    saved(page)
    line = project.decisions.all()[-1]
    assert (line.num_images, line.params["expected"]) == (wanted, wanted)
    page.keyboard.press("z")
    saved(page)


def test_a_number_that_is_no_longer_true_is_refused_and_said(page: Page, many: Bench) -> None:
    server, project = many
    open_review(page, server, threshold="0.5")
    page.get_by_role("button", name=re.compile("Accept all [0-9]")).click()
    count, before = said(page), len(project.decisions.all())
    pool = project.scores(RUN)
    row = int(np.argmax(pool.scores.confidence))
    suggestion = int(pool.scores.pseudo_labels[row])
    project.decisions.execute([Command(str(uuid.uuid4()), "reject", RUN, "ann", int(pool.ids[row]), suggestion)])
    page.locator("dialog button.primary").click()
    expect(page.locator(".notice")).to_contain_text(f"it holds {count - 1} images now, not {count}")
    assert [line.reviewer for line in project.decisions.all()[before:]] == ["ann"]


def test_any_own_decision_is_undone_from_the_page_a_bulk_one_too(page: Page, many: Bench) -> None:
    server, project = many
    project.bulk_accept(RUN, "fixed_threshold", threshold=0.9)
    bulk = project.decisions.all()[-1]
    open_review(page, server, ranking="entropy")
    page.keyboard.press("n")
    page.keyboard.press("s")
    saved(page)
    page.get_by_role("button", name="history").click()
    box = page.get_by_role("dialog", name="Decisions")
    theirs = next(line for line in project.decisions.all() if line.reviewer == "ann")
    expect(box.locator(f'[data-decision="{theirs.id}"] button')).to_have_count(0)
    line = box.locator(f'[data-decision="{bulk.id}"]')
    expect(line).to_contain_text(f"{bulk.num_images} images bulk-accepted, by fixed threshold")
    line.get_by_role("button", name="Undo").click()
    expect(page.locator(".saved")).to_have_text(re.compile(f"saved #{bulk.id + 3}$"))
    *_, none, skip, undo = project.decisions.all()
    assert (undo.verdict, undo.undo_of, undo.reviewer) == ("undo", bulk.id, "me")
    assert {none.id, skip.id} <= project.decisions.live_ids()
    assert project.decisions.counts()["bulk_accept"] == 0
    page.get_by_role("button", name="history").click()
    expect(box.locator(f'[data-decision="{bulk.id}"]')).to_contain_text("undone")
    page.keyboard.press("Escape")
    page.keyboard.press("z")  # the next undo is of what still counts
    saved(page)
    assert project.decisions.all()[-1].undo_of == skip.id
