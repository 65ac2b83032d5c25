"""Answers of a reviewer who knows the classes, given by keys on the Review page."""

import re
from collections.abc import Callable, Mapping

from playwright.sync_api import Page, expect

from benchmarks.journeys.recorder import PATIENCE, check
from tests.browser.still import still

Truth = Callable[[int, str], str]
"""Class of an image by its number and file name."""
_CARD = """(tile) => [tile.dataset.image, tile.querySelector('.caption').textContent, tile.dataset.verdict,
  tile.title, tile.parentElement.querySelector('.tile').dataset.image]"""
_LEFT = """(tile, [image, patience]) => new Promise((done) => {
  const root = tile.getRootNode(), begin = performance.now();
  const look = () => {
    const cursor = root.querySelector('.tile.cursor');
    if (cursor && cursor.dataset.image !== image) done(true);
    else if (performance.now() - begin > patience) done(false);
    else setTimeout(look, 4);
  };
  look();
})"""


class Reviewer:
    """A person at the Review page.

    Args:
        page: Window with the page.
        truth: Class of each image.
    """

    def __init__(self, page: Page, truth: Truth) -> None:
        self.page, self.truth = page, truth
        self.given: dict[int, str] = {}
        self.num_corrected = 0
        self._first = ""

    def answer(self, count: int) -> None:
        """Accept or correct the images under the cursor, one key each; name classes that are not there yet.

        Args:
            count: Number of images.
        """
        for _ in range(count):
            image, suggestion, file = self._next()
            name, keys = self.truth(image, file), self._keys()
            if name == suggestion:
                self.page.keyboard.press("a")
            elif name in keys:
                self.page.keyboard.press(keys[name])
                self.num_corrected += 1
            else:
                self.page.keyboard.press("+")
                self.page.get_by_label("Name of the class").fill(name)
                self.page.keyboard.press("Enter")
                expect(self.page.locator(".chips")).to_contain_text(name)
            self.given[image] = name
            self._left(image)
        self.saved()

    def saved(self) -> None:
        """Wait until the server has all decisions of this window."""
        saved = self.page.locator(".saved")
        expect(saved).to_have_attribute("data-state", "saved", timeout=PATIENCE * 1000)
        expect(saved).to_have_text(re.compile(r"saved #\d+"), timeout=PATIENCE * 1000)

    def shown(self) -> None:
        """Wait until the page of images can be answered."""
        expect(self.page.locator(".tile").first).to_be_visible(timeout=PATIENCE * 1000)
        still(self.page)

    def _card(self) -> tuple[int, str, str, str, str]:
        image, caption, verdict, title, first = self.page.locator(".tile.cursor").evaluate(_CARD)
        return int(image), caption, verdict, title.splitlines()[1], first

    def _next(self) -> tuple[int, str, str]:
        """Image, suggestion and file under the cursor; a page that has just come is waited for, as by eye."""
        image, suggestion, verdict, file, first = self._card()
        if first != self._first:
            still(self.page)
            image, suggestion, verdict, file, first = self._card()
            self._first = first
        check(verdict == "", f"image {image} under the cursor is decided already: {verdict}")
        return image, suggestion, file

    def _left(self, image: int) -> None:
        """Wait in the page until the cursor has left an image."""
        has_left = self.page.locator(".tile").first.evaluate(_LEFT, [str(image), PATIENCE * 1000])
        check(has_left, f"the cursor stays at image {image} after its key")

    def _keys(self) -> Mapping[str, str]:
        """Key of each class that has one, as its button shows it."""
        script = (
            "(all) => all.map((one) => [one.querySelector('bdi').textContent, one.querySelector('kbd').textContent])"
        )
        return dict(self.page.locator(".chips button.chip").evaluate_all(script))
