"""Settings that a method reads: those it does not read change no weight."""

import numpy as np
import pytest
import torch

from core import Project, TrainConfig, constants
from core.base.config import NETWORK_METHODS, TORCHVISION_MODELS
from core.experiments.prepare import prepare_run
from core.training.batches.teacher import with_teacher
from core.training.batches.train_data import train_data
from core.training.loop.trainer import Trainer
from core.training.methods.methods import SECOND_VIEWS
from core.training.models.models import MODELS, build
from core.training.models.torchvision_models import BODIES

BASE = "001-supervised-mlp"
OTHER = {
    "unlabeled_ratio": 2, "unlabeled_weight": 7.0, "ramp": "none", "ramp_start": 1, "ramp_end": 2, "threshold": 0.1,
    "threshold_floor": 0.9, "threshold_memory": 0.5, "weak_pass": "own", "sharpening": 0.5, "fairness_weight": 0.9,
    "log_batches": True, "extractor": "pixels", "trained_part": "everything", "lowest_block_rate": 0.5,
    "image_side": 64, "allow_download": True, "head": "logistic", "head_balance": "weights",
    "wrn_depth": 10, "wrn_width": 1,
}  # fmt: skip


def trained(project: Project, config: TrainConfig) -> np.ndarray:
    folder = prepare_run(project.workspace, project.decisions, config, None)
    cpu, needs_pool = torch.device("cpu"), config.method in SECOND_VIEWS
    data = train_data(project.images, project.splits, folder.curated(), cpu, needs_pool=needs_pool)
    data = with_teacher(data, project.path, folder, project.splits.pool, lambda **_: None, lambda: False)
    _, height, width, channels = project.images.pixels.shape
    model = build(config.model, len(project.class_names), channels, height, width, config.seed)
    of = Trainer(config, model, data, cpu, "fp32")
    of.run(lambda _: None, lambda: of.step >= 3)
    return np.concatenate([p.detach().numpy().ravel() for p in of.average.model.parameters()])


@pytest.mark.parametrize("method", NETWORK_METHODS)
def test_a_setting_that_a_method_does_not_read_changes_no_weight(trained_project: Project, method: str) -> None:
    trained_project.bulk_accept(BASE, "fixed_threshold", threshold=0.5)
    config = TrainConfig.checked(
        {"method": method, "model": "mlp", "epochs": 4, "batch_size": 6, "precision": "fp32", "device": "cpu"}
    )
    before, read = trained(trained_project, config), constants.settings_read(method, "mlp")
    unread = [name for name in constants.NETWORK_SETTINGS if name not in (*read, "pretrained")]
    assert set(unread) <= set(OTHER)
    changed = config.model_copy(update={name: OTHER[name] for name in unread})
    np.testing.assert_array_equal(before, trained(trained_project, changed))


def test_every_model_has_its_own_settings() -> None:
    assert set(TORCHVISION_MODELS) == set(BODIES) <= set(MODELS)
    assert {"wrn_depth", "wrn_width"} <= set(constants.settings_read("supervised", "wrn"))
    assert set(constants.BACKBONE_SETTINGS) <= set(constants.settings_read("supervised", "backbone"))
    assert "pretrained" in constants.settings_read("supervised", "resnet18")
    assert not {"wrn_depth", "extractor", "pretrained"} & set(constants.settings_read("supervised", "small_cnn"))
    assert {"extractor", "head", "head_balance"} <= set(constants.settings_read("distillation", "small_cnn"))
    assert constants.settings_read("head", "small_cnn") == constants.HEAD_SETTINGS
    assert constants.settings_read("imported", "small_cnn") == constants.IMPORTED_SETTINGS
