"""JSON in files that may be damaged or made to do harm."""

import json
from typing import Any


def parse_json(text: str | bytes) -> Any:
    """Parse JSON of any origin.

    Args:
        text: One JSON value.

    Returns:
        The value.

    Raises:
        ValueError: The text is no JSON, or nested more deeply than Python reads.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
