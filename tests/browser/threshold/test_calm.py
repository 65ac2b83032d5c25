"""Layout shift: no element moves when content changes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.review_page import drag_to, review, saved
from tests.browser.still import painted, still

pytestmark = pytest.mark.browser
JUMP = 0.003
"""Of layout shift; the grid moved by ten pixels is twice as much, the threshold moved by hand at most 0.0021."""
FIXED = (
    *(".head", ".head select", ".plot", ".axis", ".summary-line", ".class-mix", ".pair button", ".boundary-strip"),
    *(".per-class", ".toolbar", ".toolbar select", ".row.slim", ".grid", ".panel", ".verdicts button", ".chips button"),
    *(".picture-side", ".under", ".suggestion", ".bars", ".why", ".label", ".similar"),
)
"""What keeps its place and its size, to the pixel, in every frame."""
SHADOW_ROOTS = "[...document.querySelectorAll('*')].map((one) => one.shadowRoot)"
ROOT = f"{SHADOW_ROOTS}.find((root) => root?.querySelector('.review-app'))"

_WATCH = (
    "(fixed) => { const root = "
    + ROOT
    + """;
  window.shifts = [];
  window.places = new Map();
  new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((entry) => entry.value)))
    .observe({ type: "layout-shift" });
  const look = () => {
    for (const element of root.querySelectorAll(fixed.join())) {
      const { x, y, width, height } = element.getBoundingClientRect();
      if (!width || !height) continue; // of the other view
      const known = window.places.get(element) ?? window.places.set(element, new Set()).get(element);
      const top = y + (element.closest(".stage")?.scrollTop ?? 0);
      known.add([x, top, width, height].map(Math.round).join(" "));
    }
    requestAnimationFrame(look);
  };
  look();
}"""
)
_FOUND = """() => [
  ...window.shifts.filter((value) => value > JUMP).map((value) => `layout shift ${value.toFixed(4)}`),
  ...[...window.places].filter(([, places]) => places.size > 1)
    .map(([element, places]) => `${element.className || element.textContent}: ${[...places].join(" | ")}`),
]""".replace("JUMP", str(JUMP))


def jumps(page: Page, work: Callable[[], object], fixed: tuple[str, ...] = FIXED) -> list[str]:
    """Return the elements that move during an action, also just after an input.

    Chromium's own sum leaves those out.
    """
    page.evaluate(_WATCH, list(fixed))
    still(page)
    work()
    still(page)
    found: list[str] = page.evaluate(_FOUND)
    return found


def decide(page: Page) -> None:
    for key in ("a", "x", "2", "n", "s", "u"):
        page.keyboard.press(key)
    saved(page, 6)


def turn(page: Page) -> None:
    for key, first in (("PageDown", "49 of"), ("PageUp", "1 of")):
        page.keyboard.press(key)
        expect(page.locator(".position")).to_contain_text(first)


def drag(page: Page) -> None:
    for share in (0.8, 0.3, 0.999, 0.0):
        drag_to(page, share)
        page.mouse.up()
        painted(page)


def select(page: Page) -> None:
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "Control+a", "Escape"):
        page.keyboard.press(key)


def step(page: Page) -> None:
    for key in ("ArrowRight", "a", "x", "n", "z", "ArrowLeft"):
        page.keyboard.press(key)
        still(page)  # the labeled images most like it come when the hand rests


@pytest.mark.parametrize("work", [decide, turn, drag, select], ids=lambda work: work.__name__)
def test_nothing_jumps_in_the_grid(page: Page, server: Server, work: Callable[[Page], None]) -> None:
    review(page, server, show="all")
    assert jumps(page, lambda: work(page)) == []


def test_the_window_scrolls_to_the_cursor_and_nothing_else_moves(page: Page, server: Server) -> None:
    review(page, server, show="all")
    scrolled = tuple(name for name in FIXED if name not in (".panel", ".verdicts button", ".chips button"))

    def work() -> None:
        for key in "s" * 30 + "z" * 10:
            page.keyboard.press(key)

    assert jumps(page, work, scrolled) == []


def test_nothing_jumps_in_the_focus_view(page: Page, server: Server) -> None:
    review(page, server, show="all")
    page.keyboard.press("f")
    expect(page.locator(".large")).to_be_visible()
    assert jumps(page, lambda: step(page)) == []


def test_the_watch_sees_a_jump(page: Page, server: Server) -> None:
    review(page, server, show="all")
    found = jumps(page, lambda: page.locator(".threshold").evaluate("(one) => one.style.marginTop = '60px'"))
    assert any(text.startswith("layout shift") for text in found)
    assert any(text.startswith("grid") for text in found)


@pytest.mark.parametrize("width", [1280, 1600, 2560])
def test_names_of_sixty_letters_widen_nothing(page: Page, server: Server, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    review(page, server, show="all")
    right = page.locator(".review-app").evaluate("(app) => app.parentNode.host.getBoundingClientRect().right")
    page.evaluate(
        f"""() => {{
          for (const chip of {ROOT}.querySelectorAll('.chip span, .caption'))
            chip.textContent = 'Chlorostilbon ricordii '.repeat(3);
        }}"""
    )
    for part in (".review-app", ".selection-summary", ".toolbar", ".grid", ".panel", ".chips"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= right + 1, part
