"""The training worker runs in this process.

Cancellation, kill -9 and failures are tested in test_worker_runs and test_killed.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torchvision import models

from core.base.config import TrainConfig
from core.base.errors import RunError
from core.base.presets import recipe
from core.base.types import RunStatus
from core.data.image_store import open_images
from core.data.splits import load_splits
from core.scoring.scores import score as scores_of_logits
from core.store.files import read_json
from core.store.run_folder import RunFolder
from core.training.loop.trainer import Trainer
from core.training.models.weights import load_model
from core.training.runtime import precision
from core.training.worker import TrainingWorker
from core.workspace.pool_index import pool_scores
from tests.training.small_datasets import TINY, make_project, make_run

KEYS = {
    "epoch", "step", "loss", "labeled_loss", "unlabeled_loss", "reject_loss", "learning_rate", "unlabeled_weight",
    "train_accuracy", "val_accuracy", "val_loss", "seconds", "images_per_second", "calibration_accuracy",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    """Restore the SIGTERM handler that the worker replaces."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return make_project(tmp_path / "tiny")


def train(project: Path, folder: RunFolder, *, is_resume: bool = False) -> int:
    return TrainingWorker(project, folder.id, is_resume=is_resume).run()


def after_step(monkeypatch: pytest.MonkeyPatch, step: int, act: object) -> None:
    """Call a function once, right after a step."""
    original = Trainer.train_step

    def acting(self: Trainer) -> None:
        original(self)
        if self.step == step:
            assert callable(act)
            act()

    monkeypatch.setattr(Trainer, "train_step", acting)


def test_one_seed_and_one_snapshot_give_identical_logits(tiny: Path) -> None:
    runs = [make_run(tiny, TINY, name) for name in ("001-run", "002-run")]
    runs.append(make_run(tiny, TINY.model_copy(update={"seed": 9}), "003-run"))
    assert [train(tiny, folder) for folder in runs] == [0, 0, 0]
    np.testing.assert_array_equal(runs[0].logits(), runs[1].logits())
    assert not np.array_equal(runs[0].logits(), runs[2].logits())


@pytest.mark.parametrize("method", ["supervised", "self_training"])
def test_a_terminated_run_stops_after_its_step_and_resumes_to_the_same_logits(
    method: str, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = TINY.model_copy(update={"method": method})
    whole, stopped = make_run(tiny, config, "001-run"), make_run(tiny, config, "002-run")
    assert train(tiny, whole) == 0
    with monkeypatch.context() as patch:
        after_step(patch, 6, lambda: os.kill(os.getpid(), signal.SIGTERM))
        assert train(tiny, stopped) == 0
    assert stopped.status().state == "cancelled"
    assert not stopped.model_path.exists()
    state = torch.load(stopped.checkpoint_path, weights_only=True)
    assert state["trainer"]["step"] == 6  # in the middle of an epoch
    assert train(tiny, stopped, is_resume=True) == 0
    assert stopped.status().state == "done"
    np.testing.assert_array_equal(stopped.logits(), whole.logits())
    told = [
        [{k: v for k, v in line.items() if "second" not in k} for line in run.metrics()] for run in (whole, stopped)
    ]
    assert told[0] == told[1]


def test_a_run_that_is_being_trained_is_not_trained_twice(tiny: Path) -> None:
    folder = make_run(tiny, TINY)
    with folder.lock(), pytest.raises(RunError, match="already being trained by another process"):
        train(tiny, folder)
    assert folder.status().state == "queued"


def test_the_status_tells_device_precision_steps_and_time_left(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[RunStatus] = []
    original = RunFolder.write_status

    def keep(self: RunFolder, status: RunStatus) -> None:
        told.append(status)
        original(self, status)

    monkeypatch.setattr(
        "core.training.worker.time.monotonic", iter(np.arange(0.0, 1e6)).__next__
    )  # a second at each look
    monkeypatch.setattr(RunFolder, "write_status", keep)
    folder = make_run(tiny, TINY)
    assert train(tiny, folder) == 0
    etas = [s.eta_seconds for s in told if s.eta_seconds is not None]
    assert etas
    assert all(eta > 0 for eta in etas)
    steps = [s.step for s in told]
    assert steps == sorted(steps)
    last = folder.status()
    assert (last.state, last.device, last.precision, last.eta_seconds) == ("done", "cpu", "fp32", None)
    assert last.epoch == last.epochs == TINY.epochs
    assert last.step == last.steps > 0
    assert last.best_val_accuracy == max(line["val_accuracy"] for line in folder.metrics())


def test_every_line_of_metrics_has_the_documented_numbers(tiny: Path) -> None:
    folder = make_run(tiny, TINY.model_copy(update={"method": "self_training"}))
    assert train(tiny, folder) == 0
    lines = folder.metrics()
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4]
    assert all(set(line) == KEYS for line in lines)


def test_a_finished_run_leaves_its_model_and_its_views(tiny: Path) -> None:
    folder = make_run(tiny, TINY)
    assert train(tiny, folder) == 0
    facts = read_json(folder.path / "model.json")
    assert {name: facts[name] for name in ("model", "num_classes", "channels", "height", "width", "class_names")} == {
        "model": "mlp", "num_classes": 3, "channels": 1, "height": 8, "width": 8,
        "class_names": ["bright", "dark", "plain"],
    }  # fmt: skip
    assert len(facts["mean"]) == len(facts["std"]) == 1
    with Image.open(folder.path / "augmentation.png") as views:
        assert views.format == "PNG"
        assert views.width > views.height > 0  # eight images, four rows
    assert folder.calibration()["n"] == 30


def test_a_run_leaves_the_sorted_index_of_a_large_pool_and_none_of_a_small_one(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = load_splits(tiny / "splits.npz").pool
    for name, least in (("001-run", len(pool) + 1), ("002-run", len(pool))):
        monkeypatch.setattr("core.workspace.pool_index.LEAST", least)
        assert train(tiny, make_run(tiny, TINY, name)) == 0
    small, large = (RunFolder(tiny / "runs" / name) for name in ("001-run", "002-run"))
    assert not (small.path / "predictions" / "index").exists()
    monkeypatch.setattr("core.workspace.pool_index.score", None)  # whoever makes an index now fails
    found = pool_scores(large, pool)
    values = scores_of_logits(large.logits()[pool], large.temperature())
    np.testing.assert_array_equal(found.scores.entropy, values.entropy)
    assert found.orders
    assert found.bins


def test_precision_is_measured_once_and_remembered(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def measure(*words: object) -> dict[str, float]:
        calls.append(words)
        return {"fp32": 1.0, "bf16": 2.0}

    monkeypatch.setattr(precision, "measure", measure)
    monkeypatch.setattr(precision, "computes_bf16", lambda _device: True)
    config = TINY.model_copy(update={"precision": "auto", "epochs": 1})
    for name in ("001-run", "002-run"):
        folder = make_run(tiny, config, name)
        assert train(tiny, folder) == 0
        assert folder.status().precision == "fp32"
    assert len(calls) == 1


@pytest.mark.parametrize("asked", ["fp32", "bf16"])
def test_a_precision_that_a_person_chose_is_never_decided_again(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    def decide(*_: object) -> Any:
        raise AssertionError("decided again")

    monkeypatch.setattr("core.training.runtime.precision.faster_precision", decide)
    monkeypatch.setattr("core.training.worker.distributed.broadcast_flag", decide)
    folder = make_run(tiny, TINY.model_copy(update={"precision": asked, "epochs": 1}))
    assert train(tiny, folder) == 0
    assert folder.status().precision == asked


def test_a_cancel_after_the_loss_ran_away_leaves_the_good_checkpoint(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Non-finite weights never replace a checkpoint, logged or not."""
    folder = make_run(tiny, TINY.model_copy(update={"checkpoint_epochs": 1}))
    whole = Trainer.train_step

    def running_away(self: Trainer) -> object:
        found = whole(self)
        if self.step == 7:  # in the second epoch, after a checkpoint and before the next line
            with torch.no_grad():
                next(self.model.parameters()).fill_(torch.nan)
            folder.request_cancel()
            os.kill(os.getpid(), signal.SIGTERM)
        return found

    monkeypatch.setattr(Trainer, "train_step", running_away)
    assert train(tiny, folder) == 1
    assert folder.status().state == "failed"
    assert "no longer a number in epoch 2: lower the learning rate" in folder.status().message
    state = torch.load(folder.checkpoint_path, weights_only=True)["trainer"]
    assert state["step"] == 5
    assert all(value.isfinite().all() for value in state["model"].values())


@pytest.fixture
def fine_tuned(tmp_path: Path) -> TrainConfig:
    """Settings that fine-tune a small network from a file of random weights, whose features have a usual length."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        network = models.shufflenet_v2_x0_5(weights=None).train()
        for _ in range(20):
            network(torch.randn(16, 3, 32, 32))
        save_file(network.state_dict(), tmp_path / "w.safetensors")
    given: dict[str, Any] = {"pretrained": str(tmp_path / "w.safetensors")}
    given["extractor"] = "torchvision:shufflenet_v2_x0_5"
    kept = {name: getattr(TINY, name) for name in ("profile", "precision", "device", "checkpoint_epochs")}
    return recipe(
        {"model": "backbone", "image_side": 32, "epochs": 4, "batch_size": 8, "log_epochs": 1, **given, **kept}
    )


def test_a_fine_tuning_says_whether_it_beat_its_head_and_keeps_what_loads_again(
    tiny: Path, fine_tuned: TrainConfig
) -> None:
    folder = make_run(tiny, fine_tuned)
    assert train(tiny, folder) == 0
    status = folder.status()
    assert (status.state, len(folder.metrics())) == ("done", 4)
    assert status.head_note.startswith(f"On {len(load_splits(tiny / 'splits.npz').val)} val images")
    facts = read_json(folder.path / "model.json")
    assert (facts["mean"], facts["std"], facts["options"]["spec"]["side"]) == ([0.0], [1.0], 32)
    assert len(facts["pretrained"]["sha256"]) == 64
    model, pixels = load_model(folder.path).eval(), open_images(tiny / "images").pixels[:5]
    with torch.inference_mode():
        found = model(torch.from_numpy(pixels.copy()).permute(0, 3, 1, 2).float() / 255).numpy()
    np.testing.assert_allclose(found, folder.logits()[:5], atol=1e-4)


def test_a_stopped_fine_tuning_resumes_to_the_same_logits_and_note(
    tiny: Path, fine_tuned: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, stopped = (make_run(tiny, fine_tuned, name) for name in ("001-run", "002-run"))
    assert train(tiny, whole) == 0
    with monkeypatch.context() as patch:
        after_step(patch, 3, lambda: os.kill(os.getpid(), signal.SIGTERM))
        assert train(tiny, stopped) == 0
    assert stopped.status().state == "cancelled"
    assert train(tiny, stopped, is_resume=True) == 0
    np.testing.assert_array_equal(stopped.logits(), whole.logits())
    assert stopped.status().head_note == whole.status().head_note


def test_a_warm_start_needs_the_same_backbone_and_begins_from_the_parent(tiny: Path, fine_tuned: TrainConfig) -> None:
    parent = make_run(tiny, fine_tuned)
    assert train(tiny, parent) == 0
    warm = fine_tuned.model_copy(update={"warm_start": True, "learning_rate": 1e-6, "epochs": 1})
    child = make_run(tiny, warm, "002-run", parent.id)
    assert train(tiny, child) == 0
    before, after = (load_model(folder.path).state_dict() for folder in (parent, child))
    assert max(float((after[name] - value).abs().max()) for name, value in before.items()) < 1e-4
    assert child.status().head_note == ""  # it began from the parent, not from a head
    other = make_run(tiny, warm.model_copy(update={"image_side": 64}), "003-run", parent.id)
    assert train(tiny, other) == 1
    assert "A warm start needs the parent's model" in other.status().message


def test_weights_that_are_not_here_are_one_sentence_and_nothing_is_downloaded(
    tiny: Path, fine_tuned: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    folder = make_run(tiny, fine_tuned.model_copy(update={"pretrained": ""}))
    assert train(tiny, folder) == 1
    assert "are not on this machine and were not downloaded" in folder.status().message
