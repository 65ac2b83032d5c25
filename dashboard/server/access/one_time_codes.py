"""One-time codes of links: each opens the dashboard once and becomes the cookie."""

import secrets
import time
from collections.abc import Callable


class OneTimeCodes:
    """Codes that wait to be used.

    Args:
        on_use: Called with a code that was used; the server prints the next link after a printed one.
        clock: Returns seconds; for tests.
    """

    def __init__(
        self, on_use: Callable[[str], None] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ends: dict[str, float] = {}
        self._on_use, self._clock = on_use, clock

    def issue(self, seconds: float = float("inf")) -> str:
        """Return a new code.

        Args:
            seconds: How long it may be used; a code for a browser's command line, which others can read, is short.
        """
        code = secrets.token_urlsafe(24)
        self._ends[code] = self._clock() + seconds
        return code

    def use(self, code: str) -> bool:
        """Use a code up.

        Args:
            code: What a request gave.

        Returns:
            Whether it was valid: known, not used before and not too old.
        """
        end = self._ends.pop(code, None)
        if end is None or self._clock() > end:
            return False
        if self._on_use is not None:
            self._on_use(code)
        return True
