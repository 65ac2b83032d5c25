"""`winnow doctor` says which devices torch finds and which one a run would use."""

import json
import sys

import pytest

from core.base.errors import WinnowError
from core.jobs import device_report
from core.jobs.device_report import device_text
from tests.cli.shell import typed


def test_doctor_without_a_project_says_what_was_found_and_what_would_be_used(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = typed(capsys, "doctor", "--json")
    found = json.loads(out)
    assert code == 0
    assert set(found) == {"torch", "accelerators", "cpu", "device", "free_bytes", "measures_bf16", "extractors"}
    assert found["extractors"]["hog"] == "ok"
    assert "clip:FOLDER" in found["extractors"]
    assert found["device"] in {"cpu", *found["accelerators"]}
    code, out, err = typed(capsys, "doctor", "--repair")
    assert (code, out) == (2, "")
    assert "winnow doctor PATH --repair" in err


def test_the_lines_name_every_device_and_the_chosen_one() -> None:
    facts = {"torch": "2.15", "accelerators": {"xpu:0": "Arc"}, "cpu": "AVX2 cpu with 2 threads", "device": "xpu:0",
             "free_bytes": 2**31, "measures_bf16": False}  # fmt: skip
    lines = device_text(facts).splitlines()
    assert lines[1] == "found    xpu:0: Arc"
    assert lines[3] == "use      xpu:0 (2.0 GiB free), precision fp32, unmeasured"
    assert "no accelerator" in device_text(facts | {"accelerators": {}, "device": "cpu"})


def test_a_torch_that_does_not_load_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [sys.executable, "-c", "raise ImportError('libtorch is missing')"]
    monkeypatch.setattr(device_report, "_QUESTION", broken)
    with pytest.raises(WinnowError, match="libtorch is missing"):
        device_report.device_report()
