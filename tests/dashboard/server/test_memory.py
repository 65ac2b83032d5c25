"""Mapped memory of the dashboard is released above a limit."""

import pytest

from dashboard.server import memory
from dashboard.server.shutdown import StopFlag


class Ticks(StopFlag):
    """Flag that is set after a number of waits."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.left = looks

    def wait(self, timeout: float) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.skipif(not memory._STATM.exists(), reason="only Linux tells what is mapped")
@pytest.mark.parametrize(("mapped", "released"), [([10.0, 300.0, 20.0], 1), ([10.0, 20.0, 191.0], 0)])
def test_much_is_given_back_and_little_stays(
    monkeypatch: pytest.MonkeyPatch, mapped: list[float], released: int
) -> None:
    calls: list[None] = []
    looks = iter(mapped)
    monkeypatch.setattr(memory, "mapped_mib", lambda: next(looks))
    monkeypatch.setattr(memory, "release_mapped", lambda: calls.append(None))
    memory.limit_mapped_memory(Ticks(len(mapped)))
    assert len(calls) == released


@pytest.mark.skipif(not memory._STATM.exists(), reason="only Linux tells what is mapped")
def test_what_is_mapped_is_counted_in_mebibytes() -> None:
    assert 1 < memory.mapped_mib() < 100_000
