"""axe-core for the browser tests, fetched once with npm."""

from tests.browser.from_npm import fetched

VERSION = "4.10.3"


def source() -> str:
    """Return the script of axe-core."""
    return fetched("axe-core", VERSION, "axe.min.js").read_text(encoding="utf-8")
