"""JSON of any origin becomes a value or a ValueError."""

import pytest

from core.base.untrusted.json_text import parse_json


def test_json_is_parsed() -> None:
    assert parse_json('{"a": [1, null]}') == {"a": [1, None]}


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "9" * 5_000, b"\xff", '{"a": ' * 50_000])
def test_everything_else_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)
