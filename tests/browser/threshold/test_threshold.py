"""Histogram as the threshold control: drag, nudge, two thresholds, boundary strip."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from core import Project, Verdict
from core.store.files import save_array, write_json
from tests.browser.conftest import Server
from tests.browser.review_page import RUN, drag_to, kept, review, saved, verdicts
from tests.browser.still import painted, still

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _realistic_confidence(trained_project: Project) -> None:
    """Give the run's logits a realistic spread of confidence."""
    folder = trained_project.run(RUN).folder
    logits = np.array(folder.logits())
    noise = np.random.default_rng(0).normal(0, 1.2, logits.shape)
    save_array(folder.path / "predictions" / "logits.npy", (logits / logits.std() + noise).astype(np.float32))
    write_json(folder.path / "calibration.json", {**folder.calibration(), "temperature": 1.0})


def quantile(project: Project, share: float) -> float:
    """Return the histogram edge below which about a share of the pool lies."""
    return round(float(np.quantile(project.scores(RUN).scores.confidence, share)), 3)


def settle(page: Page) -> None:
    """Release the threshold and wait until the boundary strip shows it."""
    with page.expect_response(re.compile("/border")):
        page.mouse.up()
    still(page)


def test_an_arrow_moves_the_threshold_by_one_image_and_the_count_is_exact(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    drag_to(page, quantile(trained_project, 0.5))
    settle(page)
    before = kept(page)
    confidence = trained_project.scores(RUN).scores.confidence
    for way, key in ((-1, "ArrowRight"), (1, "ArrowLeft"), (1, "ArrowLeft"), (1, "ArrowLeft")):
        page.keyboard.press(key)
        painted(page)
        before += way
        assert kept(page) == before
        value = float(page.locator("input.exact").input_value())
        assert (confidence >= np.float32(value)).sum() == before
    expect(page).to_have_url(re.compile(f"threshold={page.locator('input.exact').input_value()}"))
    still(page)
    page.reload()
    expect(page.locator(".selection-summary .summary-line b").first).to_have_text(f"{before}", timeout=30_000)
    page.get_by_role("button", name=re.compile("Accept all")).click()
    page.locator("dialog button.primary").click()
    saved(page, 1)
    assert verdicts(trained_project)["bulk_accept"] == before


def test_a_target_error_moves_the_threshold_and_another_move_ends_the_guarantee(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    slider, guarantee = page.get_by_label("Target error, percent"), page.locator(".target-error p")
    expect(guarantee).to_contain_text("Sets the threshold so that")
    with page.expect_response(re.compile("/border")):
        slider.fill("20")
    cut = trained_project.quality.conformal_threshold(RUN, 0.2)
    assert cut.threshold is not None
    expect(guarantee).to_contain_text("At most 20.0 % of what is accepted is wrong, on average.")
    still(page)
    number = re.search(r"[\d,]+", page.get_by_role("button", name="Accept all").inner_text())
    assert number is not None
    said = " ".join(page.locator(".target-error, .selection-summary .pair").all_inner_texts())
    assert re.findall(r"(?:keeps|accepts?|Accept all) ([\d,]+)", said) == [number[0]], "the button alone names a number"
    assert float(page.locator("input.exact").input_value()) == pytest.approx(cut.threshold, abs=1e-6)
    assert kept(page) == trained_project.select(RUN, "fixed_threshold", threshold=cut.threshold).count
    drag_to(page, 0.9)
    expect(guarantee).to_contain_text("Sets the threshold so that")
    settle(page)
    slider.fill("20")
    expect(guarantee).to_contain_text("At most 20.0 %")
    page.keyboard.press("a")  # the slider has the focus; a letter goes to the review page all the same
    saved(page, 1)
    expect(guarantee).to_contain_text("Set the target error again")
    with page.expect_response(re.compile("/targets")):  # the decision has changed what is open
        slider.fill("0.5")
    expect(guarantee).to_contain_text("No threshold guarantees this with")
    page.get_by_label("Score", exact=True).select_option("entropy")
    expect(slider).to_be_disabled()
    expect(guarantee).to_contain_text("Choose that score")
    page.get_by_label("Score", exact=True).select_option("confidence")
    expect(slider).to_be_enabled()
    expect(guarantee).to_contain_text("Sets the threshold so that")


def test_shift_and_an_arrow_move_by_one_percent(page: Page, server: Server) -> None:
    review(page, server)
    page.get_by_role("slider", name="Threshold", exact=True).focus()
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator("input.exact")).to_have_value("0.940")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("input.exact")).to_have_value("0.960")


def test_many_quick_nudges_come_to_the_same_place_as_counting(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    drag_to(page, quantile(trained_project, 0.9))
    settle(page)
    before = kept(page)
    total = len(trained_project.scores(RUN).ids)
    times = min(70, total - before)
    for _ in range(times):
        page.keyboard.press("ArrowLeft")
        painted(page)
    still(page)
    value = float(page.locator("input.exact").input_value())
    assert kept(page) == trained_project.select(RUN, "fixed_threshold", threshold=value).count
    assert kept(page) > before + times // 2


def test_the_strip_shows_the_images_on_both_sides_of_the_threshold_and_opens_them(
    page: Page, server: Server, trained_project: Project
) -> None:
    review(page, server)
    drag_to(page, quantile(trained_project, 0.3))
    settle(page)
    cut = float(page.locator("input.exact").input_value())
    pool = trained_project.scores(RUN)
    confidence = pool.scores.confidence
    above = np.flatnonzero(confidence >= np.float32(cut))
    nearest = pool.ids[above[np.argmin(confidence[above])]]
    edges = page.locator(".boundary-strip button.thumbnail")
    assert edges.count() == min(8, int((confidence < np.float32(cut)).sum())) + min(8, len(above))
    page.locator(f'.boundary-strip button[data-id="{nearest}"]').click()
    expect(page.locator(f'.focus .large[data-image="{nearest}"]')).to_be_visible()
    page.keyboard.press("a")
    saved(page, 1)
    assert trained_project.decisions.state().verdict[nearest] == 1
    expect(page.locator(f'.focus .large[data-image="{nearest}"]')).to_have_count(0)


def test_two_thresholds_make_a_queue_of_the_images_between(
    page: Page, server: Server, trained_project: Project
) -> None:
    cut, floor = quantile(trained_project, 0.8), quantile(trained_project, 0.4)
    review(page, server, threshold=f"{cut:.3f}", floor=f"{floor:.3f}")
    confidence = trained_project.scores(RUN).scores.confidence

    def between(low: float) -> int:
        return int(((confidence >= np.float32(low)) & (confidence < np.float32(cut))).sum())

    left = int((confidence < np.float32(floor)).sum())
    expect(page.locator(".between")).to_have_text(f"{between(floor)} to review between the thresholds, {left} left out")
    page.get_by_role("slider", name="Review threshold").focus()
    page.keyboard.press("ArrowLeft")
    lower = round(floor - 0.001, 3)
    button = page.get_by_role("button", name=f"Review {between(lower)}", exact=True)
    expect(button).to_be_visible()
    button.click()
    expect(page.locator(".position")).to_contain_text(f" {between(lower)} undecided")
    expect(page).to_have_url(re.compile(f"floor={lower:.3f}"))


@pytest.mark.parametrize("score", ["entropy", "margin"])
def test_other_scores_have_their_own_threshold(
    page: Page, server: Server, trained_project: Project, score: str
) -> None:
    review(page, server)
    page.get_by_label("Score", exact=True).select_option(score)
    values = getattr(trained_project.scores(RUN).scores, score)
    expect(page.locator(".selection-summary .summary-line").first).to_contain_text(f"have {score} at")
    value = np.float32(page.locator("input.exact").input_value())
    assert kept(page) == int((values <= value).sum() if score == "entropy" else (values >= value).sum())
    expect(page).to_have_url(re.compile(f"score={score}"))
    page.get_by_label("Color").select_option("verdict")
    expect(page.locator(".legend")).to_contain_text("undecided")
    page.get_by_label("Color").select_option("class")
    expect(page.locator(".legend")).to_contain_text(trained_project.class_names[0])


@pytest.mark.parametrize("score", ["confidence", "entropy", "margin"])
def test_what_the_threshold_keeps_is_accepted_by_the_score_that_the_histogram_shows(
    page: Page, server: Server, trained_project: Project, score: str
) -> None:
    review(page, server)
    page.get_by_label("Score", exact=True).select_option(score)
    expect(page.locator(".selection-summary .summary-line").first).to_contain_text(f"have {score} at")
    drag_to(page, 0.6)
    settle(page)
    count = kept(page)
    assert 0 < count < len(trained_project.splits.pool)
    page.get_by_role("button", name=re.compile("Accept all")).click()
    page.locator("dialog button.primary").click()
    saved(page, 1)
    pool, values = trained_project.scores(RUN), getattr(trained_project.scores(RUN).scores, score)
    accepted = trained_project.decisions.state().verdict[pool.ids] == Verdict.BULK_ACCEPT
    assert accepted.sum() == count
    other = values[~accepted]
    assert values[accepted].max() < other.min() if score == "entropy" else values[accepted].min() > other.max()


def test_the_grid_comes_before_the_images_at_the_threshold(page: Page, server: Server) -> None:
    with page.expect_response(re.compile("/border")):  # the first ones, which a busy machine asks for late
        review(page, server, show="all", ranking="border")
    drag_to(page, 0.7)
    held: list[Route] = []
    strips: list[str] = []
    page.on("request", lambda request: strips.extend([request.url] * ("/border?" in request.url)))
    page.route("**/page?*", lambda route: held.append(route))
    painted(page)
    strips.clear()  # of a pause during the drag, on a busy machine
    page.mouse.up()
    while not held:
        painted(page)
    painted(page)
    assert strips == []
    with page.expect_response(re.compile("/border")):
        for route in held:
            route.continue_()
        page.unroute("**/page?*")
