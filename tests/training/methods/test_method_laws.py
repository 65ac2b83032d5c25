"""Methods reduce to each other in special cases, and every method learns."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from core.base.config import NETWORK_METHODS as METHODS
from core.training.batches.part import Part
from core.training.loop.trainer import Trainer
from core.training.methods.losses import fairness_loss
from core.training.methods.methods import METHODS as FUNCTIONS
from core.training.methods.methods import SECOND_VIEWS
from core.training.methods.thresholds import FlexThreshold, FreeThreshold
from tests.training.loop.test_trainer import finish
from tests.training.separable import CPU, make_data, make_images, make_splits
from tests.training.toy_models import CONFIG, data, trainer

STILL: dict[str, Any] = {"profile": "none", "ramp": "none", "epochs": 4}
"""No augmentation, so that the pool's draws do not move those of the labels; the mlp has no batch norm."""


def trained(method: str, *, has_pseudo: bool = False, **changes: Any) -> Trainer:
    """Return a finished training.

    The labels come in the same order whatever else is drawn.
    """
    config = CONFIG.model_copy(update={**STILL, "method": method, **changes})
    training = trainer(config, data() if has_pseudo else data(pseudo=None))
    for number, name in enumerate(("labeled", "rejected", "pool", "pseudo")):
        if name in training.streams:
            training.streams[name]._generator = torch.Generator().manual_seed(number)
    finish(training)
    return training


def alike(one: Trainer, two: Trainer) -> bool:
    others = two.model.state_dict()
    return all(
        torch.allclose(value, others[name], atol=1e-6, rtol=1e-5) for name, value in one.model.state_dict().items()
    )


@pytest.mark.parametrize(
    ("method", "changes"),
    [
        ("fixmatch", {"threshold": 1.0}),
        ("flexmatch", {"threshold_floor": 1.0}),
        ("freematch", {"threshold_floor": 1.0}),
        ("flexmatch", {"threshold": 1.0, "threshold_floor": 1.0}),
    ],
)
def test_without_a_confident_image_a_method_equals_supervised(method: str, changes: dict[str, Any]) -> None:
    found = trained(method, **changes)
    assert found.monitor.state_dict()["last"].amax() >= 0  # the pool was looked at
    assert alike(found, trained("supervised"))
    assert not alike(found, trained(method, threshold=0.0))  # and would have taught something


@pytest.mark.parametrize("method", [name for name in METHODS if name != "supervised"])
def test_without_weight_nothing_unlabeled_is_learned(method: str) -> None:
    """Zero weight equals supervised training, curated pseudo-labels included; the same with weight does not."""
    silent = {"unlabeled_weight": 0.0, "fairness_weight": 0.0}
    expected = trained("supervised", has_pseudo=True)
    assert alike(trained(method, has_pseudo=True, **silent), expected)
    assert not alike(trained(method, has_pseudo=True, threshold=0.4), expected)


def test_flexmatch_with_classes_equally_learned_is_fixmatch() -> None:
    """β = 1 for every class.

    A lowest threshold at the threshold itself has the same effect however they are learned.
    """
    equal = FlexThreshold(CONFIG, 3, 30, CPU)
    equal.counts = torch.tensor([10.0, 10, 10, 0])
    assert equal.per_class().tolist() == pytest.approx([CONFIG.threshold] * 3)
    bounds: dict[str, Any] = {"threshold": 0.5, "threshold_floor": 0.5}
    fix, flex = trained("fixmatch", threshold=0.5), trained("flexmatch", **bounds)
    assert alike(fix, flex)
    assert not alike(fix, trained("flexmatch", threshold=0.5))


def test_freematch_without_fairness_and_at_its_floor_is_fixmatch() -> None:
    """With constant memory its own threshold stays at 1/K; the lower limit decides."""
    words: dict[str, Any] = {"threshold_floor": 0.5, "threshold_memory": 1.0}
    fair = trained("freematch", fairness_weight=0.05, **words)
    assert isinstance(fair.threshold, FreeThreshold)
    assert float(fair.threshold.common) == pytest.approx(1 / 3)
    assert alike(trained("freematch", fairness_weight=0.0, **words), trained("fixmatch", threshold=0.5))
    assert not alike(fair, trained("fixmatch", threshold=0.5))


def test_softmatch_of_a_flat_bell_learns_every_image() -> None:
    """Constant memory keeps the mean at 1/K, so all weights are 1."""
    soft = trained("softmatch", threshold_memory=1.0)
    assert alike(soft, trained("fixmatch", threshold=0.0))


def test_freematchs_fairness_enters_the_loss_and_the_gradient_of_a_step() -> None:
    words: dict[str, Any] = {**STILL, "method": "freematch", "seed": 5}
    material = data(pseudo=None, rejected=None)
    gradients, totals = [], []
    for weight in (0.0, 0.5):
        training = trainer(CONFIG.model_copy(update={**words, "fairness_weight": weight}), material)
        training.train_step()
        gradients.append([p.grad.clone() for p in training.model.parameters() if p.grad is not None])
        totals.append(training._totals)
    start = trainer(CONFIG.model_copy(update=words), material)  # the same step by hand
    labeled, pool = start.streams["labeled"].next(start.augmenter.weak), start._pool_views()
    assert pool is not None
    assert isinstance(start.threshold, FreeThreshold)
    with torch.no_grad():
        weights = start.threshold.weights(start.model(pool.weak).softmax(1), pool.rows)
    student = start.model(torch.cat([labeled.images, pool.strong]))[len(labeled) :]
    fairness = fairness_loss(student, weights, start.threshold.mean_probs, start.threshold.mix)
    assert float(totals[1][0] - totals[0][0]) == pytest.approx(0.5 * float(fairness.detach()), abs=1e-6)
    expected = torch.autograd.grad(0.5 * fairness, list(start.model.parameters()))
    for plain, fair, more in zip(*gradients, expected, strict=True):
        torch.testing.assert_close(fair - plain, more, atol=1e-6, rtol=1e-4)
        assert more.abs().max() > 1e-4


# --- each learns ----------------------------------------------------------------------------------------------------


def hidden() -> Part:
    """Return the test images of the small data set, which no training sees."""
    images, ids = make_images(), make_splits().test
    pixels = torch.from_numpy(np.array(images.pixels[ids])).permute(0, 3, 1, 2).contiguous()
    return Part(pixels, torch.from_numpy(images.labels[ids].copy()), torch.ones(len(ids)))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_classes_that_can_be_told_apart(method: str) -> None:
    """Test images are in no part of the training; chance is a third."""
    words = {"method": method, "epochs": 12, "batch_size": 8, "learning_rate": 0.02, "profile": "natural"}
    config = CONFIG.model_copy(update={**words, "threshold": 0.8, "ema_decay": 0.9, "ramp": "linear"})
    given = make_data()
    pool = make_splits().pool
    images = make_images()
    views = torch.from_numpy(np.array(images.pixels[pool])).permute(0, 3, 1, 2).contiguous()
    unknown = Part(views, torch.full((len(pool),), -1), torch.ones(len(pool)))
    material = replace(given, pool=unknown, pool_truth=torch.from_numpy(images.labels[pool].copy()))
    training = trainer(config, material if method in SECOND_VIEWS else given)
    before = training.evaluate(hidden()).accuracy
    finish(training)
    assert before < 0.7
    assert training.evaluate(hidden()).accuracy >= 0.95


def test_every_method_is_in_the_catalogue_of_laws() -> None:
    assert set(METHODS) == set(FUNCTIONS)
