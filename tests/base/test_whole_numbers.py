"""Texts become whole numbers, or nothing, and never an exception."""

import pytest

from core.base.untrusted.whole_numbers import parse_whole


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_digits_are_a_number(text: str, number: int) -> None:
    assert parse_whole(text) == number


@pytest.mark.parametrize(
    "text", ["", " ", "-1", "+1", "1.0", "1e3", "²", "٣", "0x1", "1_000", "1\n", "9" * 19, "9" * 5_000]
)
def test_everything_else_is_none(text: str) -> None:
    assert parse_whole(text) is None
