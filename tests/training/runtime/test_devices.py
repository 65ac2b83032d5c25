"""Each process takes a device that torch reports, whatever its kind; what is not there is answered by a sentence."""

import pytest
import torch

from core.base.errors import TrainingError
from core.training.runtime import devices
from core.training.runtime.devices import choose_device, device_name, free_bytes, report


def several(kind: str, count: int) -> list[str]:
    return [f"{kind}:{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("wish", "local_rank", "num_local", "num_found", "expected"),
    [
        ("auto", 0, 1, 0, "cpu"),
        ("auto", 1, 2, 0, "cpu"),
        ("auto", 0, 1, 2, "cuda:0"),
        ("cpu", 1, 4, 2, "cpu"),
        ("cuda", 0, 1, 1, "cuda:0"),
        ("cuda", 0, 2, 2, "cuda:0"),
        ("auto", 1, 2, 2, "cuda:1"),
        ("cuda", 3, 4, 8, "cuda:3"),
        ("cuda:1", 0, 1, 2, "cuda:1"),
    ],
)
def test_each_process_of_a_run_gets_a_device_of_its_own_by_number(
    wish: str, local_rank: int, num_local: int, num_found: int, expected: str
) -> None:
    """The first of several has a number too: torch.cuda.set_device needs one."""
    assert device_name(wish, local_rank, num_local, several("cuda", num_found)) == expected


@pytest.mark.parametrize(
    ("wish", "num_local", "num_found", "sentence"),
    [
        ("cuda", 1, 0, "cuda is not there: this machine has no accelerator"),
        ("cuda:2", 1, 2, "cuda:2 is not there: this machine has cuda:0, cuda:1"),
        ("cuda:0", 2, 2, "cuda:0 is one device, but the run asks for 2 processes here"),
        ("cuda", 4, 2, "asks for 4 processes here.*2 .cuda:0, cuda:1. are there: set devices to 2 at most"),
        ("auto", 2, 1, "set devices to 1 at most, or device to cpu"),
        ("mps", 1, 2, "mps is not there: this machine has cuda:0"),
        ("xpu", 1, 0, "Choose auto or cpu"),
        ("a b", 1, 0, "'a b' is not the name of a device: choose auto"),
        ("cuda:-1", 1, 2, "'cuda:-1' is not the name of a device"),
        ("cuda:", 1, 2, "'cuda:' is not the name of a device"),
        ("cpu:0", 1, 2, "'cpu:0' is not the name of a device"),
    ],
)
def test_a_device_that_cannot_be_had_is_a_sentence(wish: str, num_local: int, num_found: int, sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        device_name(wish, 0, num_local, several("cuda", num_found))


def test_the_place_among_the_processes_is_torchruns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "accelerators", lambda: several("cuda", 2))
    for name, value in {"WORLD_SIZE": "4", "RANK": "3", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    assert choose_device("auto") == torch.device("cuda:1")
    with pytest.raises(TrainingError, match="asks for 2 processes here"):
        choose_device("cuda:0")


@pytest.mark.parametrize("kind", ["mps", "xpu", "npu"])
def test_an_accelerator_of_any_kind_is_taken_by_its_name_and_by_auto(kind: str) -> None:
    found = several(kind, 1)
    assert [device_name(wish, 0, 1, found) for wish in ("auto", kind, f"{kind}:0", "cpu")] == [*found * 3, "cpu"]


def test_the_report_names_what_a_run_would_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "accelerators", list)
    found = report()
    assert (found["accelerators"], found["device"]) == ({}, "cpu")
    assert "threads" in found["cpu"]
    assert 0 < found["free_bytes"] == pytest.approx(free_bytes(torch.device("cpu")), rel=0.5)
