"""The head that a fine-tuning begins from is the logistic head on the features of the labeled images."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.base.errors import Cancelled
from core.heads.head_labels import HeadRows
from core.heads.logistic import fit_logistic
from core.training.batches.part import Part
from core.training.loop.head_start import LEAST_DEVIATION, fit_head_start
from core.training.models.models import Classifier, build
from tests.training.toy_models import CONFIG, data


@pytest.fixture
def model() -> Classifier:
    return build("small_cnn", 3, 1, 8, 8, seed=0).eval()


def images(part: Part) -> torch.Tensor:
    return part.take(torch.arange(len(part))).float() / 255


def features(model: Classifier, part: Part) -> NDArray[np.float32]:
    with torch.inference_mode():
        return np.asarray(model.features(images(part)).numpy())


class _Hundredfold(torch.nn.Module):
    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return 100 * values


def test_the_start_is_the_logistic_head_on_the_bodys_features(model: Classifier) -> None:
    parts = data()
    assert parts.rejected is not None
    rows, others = features(model, parts.labeled), features(model, parts.rejected)
    given = HeadRows(
        rows, parts.labeled.labels.numpy(), parts.labeled.weights.numpy().astype(float), others,
        parts.rejected.labels.numpy(), 3,
    )  # fmt: skip
    expected = fit_logistic(given, least_deviation=LEAST_DEVIATION).logits(rows)
    fit_head_start(model, parts, CONFIG)
    with torch.inference_mode():
        found = model(images(parts.labeled)).numpy()
    assert np.allclose(found, expected, atol=1e-3)
    length = float(np.sqrt((rows**2).sum(1).mean()))
    assert model.head_rate == pytest.approx(1 / max(1.0, length), rel=1e-4)


def test_images_of_weight_0_do_not_count(model: Classifier) -> None:
    parts = data(rejected=None)
    weights = parts.labeled.weights.clone()
    weights[-1] = 0.0
    fit_head_start(model, replace(parts, labeled=replace(parts.labeled, weights=weights)), CONFIG)
    once = model.head.weight.clone()
    labels = parts.labeled.labels.clone()
    labels[-1] = (labels[-1] + 1) % 3
    fit_head_start(model, replace(parts, labeled=replace(parts.labeled, weights=weights, labels=labels)), CONFIG)
    assert torch.equal(model.head.weight, once)


def test_a_warm_start_keeps_its_head_and_knows_the_length_of_its_features(model: Classifier) -> None:
    model.body = torch.nn.Sequential(torch.nn.Flatten(), _Hundredfold())
    model.head = torch.nn.Linear(64, 3)
    before = model.head.weight.clone()
    parts = data()
    fit_head_start(model, parts, CONFIG.model_copy(update={"warm_start": True}))
    assert torch.equal(model.head.weight, before)
    assert model.head_rate == pytest.approx(1 / np.sqrt((features(model, parts.labeled) ** 2).sum(1).mean()), rel=1e-4)


def test_it_stops_when_it_is_asked_to(model: Classifier) -> None:
    with pytest.raises(Cancelled):
        fit_head_start(model, data(), CONFIG, lambda: True)
