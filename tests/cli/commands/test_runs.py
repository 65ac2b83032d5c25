"""`winnow train`, `cancel` and `curriculum` start, stop and list runs."""

from dataclasses import replace

import pytest

from core import Project
from tests.cli.shell import Shell
from tests.experiments.plans.test_time_estimates import keep_times

RUN = "001-supervised-mlp"


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


def test_train_with_a_preset_and_several_seeds_waits_for_all(shell: Shell, trained_project: Project) -> None:
    words = ("--model", "mlp", "--epochs", "1", "--batch-size", "15", "--precision", "fp32", "--unlabeled-ratio", "2")
    code, _, err = shell("train", str(trained_project.path), "--preset", "fixmatch", "--seeds", "2", *words, "--json")
    assert code == 0, err
    runs = trained_project.runs()[1:]
    assert [run.status.state for run in runs] == ["done", "done"]
    assert [(run.record.config.method, run.record.config.seed) for run in runs] == [("fixmatch", 0), ("fixmatch", 1)]
    assert runs[0].record.config.ramp == "none"  # the preset's, not the default's


def test_a_rule_of_a_preset_or_of_ones_own_picks_from_the_parent(shell: Shell, trained_project: Project) -> None:
    words = ("--parent", RUN, "--model", "mlp", "--epochs", "1", "--batch-size", "15", "--precision", "fp32")
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


def test_curriculum_prints_one_line_per_round(shell: Shell, trained_project: Project) -> None:
    words = ("--model", "mlp", "--epochs", "1", "--batch-size", "15", "--precision", "fp32")
    code, out, err = shell("curriculum", str(trained_project.path), RUN, "--rounds", "2", *words)
    assert code == 0, err
    assert [line.split()[0] for line in out.splitlines()] == ["002-self_training-mlp", "003-self_training-mlp"]


def test_a_network_is_compared_with_the_latest_head_when_it_ends_and_in_the_status(
    shell: Shell, trained_project: Project
) -> None:
    path = trained_project.path
    assert shell.json("status", path, RUN)["runs"][0]["head_comparison"] is None
    head = shell.json("train", path, "--method", "head", "--extractor", "pixels")
    assert head["head_comparison"] is None
    words = ("--model", "mlp", "--epochs", "1", "--batch-size", "15", "--precision", "fp32")
    code, out, err = shell("train", path, *words)
    assert code == 0, err
    found = trained_project.compare_with_head("003-supervised-mlp")
    assert found is not None
    assert found.head == head["run"]
    assert out.rstrip().endswith(found.sentence)
    assert found.sentence in shell("status", path)[1]
    facts = shell.json("status", path, "003-supervised-mlp")["runs"][0]["head_comparison"]
    assert (facts["head"], facts["n"], facts["sentence"]) == (head["run"], found.paired.n, found.sentence)


def test_a_network_says_which_weights_it_kept(shell: Shell, trained_project: Project) -> None:
    words = ("--model", "mlp", "--epochs", "2", "--batch-size", "15", "--precision", "fp32")
    for rule, start in (("last", "Kept the"), ("best", "Kept the averaged weights of epoch")):
        facts = shell.json("train", trained_project.path, *words, "--kept-weights", rule)
        assert facts["message"].startswith(start)
        assert facts["kept_epoch"] == (2 if rule == "last" else facts["best_epoch"])
    code, _, err = shell("train", trained_project.path, *words, "--kept-weights", "median")
    assert code == 2
    assert "'median' is not one of 'clear_best', 'best', 'last'" in err


def test_the_status_says_whether_a_fine_tuned_network_beat_the_head_that_it_began_from(
    shell: Shell, trained_project: Project
) -> None:
    run, note = trained_project.run(RUN), "On 30 val images fine-tuning is not shown to be better than the head."
    assert note not in shell("status", trained_project.path)[1]
    run.folder.write_status(replace(run.status, head_note=note))
    assert f"{RUN}: {note}" in shell("status", trained_project.path)[1]
    assert shell.json("status", trained_project.path)["runs"][0]["head_note"] == note


def test_the_table_of_runs_is_edited_by_options(shell: Shell, trained_project: Project) -> None:
    path = trained_project.path
    assert shell("runs", path, RUN, "--name", "First", "--note", "blurred", "--star")[0] == 0
    (row,) = shell.json("runs", path)["runs"]
    assert (row["run"], row["name"], row["note"], row["star"]) == (RUN, "First", "blurred", True)
    assert f"First · {RUN}" in shell("runs", path)[1]
    assert shell.json("runs", path, RUN, "--delete") == {"runs": [], "deleted": [RUN]}
    assert shell.json("runs", path, RUN, "--restore")["runs"] == [row]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(("--star",), "Which run?"), ((RUN,), "Do what with the run?"), ((RUN, "--delete", "--star"), "Do what")],
)
def test_half_an_order_to_the_table_of_runs_is_asked_back(
    shell: Shell, trained_project: Project, words: tuple[str, ...], sentence: str
) -> None:
    code, _, err = shell("runs", trained_project.path, *words)
    assert code == 2
    assert sentence in err


def test_a_dry_run_says_what_would_run_and_how_long_and_starts_nothing(
    shell: Shell, trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_times(monkeypatch)
    words = ("train", trained_project.path, "--dry-run")
    code, out, _ = shell(*words, "--epochs", 10, "--batch-size", 5, "--seeds", 2)
    assert code == 0
    assert "small_cnn, 10 epochs, seed 1." in out
    assert "15 s, start 4 s" in out
    assert "In all about" in out
    assert "Nothing was started.\n" in f"{out}\n"
    assert "Control runs" not in out, "nothing was decided"
    _, out, _ = shell(*words, "--epochs", 10, "--devices", 2, "--batch-size", 14, "--seeds", 2)
    assert "How long all 2 runs take is not known." in out
    assert "In all about" not in out
    facts = shell.json(*words, "--goal", "ten-minutes")
    assert facts["goal"] == "ten-minutes"
    assert facts["runs"][0]["config"]["method"] == "head"
    assert facts["seconds"] == pytest.approx(sum(run["seconds"] for run in facts["runs"]))
    assert facts["expected"]
    assert len(trained_project.runs()) == 1


def test_a_goal_starts_its_runs_and_takes_no_settings(shell: Shell, trained_project: Project) -> None:
    code, _, err = shell("train", trained_project.path, "--goal", "quick-look", "--epochs", 3)
    assert code == 2
    assert "--goal chooses the settings: leave --epochs out" in err
    assert shell("train", trained_project.path, "--goal", "tomorrow")[0] == 2
    code, _, err = shell("train", trained_project.path, "--goal", "quick-look")
    assert code == 0, err
    (run,) = trained_project.runs()[1:]
    assert (run.record.config.method, run.status.state) == ("head", "done")
