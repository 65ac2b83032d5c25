"""A head run suggests like any other run: reviewed, refitted, compared, in seconds and without torch."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core import ConfigError, InputError, Project, RunError, SimulateConfig, Simulations, TrainConfig
from core.cli import main
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
