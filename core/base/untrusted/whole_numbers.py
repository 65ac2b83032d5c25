"""Whole numbers in texts that people and programs send."""

import re

_WHOLE = re.compile(r"[0-9]{1,18}")  # below 2^63: every number type on the way holds it


def parse_whole(text: str) -> int | None:
    """Return the whole number that a text writes in digits.

    Args:
        text: Anything; only the digits 0 to 9 count, without sign.

    Returns:
        The number, from 0 to 10^18 - 1; None for any other text.
    """
    return int(text) if _WHOLE.fullmatch(text) else None
