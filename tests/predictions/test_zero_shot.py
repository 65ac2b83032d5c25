"""Guesses of a text model: classes by their names, without a label, told as what they are."""

from typing import Any

import numpy as np
import pytest

from core import InputError, Project
from core.predictions.zero_shot import GUESSES, zero_shot
from core.similarity import text_search
from tests.cli.shell import Shell


class ColorTower:
    """Stands for the process with torch: "a" is red, "b" is blue."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        self.texts += request["texts"]
        return {
            "vectors": [[1.0, -1.0, -1.0] if " a " in f"{text} " else [-1.0, -1.0, 1.0] for text in request["texts"]]
        }


@pytest.fixture
def tower(monkeypatch: pytest.MonkeyPatch) -> ColorTower:
    made = ColorTower()
    monkeypatch.setattr(text_search, "_process", made)
    return made


def test_each_image_gets_the_class_whose_text_is_most_like_it(color_project: Project, tower: ColorTower) -> None:
    run = color_project.zero_shot("colored {}")
    assert tower.texts == ["colored a", "colored b"]
    logits, pixels = run.folder.logits(), np.asarray(color_project.images.pixels)
    channels = pixels.reshape(len(pixels), -1, 3).mean(axis=1).argmax(axis=1)
    assert (logits[channels == 0].argmax(axis=1) == 0).all()
    assert (logits[channels == 2].argmax(axis=1) == 1).all()
    assert np.abs(logits).max() <= 100
    assert run.record.config.imported_model == "text model tiny-clip"


def test_the_command_tells_that_nothing_is_guaranteed(
    color_project: Project, tower: ColorTower, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(capsys)
    code, out, _ = shell("zero-shot", color_project.path)
    assert code == 0
    assert GUESSES in out
    assert shell.json("zero-shot", color_project.path)["note"] == GUESSES


def test_a_prompt_without_a_place_for_the_class_is_refused(color_project: Project, tower: ColorTower) -> None:
    for prompt in ("a photo", "{} and {}"):
        with pytest.raises(InputError, match=r"A prompt has \{\} once"):
            zero_shot(color_project.workspace, prompt)


def test_a_project_without_a_text_model_says_what_to_compute(trained_project: Project) -> None:
    with pytest.raises(InputError, match="--extractor clip:FOLDER"):
        trained_project.zero_shot()
