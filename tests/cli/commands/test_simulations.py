"""`winnow simulate` prints a table, writes files and refuses bad input."""

import json
import shutil
from pathlib import Path

import pytest

from core import Project, SimulateConfig, Simulations
from tests.cli.shell import typed
from tests.conftest import CLASSES, QUICK, SMALL

FAST = ("--model", "mlp", "--epochs", "2", "--batch-size", "15", "--precision", "fp32", "--device", "cpu")


@pytest.fixture
def known_project(pictures: Path, tmp_path: Path) -> Project:
    for name in CLASSES:
        shutil.copytree(pictures / name, tmp_path / "known" / name)
    return Project.create(tmp_path / "shapes", tmp_path / "known", split=SMALL)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--queue", "doubt"), "no queue called 'doubt'"),
        (("--accept-rule", "perfect=1"), "no accept rule called 'perfect'"),
        (("--accept-rule", "conformal=2"), "between 0 and 1"),
        (("--error-rate", "1.5"), "error_rate: Input should be less than or equal to 1"),
        (("--clicks", "0"), "clicks: Input should be greater than or equal to 1"),
        (("--queue", "none", "--accept-rule", "none"), "Nothing to simulate"),
        (("--cancel", "7"), "none yet"),
        (("--show", "7"), "none yet"),
    ],
)
def test_a_simulation_that_cannot_be_is_a_sentence_and_leaves_nothing(
    known_project: Project, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str
) -> None:
    extra = ("--no-controls",) if "none" in words else ()
    code, out, err = typed(capsys, "simulate", known_project.path, *words, *extra)
    assert (code, out) == (2, "")
    assert sentence in err
    assert not (known_project.path / "simulations").exists()


def test_unknown_truth_is_a_sentence_in_json_too(
    untrained_project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = typed(capsys, "simulate", untrained_project.path, "--json")
    assert code == 2
    assert "its reviewer cannot be simulated" in json.loads(err)["error"]


def test_an_accept_rule_that_accepts_nothing_trains_the_baseline_alone(
    known_project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--queue", "none", "--accept-rule", "conformal=0.0001", "--no-controls", "--rounds", "2", *FAST)
    code, out, err = typed(capsys, "simulate", known_project.path, *words, "--json")
    assert (code, err) == (0, "")
    facts = json.loads(out)
    (row,) = facts["summary"]
    assert (row["clicks"], row["accepted"], row["accepted_error"], row["rounds"]) == (0, 0, None, 2)
    assert row["test_accuracy"] == row["baseline_accuracy"]
    assert facts["state"] == "done"
    folder = Path(facts["folder"])
    assert sorted(file.name for file in folder.glob("curves.*")) == ["curves.csv", "curves.json", "curves.svg"]
    assert not (folder / "sandbox").exists()


def test_show_prints_a_simulation_of_another_process(
    known_project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = SimulateConfig(rounds=2, controls=False)
    made = Simulations(known_project.workspace).prepare(["entropy", "random"], ["none"], settings, QUICK)
    code, out, err = typed(capsys, "simulate", known_project.path, "--show", made.id)
    assert (code, err) == (0, "")
    assert "Simulation 001: queued, 0 of 5 trainings." in out
    facts = json.loads(typed(capsys, "simulate", known_project.path, "--show", made.id, "--json")[1])
    assert facts["contestants"] == [one.label for one in made.strategies]
    assert facts["summary"] == []
