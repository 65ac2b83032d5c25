"""Wrong input is refused with a sentence and loses no data."""

import json
from pathlib import Path

import pytest

from core import DataError, InputError, Project, RunError, SplitConfig, TrainConfig
from tests.conftest import QUICK


def test_a_folder_that_is_no_project_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="winnow new"):
        Project.open(tmp_path)


def test_a_project_of_a_newer_version_asks_for_an_update(untrained_project: Project) -> None:
    file = untrained_project.path / "project.toml"
    file.write_text(file.read_text().replace("format = 1", "format = 99"))
    with pytest.raises(DataError, match="newer version"):
        Project.open(untrained_project.path)


def test_a_torn_project_file_is_named(untrained_project: Project) -> None:
    (untrained_project.path / "project.toml").write_text('format = 1\nname = "ha')
    with pytest.raises(DataError, match=r"project\.toml"):
        Project.open(untrained_project.path)


def test_a_folder_in_the_place_of_the_project_file_is_named(untrained_project: Project) -> None:
    file = untrained_project.path / "project.toml"
    file.unlink()
    file.mkdir()
    with pytest.raises(DataError, match=r"project\.toml cannot be read"):
        Project.open(untrained_project.path)


@pytest.mark.parametrize("name", ['a "quoted" \\ name', "tab\tand\nline", "del\x7f", "\x00", "🦊", "a = 1 # [x]"])
def test_a_project_opens_whatever_its_name(pictures: Path, tmp_path: Path, name: str) -> None:
    Project.create(tmp_path / "new", pictures, name=name)
    assert Project.open(tmp_path / "new").name == name


def test_a_name_that_is_no_utf_8_is_a_sentence(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no UTF-8.*rename"):
        Project.create(tmp_path / "caf\udce9", pictures)
    assert list(tmp_path.glob("*caf*")) == []


def test_more_labels_than_there_are_leave_no_project_behind(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="60"):
        Project.create(tmp_path / "new", pictures, split=SplitConfig(labeled=900, val=0, calibration=0, test=0))
    assert list(tmp_path.glob("*new*")) == []


def test_an_existing_folder_is_never_written_into(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(InputError, match="not an empty folder"):
        Project.create(tmp_path / "mine", pictures)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "precious"


def test_a_misspelled_data_set_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cifar10"):
        Project.create(tmp_path / "new", "cifar01")


def test_one_broken_run_leaves_the_others_usable(trained_project: Project) -> None:
    broken = trained_project.path / "runs" / "000-broken"
    broken.mkdir()
    (broken / "run.json").write_text('{"format": 1, "run_')
    assert [run.id for run in trained_project.runs()] == ["001-supervised-mlp"]
    assert "run.json" in trained_project.broken_runs()["000-broken"]


def test_a_truncated_prediction_names_the_file(trained_project: Project) -> None:
    run = trained_project.runs()[0]
    file = run.folder.path / "predictions" / "logits.npy"
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(DataError, match=r"logits\.npy"):
        Project.open(trained_project.path).scores(run.id)


def test_a_run_that_is_not_there_names_those_that_are(trained_project: Project) -> None:
    with pytest.raises(InputError, match="001-supervised-mlp"):
        trained_project.run("002")


def test_self_training_without_a_decision_says_where_to_decide(trained_project: Project) -> None:
    with pytest.raises(InputError, match="Review"):
        trained_project.start_run(TrainConfig(method="self_training"), parent="001-supervised-mlp")


def test_a_loss_that_is_no_number_fails_the_run_with_a_sentence_and_nothing_else(trained_project: Project) -> None:
    wild = QUICK.model_copy(update={"learning_rate": 10.0, "weight_decay": 1.0, "ema_decay": 0.0, "epochs": 300})
    run = trained_project.start_run(wild)
    with pytest.raises(RunError, match=r"(?i)learning rate"):
        trained_project.wait_run(run.id, timeout=120)
    assert trained_project.scores("001-supervised-mlp").ids.size > 0


def test_status_of_a_run_that_never_wrote_one_is_not_a_traceback(trained_project: Project) -> None:
    run = trained_project.runs()[0]
    (run.folder.path / "status.json").write_text(json.dumps({"state": "done"})[:-4])
    assert "status.json" in trained_project.broken_runs()[run.id]
