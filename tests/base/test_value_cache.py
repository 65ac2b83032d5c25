"""Values kept by key."""

from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.base.value_cache import cached_value


def test_a_value_is_made_once_and_the_latest_few_stay() -> None:
    kept, made = OrderedDict[int, str](), list[int]()

    def value(key: int) -> str:
        def make() -> str:
            made.append(key)
            return str(key)

        return cached_value(kept, key, make, most=2)

    assert [value(key) for key in (1, 2, 1, 3, 1)] == ["1", "2", "1", "3", "1"]
    assert made == [1, 2, 3, 1]  # the first was pushed out by the third
    assert list(kept) == [3, 1]


def test_an_error_keeps_nothing() -> None:
    kept = OrderedDict[str, int]()
    with pytest.raises(ZeroDivisionError):
        cached_value(kept, "a", lambda: 1 // 0)
    assert not kept


def test_many_threads_at_once_get_their_own_values() -> None:
    kept = OrderedDict[int, int]()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: cached_value(kept, n % 20, lambda: n % 20, most=3), range(2_000)))
    assert found == [n % 20 for n in range(2_000)]
    assert len(kept) <= 3
