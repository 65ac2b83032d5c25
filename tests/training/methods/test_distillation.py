"""Distillation: a network learns what a head on the run's own labels says of the pool."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.base.errors import Cancelled
from core.base.types import LabelSource
from core.data.splits import load_splits
from core.heads.fit import score_head
from core.heads.head_labels import HeadLabels
from core.store.run_folder import RunFolder
from core.training.batches import teacher
from core.training.runtime import distributed
from core.training.worker import TrainingWorker
from tests.training.separable import make_images
from tests.training.small_datasets import TINY, make_project, make_run
from tests.training.toy_models import data

CONFIG = TINY.model_copy(update={"method": "distillation", "unlabeled_weight": 4.0})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "small")


def trained(project: Path, folder: RunFolder, *, is_resume: bool = False) -> int:
    return TrainingWorker(project, folder.id, is_resume=is_resume).run()


def test_the_network_learns_the_heads_answers_and_the_answers_are_removed_at_the_end(project: Path) -> None:
    folder = make_run(project, CONFIG)
    assert trained(project, folder) == 0
    last = folder.metrics()[-1]
    assert last["unlabeled_loss"] > 0
    assert last["val_accuracy"] >= 0.8
    assert folder.logits().shape == (len(make_images().pixels), 3)
    assert not list(folder.path.glob("*teacher*"))
    alone = make_run(project, CONFIG.model_copy(update={"method": "supervised"}), "002-run")
    assert trained(project, alone) == 0
    assert np.abs(folder.logits() - alone.logits()).max() > 1e-3


def test_a_resumed_distillation_learns_the_same_answers_and_ends_with_the_same_logits(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, torn = make_run(project, CONFIG), make_run(project, CONFIG, "002-run")
    assert trained(project, whole) == 0
    worker = TrainingWorker(project, torn.id, is_resume=False)
    ask = worker._should_stop
    with monkeypatch.context() as patch:
        patch.setattr(worker, "_should_stop", lambda of: of.step >= 3 or ask(of))
        assert worker.run() == 0
    assert torn.status().state == "cancelled"
    assert (torn.path / teacher.FILE).exists()
    monkeypatch.setattr(teacher, "score_head", None)  # nothing is fitted again
    assert trained(project, torn, is_resume=True) == 0
    np.testing.assert_array_equal(whole.logits(), torn.logits())
    assert not (torn.path / teacher.FILE).exists()


def test_a_run_cancelled_while_the_head_answers_keeps_no_half_answers(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run(project, CONFIG)
    worker = TrainingWorker(project, folder.id, is_resume=False)
    monkeypatch.setattr(teacher, "named_features", lambda *args, **kwargs: (_ for _ in ()).throw(Cancelled()))
    assert worker.run() == 0
    assert folder.status().state == "cancelled"
    assert not (folder.path / teacher.FILE).exists()
    monkeypatch.undo()
    assert trained(project, folder, is_resume=True) == 0
    assert folder.status().state == "done"


def test_the_labels_of_calibration_images_teach_nobody(project: Path) -> None:
    first = make_run(project, CONFIG)
    assert trained(project, first) == 0
    hidden, labels = load_splits(project / "splits.npz").calibration, np.load(project / "images" / "labels.npy")
    labels[hidden] = (labels[hidden] + 1) % 3
    np.save(project / "images" / "labels.npy", labels)
    second = make_run(project, CONFIG, "002-run")
    assert trained(project, second) == 0
    np.testing.assert_array_equal(first.logits(), second.logits())


def test_labels_accepted_in_bulk_teach_the_head_by_half_whatever_the_networks_own_weight(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, pool = make_run(project, CONFIG), load_splits(project / "splits.npz").pool
    known, seen = folder.curated(), list[HeadLabels]()
    assert known is not None

    def scores(features: Any, labels: HeadLabels, settings: Any) -> Any:
        seen.append(labels)
        return score_head(features, labels, settings)

    monkeypatch.setattr(teacher, "score_head", scores)
    teacher.with_teacher(data(), project, folder, pool, lambda **_: None, lambda: False)
    is_bulk = known.sources == LabelSource.BULK
    assert is_bulk.sum() > 10
    np.testing.assert_array_equal(seen[0].weights, np.where(is_bulk, 0.5, 1.0) * known.weights)


def test_answers_that_do_not_fit_into_memory_are_read_from_disk_with_the_same_logits(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, apart = make_run(project, CONFIG), make_run(project, CONFIG, "002-run")
    assert trained(project, whole) == 0
    seen: list[object] = []

    def no_memory(device: torch.device) -> int:
        seen.append(device)
        return 0

    monkeypatch.setattr(teacher, "free_bytes", no_memory)
    assert trained(project, apart) == 0
    assert seen
    np.testing.assert_array_equal(whole.logits(), apart.logits())


def test_a_rank_that_waits_for_the_answers_takes_them_when_they_are_there_and_can_be_cancelled(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, pool = make_run(project, CONFIG), load_splits(project / "splits.npz").pool
    monkeypatch.setattr(distributed, "rank", lambda: 1)
    monkeypatch.setattr(teacher, "_WAIT", 0.0)
    with pytest.raises(Cancelled):
        teacher.with_teacher(data(), project, folder, pool, lambda **_: None, lambda: True)
    answers = np.full((len(pool), 3), 1 / 3, np.float16)

    def first_rank_writes() -> bool:
        np.save(folder.path / teacher.FILE, answers)
        return False

    found = teacher.with_teacher(data(), project, folder, pool, lambda **_: None, first_rank_writes)
    assert isinstance(found.teacher, torch.Tensor)
    np.testing.assert_array_equal(found.teacher.numpy(), answers)
