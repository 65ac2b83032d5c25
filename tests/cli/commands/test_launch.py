"""`winnow train` and `resume` start runs over several processes and machines."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from core import Project
from core.base.errors import RunError
from core.workspace.run import Run
from tests.cli.shell import typed

QUICK = ("--model", "mlp", "--epochs", 2, "--batch-size", 14, "--precision", "fp32", "--device", "cpu")


@pytest.mark.parametrize("words", [("--devices", 2), ("--devices", 2, "--launcher", "torchrun")])
def test_two_processes_train_a_run_to_its_end(
    trained_project: Project, capsys: pytest.CaptureFixture[str], words: tuple[object, ...]
) -> None:
    code, out, err = typed(capsys, "train", trained_project.path, *words, *QUICK, "--method", "fixmatch", "--json")
    assert (code, err) == (0, "")
    facts = json.loads(out)
    assert (facts["state"], facts["device"]) == ("done", "2 x cpu")
    assert "elsewhere" not in facts
    assert trained_project.scores(facts["run"]).ids.tolist() == trained_project.splits.pool.tolist()


def free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


def typed_elsewhere(command: str, folder: Path) -> "subprocess.Popen[bytes]":
    """Run the printed command in another process and folder, like another machine."""
    parts = command.split(" ")
    at = parts.index("python")
    around = dict(part.split("=") for part in parts[:at])
    assert around["TORCH_DISABLE_SHARE_RDZV_TCP_STORE"] == "1"
    words = [sys.executable, *parts[at + 1 :]]
    with (folder / "elsewhere.txt").open("wb") as log:
        return subprocess.Popen(words, cwd=folder, env=os.environ | around, stdout=log, stderr=log)


def until(is_so: Callable[[], bool], run: Run, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, run.log_tail(60)
        assert run.status.state in ("queued", "running"), run.log_tail(60)
        time.sleep(0.1)


def test_two_machines_meet_and_meet_again_after_a_stop(
    trained_project: Project, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    far = ("--launcher", "torchrun", "--nodes", 2, "--rendezvous", f"127.0.0.1:{free_port()}")
    words = (*far, *QUICK, "--epochs", 100_000, "--checkpoint-epochs", 1, "--no-wait", "--json")
    code, out, err = typed(capsys, "train", trained_project.path, *words)
    assert (code, err) == (0, "")
    run = trained_project.run(json.loads(out)["run"])
    for number in (1, 2):  # started, then resumed by a command that says nothing of machines
        other = typed_elsewhere(json.loads(out)["elsewhere"], tmp_path)
        before = len(run.metrics())
        until(lambda before=before: len(run.metrics()) > before, run)  # type: ignore[misc]
        assert run.status.device == "2 x cpu"
        trained_project.cancel_run(run.id)
        with pytest.raises(RunError, match="is cancelled"):
            trained_project.wait_run(run.id, timeout=60)
        assert other.wait(60) == 0
        if number == 1:
            code, out, err = typed(capsys, "resume", trained_project.path, run.id, "--no-wait", "--json")
            assert (code, err) == (0, "")


class Begun:
    """Stand-in for a started process; only its command matters."""

    commands: ClassVar[list[list[str]]] = []
    pid = 1

    def __init__(self, command: list[str], **_: object) -> None:
        self.commands.append(command)

    def wait(self) -> int:
        return 0


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return the commands of the processes that a test would have started."""
    monkeypatch.setattr(Begun, "commands", [])
    monkeypatch.setattr("core.jobs.start.subprocess.Popen", Begun)
    return Begun.commands


def test_each_seed_has_its_own_command_for_the_other_machine(
    trained_project: Project, capsys: pytest.CaptureFixture[str], commands: list[list[str]]
) -> None:
    far = ("--launcher", "torchrun", "--nodes", 2, "--rendezvous", "first:29500")
    code, out, _ = typed(capsys, "train", trained_project.path, *far, *QUICK, "--seeds", 2, "--no-wait")
    assert code == 0
    runs = trained_project.runs()[1:]
    assert len(runs) == len(commands) == 2
    said = [line for line in out.splitlines() if "torch.distributed.run" in line]
    assert [line.split()[-1] for line in said] == [run.id for run in runs]
    assert all("TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 " in line for line in said)
    assert all("--rdzv-endpoint first:29500" in line for line in said)


def test_resume_takes_what_is_typed_in_place_of_what_the_run_was_started_with(
    trained_project: Project, capsys: pytest.CaptureFixture[str], commands: list[list[str]]
) -> None:
    far = ("--launcher", "torchrun", "--nodes", 3, "--rendezvous", "first:29500")
    typed(capsys, "train", trained_project.path, *far, *QUICK, "--no-wait")
    run = trained_project.runs()[-1]
    run.folder.write_status(replace(run.status, state="failed"))
    assert typed(capsys, "resume", trained_project.path, run.id, "--rendezvous", "second:1", "--no-wait")[0] == 0
    assert commands[-1][-7:] == ["--torchrun", "1", "--nodes", "3", "--rendezvous", "second:1", "--resume"]
    run.folder.write_status(replace(run.status, state="failed"))
    code, out, _ = typed(capsys, "resume", trained_project.path, run.id, "--nodes", 1, "--no-wait")
    assert (code, "torch.distributed.run" in out) == (0, False)
    run.folder.write_status(replace(run.status, state="failed"))
    trained_project.resume_run(run.id)  # from Python and from the page: as the last time
    assert commands[-1][-7:] == ["--torchrun", "1", "--nodes", "1", "--rendezvous", "second:1", "--resume"]


@pytest.mark.parametrize("words", [(), ("--no-controls",), ("--no-curated",)])
def test_controls_stand_behind_a_curated_run_unless_told_not_to(
    trained_project: Project, capsys: pytest.CaptureFixture[str], commands: list[list[str]], words: tuple[str, ...]
) -> None:
    base = trained_project.runs()[0].id
    trained_project.decide(base, "accept", int(trained_project.splits.pool[0]))
    trained_project.bulk_accept(base, "lowest_entropy", percent=40)
    path = trained_project.path
    code, out, err = typed(capsys, "train", path, "--parent", base, *QUICK, "--no-wait", "--json", *words)
    assert (code, err) == (0, "")
    facts, controls = json.loads(out), [run for run in trained_project.runs() if run.control is not None]
    assert facts["controls"] == [run.id for run in controls]
    assert [run.control.of for run in controls if run.control is not None] == ([] if words else [facts["run"]])
    assert len(commands) == 1 + len(controls)
    code, out, _ = typed(capsys, "status", path)
    assert out.count(f"threshold-only control of {facts['run']}") == len(controls)


def test_a_method_named_without_a_preset_has_its_own_recipe(
    trained_project: Project, capsys: pytest.CaptureFixture[str], commands: list[list[str]]
) -> None:
    for words in (("--method", "fixmatch"), ("--method", "fixmatch", "--ramp", "linear", "--ema-decay", 0.9)):
        code, out, err = typed(capsys, "train", trained_project.path, *words, *QUICK, "--no-wait", "--json")
        assert (code, err) == (0, "")
        config = json.loads(out)["config"]
        expected = (7, "none", 0.999) if len(words) == 2 else (7, "linear", 0.9)
        assert (config["unlabeled_ratio"], config["ramp"], config["ema_decay"]) == expected
    assert len(commands) == 2


def test_status_says_the_median_of_the_last_evaluations_beside_the_best(
    trained_project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    run = trained_project.runs()[0]
    run.folder.metrics_path.write_text("")
    for value in (0.99, 0.1, 0.5, 0.7, 0.2, None, 0.6):
        run.folder.append_metrics({"epoch": 1, "val_accuracy": value})
    run.folder.write_status(replace(run.status, best_val_accuracy=0.99))
    code, out, _ = typed(capsys, "status", trained_project.path, "--json")
    (facts,) = json.loads(out)["runs"]
    assert (code, facts["best_val_accuracy"], facts["last_val_accuracy"]) == (0, 0.99, 0.5)
    assert "val best 99.0 %, median of last 5 50.0 %" in typed(capsys, "status", trained_project.path)[1]
    run.folder.metrics_path.write_text("")
    run.folder.append_metrics({"epoch": 1, "val_accuracy": 0.25})
    run.folder.append_metrics({"epoch": 2, "val_accuracy": 0.75})
    assert run.last_val_accuracy == 0.5  # two evaluations: their median
