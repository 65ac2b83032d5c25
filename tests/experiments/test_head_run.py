"""A head run suggests like any other run: reviewed, refitted, compared, in seconds and without torch."""

import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import (
    ConfigError,
    InputError,
    Project,
    RunError,
    RunRequest,
    RunStatus,
    SimulateConfig,
    Simulations,
    TrainConfig,
)  # fmt: skip
from core.base.types import LIVE_STATES
from core.cli import main
from core.data.groups.image_groups import ImageGroups, save_groups
from core.experiments.head_worker import HeadWorker
from core.experiments.label_snapshot import freeze
from core.experiments.prepare import _check_labels
from core.features.catalog import find_extractor
from core.features.extractors import Extractor
from core.features.progress import locked
from core.simulation.simulation_worker import run_simulation
from tests.conftest import CLASSES, SMALL

HEAD = TrainConfig(method="head", extractor="pixels")


@pytest.fixture
def project(pictures: Path, tmp_path: Path) -> Project:
    """A project with a finished head run."""
    made = Project.create(tmp_path / "shapes", pictures, split=SMALL)
    made.wait_run(made.start_run(HEAD).id, timeout=120)
    return made


def test_a_head_run_has_scores_a_threshold_and_a_target_error_like_any_run(project: Project) -> None:
    (run,) = project.runs()
    assert run.id == "001-head-pixels"
    assert run.status.state == "done"
    assert run.status.best_val_accuracy == pytest.approx(run.metrics()[0]["val_accuracy"])
    scores = project.scores(run.id)
    assert len(scores.ids) == len(project.splits.pool)
    test = project.splits.test
    accuracy = float((run.folder.logits()[test].argmax(axis=1) == project.images.labels[test]).mean())
    assert accuracy > 0.5, "three classes, so chance is 0.33"
    assert project.select(run.id, "fixed_threshold", threshold=0.5).count > 0
    assert project.review(run.id).histogram.counts("confidence")
    assert run.folder.features().shape[0] == len(project.images.pixels)


def test_a_head_with_few_val_images_is_cross_validated_over_its_labels_and_says_so(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    (run,) = project.runs()
    found = run.cross_validated
    assert found is not None
    assert found.n == len(project.splits.labeled) == 15
    (row,) = project.run_table.rows()
    assert row.cross_validated == found
    said = f"cross-validated {100 * found.value:.1f} %"
    for command in ("status", "runs"):
        with pytest.raises(SystemExit, match="0"):
            main([command, str(project.path)])
        out = capsys.readouterr().out
        assert said in out
        assert "of 15 labels" in out
    (run.folder.path / "cross_validation.json").write_text("{}")
    (row,) = Project.open(project.path).run_table.rows()
    assert row.cross_validated is None
    assert row.problem is not None
    assert "holds no counts" in row.problem


def test_one_label_of_each_group_counts_in_cross_validation_and_none_that_was_accepted_in_bulk(
    project: Project,
) -> None:
    (run,) = project.runs()
    project.bulk_accept(run.id, "fixed_threshold", threshold=0.0)
    again = project.wait_run(project.start_run(HEAD).id, timeout=120)
    assert again.cross_validated is not None
    assert again.cross_validated.n == 15
    of_image = np.arange(len(project.images.pixels))
    members = np.sort(project.splits.labeled)[:6]
    of_image[members] = members[0]
    save_groups(project.path, ImageGroups("test", of_image))
    grouped = project.wait_run(project.start_run(HEAD).id, timeout=120)
    assert grouped.cross_validated is not None
    assert grouped.cross_validated.n == 10


def test_a_distillation_without_two_classes_or_without_a_pool_is_refused_before_it_is_queued(project: Project) -> None:
    config = TrainConfig(method="distillation")
    given = freeze(project.workspace, project.decisions, is_curated=False).curated
    with pytest.raises(InputError, match="labeled images of two classes"):
        _check_labels(config, replace(given, labels=np.zeros_like(given.labels)), 10)
    with pytest.raises(InputError, match="choose supervised"):
        _check_labels(config, given, 0)
    _check_labels(config, given, 10)


def test_a_head_with_enough_val_images_is_not_cross_validated(pictures: Path, tmp_path: Path) -> None:
    split = SMALL.model_copy(update={"val": 50, "calibration": 12, "test": 12})
    made = Project.create(tmp_path / "more", pictures, split=split)
    assert made.wait_run(made.start_run(HEAD).id, timeout=120).cross_validated is None


def test_decisions_change_the_next_head(project: Project) -> None:
    (run,) = project.runs()
    pool = project.splits.pool
    said = run.folder.logits()[pool].argmax(axis=1)
    for image, label in zip(pool[:20].tolist(), ((said[:20] + 1) % 3).tolist(), strict=True):
        project.decide(run.id, "relabel", image, label)
    project.decide(run.id, "reject", int(pool[30]))
    second = project.wait_run(project.start_run(HEAD, parent=run.id).id, timeout=120)
    now = second.folder.logits()[pool].argmax(axis=1)
    assert (now[:20] == (said[:20] + 1) % 3).mean() > (now[:20] == said[:20]).mean()
    third = project.wait_run(project.start_run(HEAD, parent=run.id).id, timeout=120)
    assert third.folder.logits().tobytes() == second.folder.logits().tobytes(), "the same labels, the same bytes"
    comparison = project.compare(run.id, second.id)
    assert comparison.comparison.difference is not None
    undecided = project.start_run(HEAD, parent=run.id, is_curated=False)
    unchanged = project.wait_run(undecided.id, timeout=120).folder.logits()
    assert unchanged.tobytes() == run.folder.logits().tobytes(), "no decision went into it"


def test_features_are_computed_once(project: Project) -> None:
    (folder,) = (project.path / "features").iterdir()
    before = (folder / "features.npy").stat().st_mtime_ns
    project.wait_run(project.start_run(HEAD).id, timeout=120)
    assert (folder / "features.npy").stat().st_mtime_ns == before
    assert [one.name for one in (project.path / "features").iterdir()] == [folder.name]


@pytest.mark.parametrize("kind", ["logistic", "label_propagation"])
def test_each_head_is_a_choice(project: Project, kind: str) -> None:
    run = project.start_run(HEAD.model_copy(update={"head": kind}))
    status = project.wait_run(run.id, timeout=120).status
    assert status.best_val_accuracy is not None
    assert status.best_val_accuracy > 0.4


def test_an_extractor_that_is_not_there_fails_the_run_with_a_sentence(project: Project) -> None:
    run = project.start_run(HEAD.model_copy(update={"extractor": "hogg"}))
    with pytest.raises(RunError, match="hogg"):
        project.wait_run(run.id, timeout=120)
    assert run.status.state == "failed"
    assert project.runs()[0].status.state == "done", "nothing was lost"


def test_a_head_takes_no_weights_to_start_from() -> None:
    with pytest.raises(ConfigError, match="no weights to start from"):
        TrainConfig.checked({"method": "head", "warm_start": True})


def test_a_head_has_no_model_to_export(project: Project, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="head"):
        project.export("model", tmp_path / "out", "001-head-pixels")
    with pytest.raises(InputError, match="head"):
        project.quality.check_ood("001-head-pixels")


def test_the_command_line_fits_a_head(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["train", str(project.path), "--method", "head", "--extractor", "pixels"])
    assert "002-head-pixels" in capsys.readouterr().out


def test_the_status_names_the_extractor_and_no_epoch(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    def said() -> str:
        with pytest.raises(SystemExit, match=r"^0$"):
            main(["status", str(project.path)])
        return capsys.readouterr().out

    (run,) = project.runs()
    assert f"{run.id}  done  head pixels seed 0  val " in said()
    run.folder.write_status(RunStatus("queued", "Waiting.", epochs=1))
    live = said()
    assert "Waiting." in live
    assert "epoch" not in live
    assert "small_cnn" not in live


def test_own_features_are_imported_once_and_outlive_their_file(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.random.default_rng(0).normal(size=(len(project.images.pixels), 4)).astype(np.float32)
    values[np.arange(len(values)), project.images.labels] += 5
    np.save(tmp_path / "mine.npy", values)
    monkeypatch.chdir(tmp_path)
    config = HEAD.model_copy(update={"extractor": "own:mine.npy"})
    run = project.wait_run(project.start_run(config).id, timeout=120)
    assert run.id == "002-head-own-mine.npy"
    assert run.record.config.extractor == f"own:{tmp_path / 'mine.npy'}"
    assert run.record.config.model_name == "own:mine.npy"
    assert run.status.best_val_accuracy == 1.0
    (folder,) = (project.path / "features").glob("own_*")
    written = (folder / "features.npy").stat().st_mtime_ns
    Path("mine.npy").unlink()
    again = project.wait_run(project.start_run(config).id, timeout=120)
    assert again.folder.logits().tobytes() == run.folder.logits().tobytes()
    assert (folder / "features.npy").stat().st_mtime_ns == written


@pytest.mark.parametrize(("name", "said"), [
    ("own:none.npy", r"none\.npy does not exist, and no features of a file of that name are stored"),
    ("own:few.npy", r"few\.npy has 3 rows and the project \d+ images"),
])  # fmt: skip
def test_own_features_that_do_not_fit_fail_the_run_with_a_sentence(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("few.npy", np.ones((3, 2), dtype=np.float32))
    run = project.start_run(HEAD.model_copy(update={"extractor": name}))
    with pytest.raises(RunError, match=said):
        project.wait_run(run.id, timeout=120)


def test_head_runs_at_once_wait_for_the_features_of_the_first(project: Project) -> None:
    config = HEAD.model_copy(update={"extractor": "hog"})
    key = project.path / "features" / find_extractor("hog").key
    with locked(key):
        runs = project.start_runs([config, config.model_copy(update={"seed": 1})], RunRequest())
        time.sleep(2)
        assert {run.status.state for run in runs} <= set(LIVE_STATES)
    for run in runs:
        assert project.wait_run(run.id, timeout=120).status.state == "done"


@pytest.mark.parametrize("is_allowed", [False, True])
def test_a_download_is_allowed_by_the_setting_alone(
    project: Project, monkeypatch: pytest.MonkeyPatch, is_allowed: bool
) -> None:
    seen: list[bool] = []

    def find(_: str, *, allow_download: bool) -> Extractor:
        seen.append(allow_download)
        return find_extractor("pixels")

    monkeypatch.setattr("core.features.catalog.find_extractor", find)
    monkeypatch.setattr("core.experiments.runs.start", lambda *_, **__: None)
    config = HEAD.model_copy(update={"extractor": "timm:resnet18", "allow_download": is_allowed})
    assert HeadWorker(project.path, project.start_run(config).id).run() == 0
    assert seen == [is_allowed]


def test_fitting_a_head_needs_no_torch() -> None:
    code = "import sys, core.experiments.head_worker; sys.exit('torch' in sys.modules)"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_a_simulated_review_refits_the_head(pictures: Path, tmp_path: Path) -> None:
    for name in CLASSES:
        shutil.copytree(pictures / name, tmp_path / "known" / name)
    project = Project.create(tmp_path / "shapes", tmp_path / "known", split=SMALL)
    settings = SimulateConfig(rounds=2, clicks=10, error_rate=0.0, controls=False)
    simulation = Simulations(project.workspace).prepare(["margin"], ["none"], settings, HEAD)
    run_simulation(simulation, project)
    assert simulation.status.state == "done"
    points = simulation.points()
    assert [point.round for point in points] == [0, 1, 2]
    assert [point.accepted for point in points] == [0, 10, 20]
    assert len(list((project.path / "features").iterdir())) == 1, "all sandboxes share the features"
