"""Page size: as many images as the window shows, all of them on screen with the keys and the threshold."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Bench, window_of
from tests.browser.review_page import open_filters
from tests.browser.still import still

pytestmark = pytest.mark.browser

_OUTSIDE = """(names) => {
  const roots = [...document.querySelectorAll('*')].map((one) => one.shadowRoot);
  const root = roots.find((one) => one?.querySelector('.review-app'));
  const box = (name) => root.querySelector(name).getBoundingClientRect();
  const bottom = box('.stage').bottom + 0.5;
  const said = [...root.querySelectorAll('.tile')].filter((one) => one.getBoundingClientRect().bottom > bottom);
  const cut = names.filter((name) => box(name).bottom > innerHeight || box(name).right > innerWidth);
  const { width, height } = box('.stage');
  return { hidden: said.length, cut, share: width * height / (innerWidth * innerHeight) };
}"""


@pytest.fixture
def window(browser: Browser) -> Iterator[Page]:
    """New window of a person without settings of their own."""
    yield from window_of(browser.new_context(viewport={"width": 1280, "height": 800}), "")


def come(page: Page, many: Bench, **query: str) -> None:
    page.goto(many[0].address("review", **query))
    expect(page.locator(".tile").first).to_be_visible(timeout=30_000)
    still(page)


@pytest.mark.parametrize(("width", "height", "least", "share"), [(1280, 800, 24, 2 / 3), (1920, 1080, 60, 0.7)])
def test_the_images_take_two_thirds_and_keys_and_threshold_stay_on_screen(
    window: Page, bench: Bench, width: int, height: int, least: int, share: float
) -> None:
    window.set_viewport_size({"width": width, "height": height})
    come(window, bench)
    found = window.evaluate(_OUTSIDE, [".toolbar", ".threshold", ".panel", ".chips"])
    assert found["hidden"] == 0
    assert found["cut"] == []
    assert found["share"] >= share
    assert window.locator(".tile").count() >= least
    window.keyboard.press("PageDown")
    expect(window.locator(".position")).to_contain_text(re.compile(f"^{window.locator('.tile').count() + 1} of"))


def test_another_size_keeps_the_image_and_is_kept_for_the_person(window: Page, bench: Bench) -> None:
    come(window, bench)
    counts = []
    for _ in range(3):
        window.keyboard.press("ArrowRight")
    name = window.locator(".tile.cursor").get_attribute("aria-label")
    for size in ("large", "small", "tiny"):
        open_filters(window)
        window.get_by_label("Size").select_option(size)
        expect(window).to_have_url(re.compile(f"size={size}"))
        still(window)
        counts.append(window.locator(".tile").count())
        assert window.locator(".tile.cursor").get_attribute("aria-label") == name
        assert window.evaluate(_OUTSIDE, [])["hidden"] == 0
    assert counts == sorted(set(counts))
    come(window, bench)
    assert window.locator(".tile").count() == counts[-1], "an address without a size: the person's own"
    come(window, bench, tiles="24")
    assert window.locator(".tile").count() == 24, "an old address"


def test_the_page_follows_the_window(window: Page, bench: Bench) -> None:
    come(window, bench)
    before = window.locator(".tile").count()
    image = window.locator(".tile").first.get_attribute("data-image")
    window.set_viewport_size({"width": 1600, "height": 1000})
    expect(window.locator(".tile")).not_to_have_count(before)
    still(window)
    assert window.locator(".tile").count() > before
    assert window.locator(".tile").first.get_attribute("data-image") == image
    assert window.evaluate(_OUTSIDE, [])["hidden"] == 0


def test_the_threshold_opens_over_the_images_and_a_decision_closes_it(window: Page, bench: Bench) -> None:
    come(window, bench)
    place = window.locator(".grid").bounding_box()
    expect(window.locator(".target-error")).to_be_hidden()
    window.get_by_role("button", name="Threshold: open or close").click()
    expect(window.locator(".target-error")).to_be_visible()
    assert window.locator(".grid").bounding_box() == place
    window.keyboard.press("s")
    expect(window.locator(".target-error")).to_be_hidden()
    window.get_by_role("slider", name="Threshold", exact=True).focus()
    expect(window.locator(".target-error")).to_be_visible()
    window.get_by_label("keep this panel open").check()
    window.reload()
    expect(window.locator(".tile").first).to_be_visible(timeout=30_000)
    expect(window.locator(".target-error")).to_be_visible()


def test_the_threshold_begins_where_the_target_error_puts_it(window: Page, bench: Bench) -> None:
    project = bench[1]
    come(window, bench)
    (run,) = [run.id for run in project.runs()]
    found = [one for one in project.quality.conformal_thresholds_by_target(run, (0.05, 0.1, 0.2)) if one.num_kept]
    window.get_by_role("button", name="Threshold: open or close").click()
    said = window.locator(".target-error output")
    if found:
        value = float(window.locator("input.exact").input_value())
        assert value == pytest.approx(found[0].threshold, abs=1e-6)
        expect(said).to_have_text(f"{100 * found[0].target:.1f} %")
    else:
        assert window.locator("input.exact").input_value() == "0.950"
        expect(said).to_have_text("–")


def test_one_image_alone_is_framed_after_the_window_has_changed(window: Page, bench: Bench) -> None:
    come(window, bench)
    window.locator(".tile").first.click()
    for _ in range(9):
        window.keyboard.press("ArrowRight")
    image = window.locator(".tile.cursor").get_attribute("data-image")
    before = window.locator(".tile").count()
    window.set_viewport_size({"width": 820, "height": 800})
    expect(window.locator(".tile")).not_to_have_count(before)
    still(window)
    framed = window.locator(".tile:is(.cursor, :focus)")
    assert framed.evaluate_all("all => all.map(one => one.dataset.image)") == [image]
    window.keyboard.press("ArrowRight")
    window.set_viewport_size({"width": 1280, "height": 800})
    expect(window.locator(".tile")).to_have_count(before)
    still(window)
    assert framed.count() == 1


def test_a_bulk_accept_closes_the_panel_over_the_images(window: Page, bench: Bench) -> None:
    come(window, bench, threshold="0.99")
    window.get_by_role("button", name="Threshold: open or close").click()
    expect(window.locator(".target-error")).to_be_visible()
    window.get_by_role("button", name="Accept all").click()
    window.locator("dialog button.primary").click()
    expect(window.locator(".saved")).to_contain_text("✓ saved")
    expect(window.locator(".target-error")).to_be_hidden()
    window.keyboard.press("z")
    expect(window.locator(".saved")).to_contain_text("✓ saved")
