"""The command line as a person types it: through `main`, with its output and exit codes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from core import Project
from core.cli.app import COMMANDS, main
from core.cli.output import percent

RUN = "001-supervised-mlp"

BASE = "001-supervised-mlp"


class Shell:
    """Types commands; answers with exit code, output and error text."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: object) -> tuple[int, str, str]:
        try:
            main([str(word) for word in words])
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        captured = self._capsys.readouterr()
        return code, captured.out, captured.err

    def json(self, *words: object) -> Any:
        code, out, err = self(*words, "--json")
        assert (code, err) == (0, "")
        return json.loads(out)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(shell: Shell, command: str) -> None:
    code, out, _ = shell(command, "--help")
    assert code == 0
    assert re.search(r"Usage: .*" + command, out)
    assert (COMMANDS[command].__doc__ or "").split(":")[0].split(",")[0] in " ".join(out.split())


def test_help_lists_every_command(shell: Shell) -> None:
    code, out, _ = shell("--help")
    assert code == 0
    assert all(re.search(rf"^\s*{command}\s", out, re.MULTILINE) for command in COMMANDS)


def test_a_sentence_and_exit_code_2_on_a_folder_that_is_no_project(shell: Shell, tmp_path: Path) -> None:
    code, out, err = shell("status", tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith("winnow: There is no Winnow project in")


def test_with_json_an_error_is_json_too(shell: Shell, tmp_path: Path) -> None:
    code, _, err = shell("status", tmp_path, "--json")
    assert code == 2
    assert "winnow new" in json.loads(err)["error"]


def test_new_makes_a_project_with_the_split_that_was_asked_for(shell: Shell, pictures: Path, tmp_path: Path) -> None:
    facts = shell.json(
        *("new", tmp_path / "p", "--source", pictures),
        *("--labeled", 30, "--val", 9, "--calibration", 12, "--test", 6, "--seed", 3),
    )
    assert {name: facts["splits"][name] for name in ("labeled", "val", "calibration", "test")} == {
        "labeled": 30,
        "val": 9,
        "calibration": 12,
        "test": 6,
    }
    assert facts["classes"] == ["circle", "cross", "stripes"]


def test_a_setting_out_of_range_is_refused_before_anything_is_written(shell: Shell, trained_project: Project) -> None:
    code, _, err = shell("train", trained_project.path, "--batch-size", 0)
    assert code == 2
    assert "batch_size" in err
    assert len(trained_project.runs()) == 1


def test_train_without_waiting_answers_at_once_and_cancel_stops_it(shell: Shell, trained_project: Project) -> None:
    facts = shell.json("train", trained_project.path, "--model", "mlp", "--epochs", 50_000, "--no-wait")
    run = facts["run"]
    assert shell("cancel", trained_project.path, run)[0] == 0
    with pytest.raises(Exception, match="cancelled"):
        trained_project.wait_run(run, timeout=60)
    assert shell("cancel", trained_project.path, run)[0] == 2, "there is nothing left to cancel"


def test_select_says_what_the_python_face_says(shell: Shell, trained_project: Project) -> None:
    facts = shell.json("select", trained_project.path, RUN, "--param", "threshold=0.5")
    selection = trained_project.select(RUN, "fixed_threshold", threshold=0.5)
    assert facts["count"] == selection.count
    assert facts["error"]["n"] == selection.error.n
    assert facts["coverage"] == pytest.approx(selection.coverage)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--rule", "best_guess"), "best_guess"),
        (("--param", "threshold=2"), "threshold"),
        (("--param", "threshold"), "name=number"),
        (("--param", "tau=0.5"), "tau"),
    ],
)
def test_a_wrong_rule_or_parameter_is_a_sentence(
    shell: Shell, trained_project: Project, words: tuple[str, ...], sentence: str
) -> None:
    code, _, err = shell("select", trained_project.path, RUN, *words)
    assert code == 2
    assert sentence in err


def test_score_lists_the_most_doubtful_first(shell: Shell, trained_project: Project) -> None:
    images = shell.json("score", trained_project.path, RUN, "--count", 5)["images"]
    entropies = [image["entropy"] for image in images]
    assert entropies == sorted(entropies, reverse=True)
    assert entropies[0] == pytest.approx(float(trained_project.scores(RUN).scores.entropy.max()))


def test_decide_accepts_relabels_and_undoes(shell: Shell, trained_project: Project) -> None:
    path, image = trained_project.path, int(trained_project.splits.pool[0])
    assert shell.json("decide", path, RUN, "--image", image)["verdict"] == "accept"
    shell.json("decide", path, RUN, "--image", image, "--verdict", "relabel", "--label", "cross")
    assert shell.json("curate", path)["labels"]["corrected"] == 1
    assert shell.json("decide", path, RUN, "--undo")["verdict"] == "undo"
    assert shell.json("curate", path)["labels"] == {"given": 15, "accepted": 1, "corrected": 0, "bulk": 0}


def test_accept_all_is_one_line_that_names_its_number(shell: Shell, trained_project: Project) -> None:
    facts = shell.json("decide", trained_project.path, RUN, "--bulk-accept", "--param", "threshold=0.5")
    assert facts["num_images"] == trained_project.select(RUN, "fixed_threshold", threshold=0.5).count
    assert len(trained_project.decisions.all()) == 1


@pytest.mark.parametrize(
    "words",
    [(), ("--image", 1, "--undo"), ("--image", 10**9), ("--image", 0, "--verdict", "relabel", "--label", "dog")],
)
def test_a_decision_that_makes_no_sense_is_refused(
    shell: Shell, trained_project: Project, words: tuple[object, ...]
) -> None:
    assert shell("decide", trained_project.path, RUN, *words)[0] == 2
    assert trained_project.decisions.all() == []


def test_nothing_to_undo_is_a_sentence(shell: Shell, trained_project: Project) -> None:
    code, _, err = shell("decide", trained_project.path, RUN, "--undo")
    assert code == 2
    assert "undo" in err


def test_compare_of_a_run_with_itself_differs_by_nothing(shell: Shell, trained_project: Project) -> None:
    facts = shell.json("compare", trained_project.path, RUN, RUN)
    assert facts["difference"]["value"] == 0
    assert facts["p_value"] == 1


def test_export_writes_where_it_says(shell: Shell, trained_project: Project, tmp_path: Path) -> None:
    facts = shell.json("export", trained_project.path, tmp_path / "out", "--kind", "parquet")
    assert Path(facts["path"]).exists()
    assert shell("export", trained_project.path, tmp_path / "out2", "--kind", "model")[0] == 2


def test_an_unknown_proportion_reads_as_unknown() -> None:
    assert percent(float("nan")) == "unknown"
    assert percent(0.025) == "2.5 %"


def test_train_with_a_preset_and_several_seeds_waits_for_all(shell: Shell, trained_project: Project) -> None:
    words = ("--model", "mlp", "--epochs", "1", "--batch-size", "15", "--precision", "fp32", "--unlabeled-ratio", "2")
    code, _, err = shell("train", str(trained_project.path), "--preset", "fixmatch", "--seeds", "2", *words, "--json")
    assert code == 0, err
    runs = trained_project.runs()[1:]
    assert [run.status.state for run in runs] == ["done", "done"]
    assert [(run.record.config.method, run.record.config.seed) for run in runs] == [("fixmatch", 0), ("fixmatch", 1)]
    assert runs[0].record.config.ramp == "none"  # the preset's, not the default's


def test_a_rule_of_a_preset_or_of_ones_own_picks_from_the_parent(shell: Shell, trained_project: Project) -> None:
    words = ("--parent", BASE, "--model", "mlp", "--epochs", "1", "--batch-size", "15", "--precision", "fp32")
    path = str(trained_project.path)
    assert shell("train", path, "--preset", "self_training_entropy", *words)[0] == 0
    own = ("--method", "self_training", "--rule", "highest_confidence", "--param", "percent=50")
    assert shell("train", path, *own, *words)[0] == 0
    assert [run.record.rule for run in trained_project.runs()[1:]] == [
        {"rule": "lowest_entropy", "percent": 10.0}, {"rule": "highest_confidence", "percent": 50.0},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--preset", "magic"], "There is no preset called 'magic'"),
        (["--launcher", "slurm"], "There is no launcher called 'slurm'. There are: process, torchrun"),
        (["--nodes", "2"], "Several machines need --launcher torchrun"),
        (["--devices", "5"], "batch_size must be a multiple of devices"),
        (["--model", "mlp", "--pretrained", "imagenet"], "mlp has no pretrained weights"),
        (["--wrn-depth", "20"], "wrn_depth must be 6 n + 4"),
    ],
)
def test_a_launch_that_makes_no_sense_is_a_sentence(
    shell: Shell, trained_project: Project, words: list[str], sentence: str
) -> None:
    code, _, err = shell("train", str(trained_project.path), *words)
    assert code == 2
    assert sentence in err
    assert len(trained_project.runs()) == 1


def test_rounds_answer_with_a_line_each(shell: Shell, trained_project: Project) -> None:
    words = ("--model", "mlp", "--epochs", "1", "--batch-size", "15", "--precision", "fp32")
    code, out, err = shell("curriculum", str(trained_project.path), BASE, "--rounds", "2", *words)
    assert code == 0, err
    assert [line.split()[0] for line in out.splitlines()] == ["002-self_training-mlp", "003-self_training-mlp"]


def test_noise_tells_how_far_apart(shell: Shell, trained_project: Project) -> None:
    code, out, err = shell("ood", str(trained_project.path), BASE)
    assert code == 0, err
    assert [line.split()[0] for line in out.splitlines()] == ["entropy", "energy", "neighbor"]
    assert "AUROC" in out
