"""Images: scaling, zoom, crisp small images and prefetching."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core import PageQuery, Project, SplitConfig, TrainConfig
from tests.browser.conftest import Bench, Server, shared
from tests.browser.still import still

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def photos(worker_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """90 photographs of 640 x 480 pixels, some upright, of two classes."""
    folder = tmp_path_factory.mktemp("photos")
    take(folder / "pictures")

    def make(place: Path) -> Project:
        split = SplitConfig(labeled=8, val=4, calibration=6, test=6, seed=1)
        project = Project.create(place, folder / "pictures", split=split, image_size=224)
        config = TrainConfig(model="mlp", epochs=1, batch_size=8, precision="fp32", device="cpu")
        project.wait_run(project.start_run(config).id, timeout=200)
        return project

    yield from shared(worker_server, folder, make)


def take(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("cold", "warm"):
        (folder / name).mkdir(parents=True)
        for number in range(45):
            shape = (640, 480) if number % 9 == 0 else (480, 640)
            y, x = np.mgrid[: shape[0], : shape[1]] / 640
            waves = np.sin(rng.uniform(5, 40) * x + rng.uniform(5, 40) * y) * 60 + 120
            tint = np.array([1.3, 1.0, 0.7] if name == "warm" else [0.7, 1.0, 1.3])
            pixels = np.clip(waves[..., None] * tint, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.jpg")


def open_review(page: Page, server: Server, **query: str) -> None:
    page.goto(server.address("review", show="all", **query))
    expect(page.locator(".tile.cursor:visible, .large[data-image]:visible").first).to_be_visible(timeout=30_000)
    still(page)


def test_photographs_in_the_grid_come_one_by_one_as_they_are_needed_and_are_not_made_of_squares(
    page: Page, photos: Bench
) -> None:
    open_review(page, photos[0])
    pictures = page.locator(".tile .photo")
    expect(pictures).to_have_count(48)
    for name, wanted in (("loading", "lazy"), ("decoding", "async")):
        assert pictures.first.get_attribute(name) == wanted
    first = pictures.first
    page.wait_for_function("(image) => image.complete", arg=first.element_handle())
    facts = first.evaluate(
        "(one) => [one.naturalWidth, getComputedStyle(one).imageRendering, getComputedStyle(one).objectFit]"
    )
    assert facts == [224, "auto", "contain"]
    ids = [int(tile.get_attribute("data-image") or -1) for tile in page.locator(".tile").all()]
    sources = [re.search(r"/image/(\d+)", image.get_attribute("src") or "") for image in pictures.all()]
    assert [int(found[1]) for found in sources if found] == ids
    page.keyboard.press("PageDown")
    expect(page.locator(".position")).to_contain_text(re.compile("^49 of"))
    now = [int(tile.get_attribute("data-image") or -1) for tile in page.locator(".tile").all()]
    source = page.locator(".tile .photo").first.get_attribute("src") or ""
    assert now[0] != ids[0]
    assert f"/image/{now[0]}?" in source


def test_a_photograph_fits_zooms_and_its_original_is_whole_and_given_back(page: Page, photos: Bench) -> None:
    server, project = photos
    open_review(page, server, view="focus")
    large, frame = page.locator(".large"), page.locator(".zoom")
    page.wait_for_function("(image) => image.complete && image.naturalWidth", arg=large.element_handle())
    assert large.evaluate("(one) => getComputedStyle(one).objectFit") == "contain"
    inner, outer = large.bounding_box(), frame.bounding_box()
    assert inner is not None
    assert outer is not None
    assert inner["x"] >= outer["x"] - 1
    assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1
    assert inner["height"] <= outer["height"] + 1
    expect(large).not_to_have_class(re.compile("small"))
    page.get_by_role("button", name="Zoom in").click()
    grown = large.bounding_box()
    assert grown is not None
    assert grown["width"] > 1.4 * inner["width"]
    page.get_by_role("button", name="Fit the frame").click()
    assert large.bounding_box() == inner
    page.get_by_role("button", name="original").click()
    page.wait_for_function("(image) => image.src.startsWith('blob:') && image.naturalWidth", arg=large.element_handle())
    size = project.original(int(large.get_attribute("data-image") or -1)).shape
    assert large.evaluate("(one) => [one.naturalHeight, one.naturalWidth]") == list(size[:2])
    assert sorted(size[:2]) == [480, 640]
    borrowed = large.get_attribute("src")
    page.keyboard.press("ArrowRight")
    expect(large).to_have_attribute("src", re.compile("/image/"))
    gone = page.evaluate("(address) => fetch(address).then(() => false, () => true)", borrowed)
    assert gone, "the memory of an original is given back when the next image comes"


def test_tiny_pictures_are_crisp_in_both_views(page: Page, bench: Bench) -> None:
    open_review(page, bench[0])
    assert page.locator(".tile .picture").first.evaluate("(one) => getComputedStyle(one).imageRendering") == "pixelated"
    page.keyboard.press("f")
    large = page.locator(".large")
    page.wait_for_function("(image) => image.complete && image.naturalWidth", arg=large.element_handle())
    assert large.evaluate("(one) => getComputedStyle(one).imageRendering") == "pixelated"


@pytest.mark.parametrize("place", [0, 20, 47])
def test_twelve_images_are_fetched_ahead_over_the_end_of_the_page_too(page: Page, bench: Bench, place: int) -> None:
    server, project = bench
    cards = project.review("001-supervised-small_cnn").page(PageQuery(count=100)).cards
    asked: list[int] = []
    page.on(
        "request", lambda request: asked.extend(int(number) for number in re.findall(r"/image/(\d+)\?", request.url))
    )
    open_review(page, server, view="focus", image=str(cards[place].id))
    still(page)
    wanted = [card.id for card in cards[place + 1 : place + 13]]
    assert set(wanted) <= set(asked)
    asked.clear()
    page.keyboard.press("ArrowRight")
    still(page)
    assert cards[place + 13].id in asked
