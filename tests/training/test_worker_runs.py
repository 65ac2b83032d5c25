"""The training worker trains whole runs on small images, in this process."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core import Project, Run, TrainConfig
from core.base.errors import TrainingError
from core.base.types import Ids, LabelSource
from core.data.splits import save_splits
from core.experiments.prepare import prepare_run
from core.store.run_folder import RunFolder
from core.training.batches.train_data import train_data
from core.training.loop.trainer import Trainer
from core.training.methods.methods import SECOND_VIEWS
from core.training.models.models import MODELS, build
from core.training.runtime.devices import choose_device
from core.training.worker import TrainingWorker
from tests.conftest import QUICK

CPU = torch.device("cpu")
SELF = QUICK.model_copy(update={"method": "self_training", "ramp": "none", "unlabeled_ratio": 2})
BASE = "001-supervised-mlp"


def prepared(project: Project, config: TrainConfig, parent: str | None = None) -> RunFolder:
    return prepare_run(project.workspace, project.decisions, config, parent, is_curated=True)


def trainer(project: Project, config: TrainConfig) -> Trainer:
    folder = prepared(project, config)
    needs_pool = config.method in SECOND_VIEWS
    data = train_data(project.images, project.splits, folder.curated(), CPU, needs_pool=needs_pool)
    _, height, width, channels = project.images.pixels.shape
    model = build(config.model, len(project.class_names), channels, height, width, config.seed)
    return Trainer(config, model, data, CPU, "fp32")


def decided(project: Project) -> Project:
    """Bulk-accept, reject and correct, so that every part of a step has images."""
    project.bulk_accept(BASE, "fixed_threshold", threshold=0.6)
    pool = project.scores(BASE)
    doubtful = pool.ids[np.argsort(pool.scores.confidence)[:6]]
    for image in doubtful[:3]:
        project.decide(BASE, "reject", int(image))
    for image in doubtful[3:]:
        project.decide(BASE, "relabel", int(image), 1)
    return project


def weights(of: Trainer) -> np.ndarray:
    return np.concatenate([p.detach().numpy().ravel() for p in of.average.model.parameters()])


def stop_after(steps: int, of: Trainer) -> bool:
    return of.run(lambda line: None, lambda: of.step >= steps)


@pytest.mark.parametrize("config", [QUICK, SELF], ids=["supervised", "self_training"])
@pytest.mark.parametrize("stop", [1, 5])
def test_a_resumed_training_equals_an_uninterrupted_one_bit_for_bit(
    trained_project: Project, config: TrainConfig, stop: int, tmp_path: Path
) -> None:
    project = decided(trained_project)
    small = config.model_copy(update={"batch_size": 6, "profile": "digits"})
    whole = trainer(project, small)
    assert stop_after(10**9, whole)
    first = trainer(project, small)
    assert not stop_after(stop, first)
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second = trainer(project, small)
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert stop_after(10**9, second)
    np.testing.assert_array_equal(weights(whole), weights(second))
    assert whole.best["epoch"] == second.best["epoch"]


def test_self_training_without_a_pseudo_label_equals_supervised(trained_project: Project) -> None:
    image = int(trained_project.splits.pool[0])
    trained_project.decide(BASE, "accept", image)
    found = [trainer(trained_project, config) for config in (QUICK, SELF)]
    for one in found:
        stop_after(10**9, one)
    np.testing.assert_array_equal(weights(found[0]), weights(found[1]))


def test_pseudo_labels_and_rejects_change_what_is_learned(trained_project: Project) -> None:
    project = decided(trained_project)
    plain, full = trainer(project, QUICK.model_copy(update={"reject_weight": 0.0})), trainer(project, SELF)
    assert set(full.streams) == {"labeled", "pseudo", "rejected"}
    assert set(plain.streams) == {"labeled"}
    for one in (plain, full):
        stop_after(10**9, one)
    assert np.abs(weights(plain) - weights(full)).max() > 1e-4


LARGE = ("resnet50", "convnext_tiny", "efficientnet_b0", "vit_b_16")


@pytest.mark.parametrize("model", LARGE)
def test_a_large_model_learns_its_labels(trained_project: Project, model: str) -> None:
    rate = 0.01 if model in ("convnext_tiny", "vit_b_16") else 0.05
    config = QUICK.model_copy(update={"model": model, "epochs": 8, "profile": "none", "learning_rate": rate})
    one = trainer(trained_project, config)
    lines: list[dict[str, Any]] = []
    one.run(lines.append, lambda: False)
    assert lines[-1]["labeled_loss"] < 0.8 * lines[0]["labeled_loss"]


@pytest.mark.parametrize("model", [name for name in MODELS if name not in LARGE])
def test_every_small_model_learns_shapes_that_can_be_told_apart(trained_project: Project, model: str) -> None:
    epochs = {"mlp": 20, "small_cnn": 25, "wrn": 40}.get(model, 16)
    config = QUICK.model_copy(update={"model": model, "epochs": epochs, "profile": "none", "learning_rate": 0.05})
    one = trainer(trained_project, config)
    stop_after(10**9, one)
    assert one.best["val_accuracy"] >= 0.8


def test_calibration_labels_do_not_move_a_logit_by_a_bit(trained_project: Project) -> None:
    first = prepared(trained_project, QUICK)
    assert TrainingWorker(trained_project.path, first.id, is_resume=False).run() == 0
    labels = np.load(trained_project.path / "images" / "labels.npy")
    hidden = trained_project.splits.calibration
    labels[hidden] = (labels[hidden] + 1) % 3
    np.save(trained_project.path / "images" / "labels.npy", labels)
    second = prepared(Project.open(trained_project.path), QUICK)
    assert TrainingWorker(trained_project.path, second.id, is_resume=False).run() == 0
    np.testing.assert_array_equal(first.logits(), second.logits())
    watched = [folder.metrics()[-1]["calibration_accuracy"] for folder in (first, second)]
    assert watched[0] != watched[1]


def test_a_cancelled_run_resumes_to_the_same_logits(trained_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    config = QUICK.model_copy(update={"epochs": 6, "batch_size": 5})
    whole, torn = prepared(trained_project, config), prepared(trained_project, config)
    assert TrainingWorker(trained_project.path, whole.id, is_resume=False).run() == 0
    worker = TrainingWorker(trained_project.path, torn.id, is_resume=False)
    ask = worker._should_stop
    monkeypatch.setattr(worker, "_should_stop", lambda of: of.step >= 7 or ask(of))
    assert worker.run() == 0
    assert torn.status().state == "cancelled"
    assert TrainingWorker(trained_project.path, torn.id, is_resume=True).run() == 0
    assert torn.status().state == "done"
    np.testing.assert_array_equal(whole.logits(), torn.logits())
    numbers = ("epoch", "step", "loss", "val_accuracy", "calibration_accuracy")
    lines = [[{k: line[k] for k in numbers} for line in folder.metrics()] for folder in (whole, torn)]
    assert lines[0] == lines[1]


def wait_for(run: Run, state: str) -> None:
    end = time.monotonic() + 60
    while run.status.state != state:
        assert time.monotonic() < end, f"{run.status}"
        time.sleep(0.05)


def test_a_run_killed_without_a_word_is_lost_and_resumes(trained_project: Project) -> None:
    long = QUICK.model_copy(update={"epochs": 100_000, "checkpoint_epochs": 1})
    run = trained_project.start_run(long)
    while not run.folder.checkpoint_path.exists():
        assert run.status.state in ("queued", "running"), run.log_tail()
        time.sleep(0.02)
    pid = run.status.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(run, "lost")
    before = len(run.metrics())
    trained_project.resume_run(run.id)
    end = time.monotonic() + 60
    while len(run.metrics()) <= before and time.monotonic() < end:
        time.sleep(0.05)
    trained_project.cancel_run(run.id)
    wait_for(run, "cancelled")
    assert len(run.metrics()) > before


def test_a_loss_that_is_no_number_is_a_sentence(trained_project: Project) -> None:
    one = trainer(trained_project, QUICK)
    with torch.no_grad():
        next(iter(one.model.parameters())).fill_(float("nan"))
    with pytest.raises(TrainingError, match="learning rate"):
        stop_after(10**9, one)


@pytest.mark.parametrize("name", ["tpu", "cuda:99", "mps"])
def test_a_device_that_is_not_there_is_a_sentence(name: str) -> None:
    with pytest.raises(TrainingError, match=r"cpu|CUDA"):
        choose_device(name)


def test_a_checkpoint_of_another_model_is_refused(trained_project: Project) -> None:
    small = trainer(trained_project, QUICK.model_copy(update={"model": "small_cnn"}))
    with pytest.raises(TrainingError, match="does not fit"):
        small.load_state_dict(trainer(trained_project, QUICK).state_dict())


def test_a_torn_checkpoint_fails_with_its_name(trained_project: Project) -> None:
    folder = prepared(trained_project, QUICK)
    folder.checkpoint_path.write_bytes(b"torn")
    assert TrainingWorker(trained_project.path, folder.id, is_resume=True).run() == 1
    assert "checkpoint.pt" in folder.status().message


def test_a_warm_start_from_another_model_is_a_sentence(trained_project: Project) -> None:
    trained_project.decide(BASE, "accept", int(trained_project.splits.pool[0]))
    config = SELF.model_copy(update={"model": "small_cnn", "warm_start": True})
    folder = prepared(trained_project, config, BASE)
    assert TrainingWorker(trained_project.path, folder.id, is_resume=False).run() == 1
    assert "is a mlp" in folder.status().message


def test_a_warm_start_begins_where_the_parent_ended(trained_project: Project) -> None:
    config = QUICK.model_copy(update={"warm_start": True, "learning_rate": 1e-6, "epochs": 1})
    folder = prepared(trained_project, config, BASE)
    assert TrainingWorker(trained_project.path, folder.id, is_resume=False).run() == 0
    np.testing.assert_allclose(folder.logits(), trained_project.run(BASE).folder.logits(), atol=0.01)


def test_without_val_images_the_last_epoch_is_kept(trained_project: Project) -> None:
    none: Ids = np.empty(0, dtype=np.int64)
    save_splits(dataclasses.replace(trained_project.splits, val=none), trained_project.path / "splits.npz")
    folder = prepared(trained_project, QUICK)
    assert TrainingWorker(trained_project.path, folder.id, is_resume=False).run() == 0
    assert folder.status().best_epoch == QUICK.epochs
    assert folder.status().best_val_accuracy is None
    assert folder.temperature() == 1.0


def test_a_missing_image_file_fails_the_run_and_nothing_else(trained_project: Project) -> None:
    folder = prepared(trained_project, QUICK)
    shutil.move(trained_project.path / "images" / "pixels.npy", trained_project.path / "elsewhere.npy")
    assert TrainingWorker(trained_project.path, folder.id, is_resume=False).run() == 1
    assert "pixels.npy" in folder.status().message


def test_a_finished_run_writes_every_file_of_its_folder(trained_project: Project) -> None:
    folder = trained_project.run(BASE).folder
    facts = json.loads((folder.path / "model.json").read_text())
    assert facts["model"] == "mlp"
    assert len(facts["mean"]) == facts["channels"] == 1
    assert (folder.path / "augmentation.png").read_bytes().startswith(b"\x89PNG")
    assert folder.logits().shape == (len(trained_project.images.labels), 3)
    assert folder.features().dtype == np.float16
    assert {"temperature", "nll_before", "nll_after", "ece_before", "ece_after", "n"} <= folder.calibration().keys()
    assert [line["epoch"] for line in folder.metrics()] == [1, 2, 3, 4]
    curated = folder.curated()
    assert curated is not None
    assert (curated.sources == LabelSource.GIVEN).all()


def test_the_engine_imports_without_streamlit_and_without_sqlalchemy() -> None:
    script = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(('streamlit', 'sqlalchemy', 'alembic', 'plotly', 'pyarrow', 'typer')))\n"
        "import core.training.worker"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
