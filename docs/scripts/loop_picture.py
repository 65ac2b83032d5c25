"""The loop in six steps as one picture for the README, taken from the running product; take_screenshots calls it."""

import io
import re
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page

SIZE = (1280, 860)
SHOWN = (640, 430)
CAPTION = 34
COLUMNS = 3


def take_loop(page: Page, address: str, target: Path) -> None:
    """Walk through the loop and lay the six windows beside each other."""
    page.set_viewport_size({"width": SIZE[0], "height": SIZE[1]})
    page.emulate_media(color_scheme="light")
    steps: list[tuple[str, Callable[[Page], None]]] = [
        ("1  Look: the most doubtful first", lambda _: None),
        ("2  Drag the threshold: counts and error follow", _drag),
        ("3  Accept above it: the number is spelled out", _ask),
        ("4  Correct with one key, see why", _focus),
        ("5  Odd one out: Enter accepts the rest", _odd),
        ("6  Retrain on what was decided", _retrain),
    ]
    pictures = []
    for caption, act in steps:
        page.goto(address.replace("/?", "/review?") + "&show=undecided")
        page.locator(".tile").first.wait_for(timeout=30_000)
        page.wait_for_timeout(800)
        act(page)
        page.wait_for_timeout(900)
        pictures.append((caption, Image.open(io.BytesIO(page.screenshot())).convert("RGB").resize(SHOWN)))
    _together(pictures).save(target, optimize=True)


def _drag(page: Page) -> None:
    box = page.locator(".plot").first.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.95 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], y, steps=8)
    page.mouse.up()


def _ask(page: Page) -> None:
    _drag(page)
    page.get_by_role("button", name=re.compile("Accept all")).first.click()


def _focus(page: Page) -> None:
    for key in ("f", "3", "a", "1"):
        page.keyboard.press(key)


def _odd(page: Page) -> None:
    page.get_by_role("button", name="odd one out").click()
    page.wait_for_timeout(900)
    for place in (3, 6, 9):
        page.locator(".tile").nth(place).click()


def _retrain(page: Page) -> None:
    page.get_by_role("button", name="Retrain").click()


def _together(pictures: list[tuple[str, Image.Image]]) -> Image.Image:
    rows = -(-len(pictures) // COLUMNS)
    gap = 16
    width = COLUMNS * SHOWN[0] + (COLUMNS + 1) * gap
    height = rows * (SHOWN[1] + CAPTION) + (rows + 1) * gap
    whole = Image.new("RGB", (width, height), "#e9edf3")
    pen, font = ImageDraw.Draw(whole), ImageFont.load_default(20)
    for place, (caption, picture) in enumerate(pictures):
        x = gap + place % COLUMNS * (SHOWN[0] + gap)
        y = gap + place // COLUMNS * (SHOWN[1] + CAPTION + gap)
        pen.text((x + 2, y + 4), caption, fill="#1b2430", font=font)
        whole.paste(picture, (x, y + CAPTION))
    return whole
