"""Fixtures of the tests in Firefox: the same window as elsewhere, in another browser."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright

from tests import firefox


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Firefox for all tests of this folder."""
    if firefox.find() is None:
        assert "WINNOW_NEEDS_FIREFOX" not in os.environ, "no Firefox, although it was asked for"
        pytest.skip("no Firefox: apt-get install firefox-esr")
    found = firefox.launch(playwright)
    yield found
    found.close()
