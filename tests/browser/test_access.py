"""Accessibility of the pages: axe-core, names, roles and focus."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core import Project
from dashboard.app import MORE_PAGES, PAGES
from tests.browser import axe
from tests.browser.conftest import Server
from tests.browser.review_page import open_filters, review
from tests.browser.still import faded, still

pytestmark = pytest.mark.browser

VIEWS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "grid": ({"show": "all"}, ("a", "x", "2", "n", "s", "u")),
    "focus": ({"show": "all"}, ("a", "f")),
    "keys": ({}, ("?",)),
    "search": ({}, ("/",)),
    "number": ({}, ("Control+a", "x")),
    "nothing": ({"show": "accept"}, ()),
    "odd one out": ({"predicted": "0", "mode": "odd"}, ("ArrowRight",)),
    "all tiles": ({"show": "all", "tiles": "200"}, ("Shift+ArrowRight",)),
    "remarks": ({"show": "all"}, ("h", "w", "x", "Enter")),
    "guide": ({}, ("e",)),
    "compare": ({}, ("c",)),
    "note": ({"show": "all"}, ("w",)),
    "two lines": ({"show": "all", "floor": "0.400", "score": "margin"}, ()),
}


def problems(page: Page, sign: str = ".review-app") -> list[dict[str, Any]]:
    """All findings of axe-core in the component that holds a sign; of the whole page where it is empty."""
    found: list[dict[str, Any]] = page.evaluate(
        """async (sign) => {
          const host = sign && [...document.querySelectorAll('*')].find((one) => one.shadowRoot?.querySelector(sign));
          const result = await axe.run(host || document, { resultTypes: ['violations'] });
          return result.violations
            .map((one) => ({ id: one.id, nodes: one.nodes.slice(0, 4)
              .map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`) }));
        }""",
        sign,
    )
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_view(page: Page, server: Server, scheme: Any) -> None:
    script = axe.source()
    page.emulate_media(color_scheme=scheme)
    found = {}
    for name, (query, keys) in VIEWS.items():
        page.goto(server.address("review", **query))
        expect(page.locator(".position")).not_to_be_empty()
        expect(page.locator(".selection-summary .summary-line b").first).not_to_be_empty()
        for key in keys:
            page.keyboard.press(key)
        if name == "grid":
            page.get_by_text("Class thresholds").click()
            open_filters(page)
        still(page)
        faded(page)
        page.evaluate(script)
        found[name] = problems(page)
    assert found == {name: [] for name in VIEWS}


def test_the_parts_of_the_review_page_can_be_found_by_role_and_name(page: Page, server: Server) -> None:
    review(page, server)
    for role, name in (("listbox", "Images"), ("toolbar", "Decide"), ("slider", "Threshold"),
                       ("slider", "Review threshold"), ("group", "Images at the threshold")):  # fmt: skip
        expect(page.get_by_role(role, name=name, exact=True)).to_be_visible()  # type: ignore[arg-type]
    assert page.get_by_role("option").filter(has_text="").count() >= 48


def test_the_threshold_says_its_value_and_what_it_keeps(page: Page, server: Server, trained_project: Project) -> None:
    review(page, server, threshold="0.9")
    count = trained_project.select("001-supervised-mlp", "fixed_threshold", threshold=0.9).count
    line = page.get_by_role("slider", name="Threshold", exact=True)
    expect(line).to_have_attribute("aria-valuenow", "0.900")
    expect(line).to_have_attribute("aria-valuetext", f"0.900: keeps {count} of {len(trained_project.splits.pool)}")


def test_the_focus_comes_back_to_where_it_was_when_a_dialog_closes(page: Page, server: Server) -> None:
    review(page, server)
    button = page.get_by_role("button", name="keys")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_map(page: Page, server: Server, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(server.address("map"))
    expect(page.locator(".map-app[data-points]")).to_be_visible(timeout=30_000)
    page.get_by_label("Color by").select_option("decision")
    page.locator(".map-legend button").first.click()
    page.evaluate(axe.source())
    assert problems(page, ".map-app") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(page: Page, server: Server, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    found = {}
    for name in ("", *PAGES, *MORE_PAGES):
        page.goto(server.address(name))
        expect(page.get_by_role("heading", level=1).or_(page.locator(".tile")).first).to_be_visible(timeout=30_000)
        still(page)
        faded(page)
        page.evaluate(axe.source())
        found[name] = problems(page, "")
    assert found == {name: [] for name in found}
