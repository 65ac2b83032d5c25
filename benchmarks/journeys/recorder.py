"""Recorder of a journey: seconds and pictures of each step, and effects that are missing."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Error, Locator, Page

from tests.browser.still import still

Theme = Literal["light", "dark"]
HEIGHTS = {820: 1180, 1280: 800, 1920: 1080}
"""Height of a window by its width, in CSS pixels: a tablet held upright, a small laptop, a screen."""
PATIENCE = 60
"""Seconds until an effect counts as missing."""


class MissingEffectError(Exception):
    """A step of a journey has not done what it should."""


def height(width: int) -> int:
    """Return the height of a window in CSS pixels."""
    return HEIGHTS.get(width, round(width * 10 / 16))


def check(is_there: bool, what: str) -> None:
    """Raise AssertionError with a sentence where an effect is missing."""
    if not is_there:
        raise AssertionError(what)


def wait_until(is_there: Callable[[], Any], page: Page, what: str) -> None:
    """Wait for an effect that no element shows; AssertionError where it does not come."""
    end = time.monotonic() + PATIENCE
    while not is_there():
        check(time.monotonic() < end, what)
        page.wait_for_timeout(100)


class Recorder:
    """Seconds and pictures of one journey.

    Args:
        journey: Its name, first part of the names of its pictures.
        page: Window in which a picture is taken, unless a step names another.
        folder: Gets the pictures.
        sizes: Widths of the pictures in CSS pixels; the journey is played at the first.
        themes: Of the pictures; the journey is played in the first.
    """

    def __init__(self, journey: str, page: Page, folder: Path, sizes: list[int], themes: list[Theme]) -> None:
        self.journey, self.page, self.folder = journey, page, folder
        self.sizes, self.themes = sizes, themes
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str, page: Page | None = None) -> Iterator[None]:
        """Time a step and take its pictures afterwards, which no time counts.

        Args:
            name: Of the step.
            page: Window of the pictures, where it is not the journey's first.

        Raises:
            MissingEffectError: An effect that the step waits for does not come.
        """
        page = page or self.page
        begin = time.perf_counter()
        try:
            yield
        except (AssertionError, Error) as error:
            page.screenshot(path=self.folder / f"{self._file(name)}-failed.png")
            raise MissingEffectError(f"{self.journey}, step “{name}”: {_on_one_line(error)}") from error
        self.seconds[name] = time.perf_counter() - begin
        self._pictures(page, name)

    def _pictures(self, page: Page, name: str) -> None:
        for size in self.sizes:
            if size != self.sizes[0] or len(self.sizes) > 1:
                page.set_viewport_size({"width": size, "height": height(size)})
            for theme in self.themes:
                page.emulate_media(color_scheme=theme)
                page.wait_for_timeout(700)  # charts and the number of tiles follow the window
                _still(page)
                page.screenshot(path=self.folder / f"{self._file(name)}-{size}-{theme}.png")
        page.set_viewport_size({"width": self.sizes[0], "height": height(self.sizes[0])})
        page.emulate_media(color_scheme=self.themes[0])
        page.wait_for_timeout(500)
        _still(page)

    def _file(self, name: str) -> str:
        words = re.sub(r"\W+", "-", f"{self.journey} {len(self.seconds):02} {name}").strip("-").lower()
        return words[:80]


def _still(page: Page) -> None:
    if page.get_by_test_id("stApp").count():
        still(page)


def _on_one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:400]


def press(page: Page, key: str) -> None:
    """Press a key once the page is idle: while a page of images is loading, keys are ignored."""
    still(page)
    page.keyboard.press(key)


def at(page: Page, part: str) -> None:
    """Wait until the address holds a part (regular expression); the page is asked, as Firefox's driver lags."""
    page.wait_for_function("(part) => new RegExp(part).test(location.href)", arg=part, timeout=PATIENCE * 1000)


def write(field: Locator, text: str) -> None:
    """Type a text in place of what a field holds, key by key, and press Enter."""
    field.click(timeout=PATIENCE * 1000)
    keyboard = field.page.keyboard
    keyboard.press("ControlOrMeta+a")
    keyboard.type(text)
    keyboard.press("Enter")


def link(page: Page, name: str) -> None:
    """Click a page's name in the row of pages, or under "More"."""
    navigation = page.get_by_test_id("stTopNav")
    found = navigation.get_by_role("link", name=name, exact=True)
    if not found.count():
        navigation.get_by_text("More", exact=True).click()
        found = page.get_by_text(name, exact=True)
    found.first.click()
    at(page, f"/{name.lower()}")
