"""The head that a fine-tuning begins from: logistic regression on the features of the untouched network.

A network that begins from a random head moves its features far before the head fits them; from a fitted one it loses
less of what it knew (Kumar et al. 2022, arXiv 2202.10054).
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from core.base.config import TrainConfig
from core.base.errors import Cancelled
from core.heads.head_labels import HeadRows
from core.heads.logistic import fit_logistic
from core.training.batches.part import Part
from core.training.batches.train_data import TrainData
from core.training.models.models import Classifier, images_at_a_time
from core.training.runtime.memory import run_in_chunks
from core.training.runtime.tensors import channels_last

LEAST_DEVIATION = 0.5
"""Quantile of the features' deviations; below, a feature that hardly varies would get a coefficient that breaks as soon
as the network moves."""


def fit_head_start(
    model: Classifier, data: TrainData, config: TrainConfig, should_stop: Callable[[], bool] = lambda: False
) -> None:
    """Fit the model's head on the features that its body gives the labeled images, in place; a warm start keeps it.

    Labels count by their weights, rejected ones as complementary labels; labels accepted in bulk are left to training.
    The head's share of the learning rate becomes 1 / root mean squared length of the features, at most 1: a step then
    changes logits no more than if all features had length 1, whatever the network.

    Args:
        model: With the weights of the pretrained network, on the device of the data.
        data: The parts; images are used as they are, without augmentation.
        config: Settings; reject_weight is used.
        should_stop: Asked before each chunk.

    Raises:
        Cancelled: should_stop said so.
    """
    parts = [data.labeled] if data.rejected is None else [data.labeled, data.rejected]
    features = [_features(model, part, should_stop) for part in parts]
    model.head_rate = 1.0 / max(1.0, float((features[0] ** 2).sum(1).mean()) ** 0.5)
    if config.warm_start:
        return
    labels = [part.labels.cpu().numpy() for part in parts]
    if data.rejected is None:
        features.append(np.empty((0, features[0].shape[1]), np.float32))
        labels.append(np.empty(0, np.int64))
    weights = data.labeled.weights.cpu().numpy().astype(np.float64)
    is_used = weights > 0
    given = HeadRows(
        features[0][is_used], labels[0][is_used], weights[is_used], features[1], labels[1], model.head.out_features
    )
    head = fit_logistic(given, reject_weight=config.reject_weight, least_deviation=LEAST_DEVIATION)
    folded = head.scale[:, None] * head.coefficients
    with torch.no_grad():
        model.head.weight.copy_(torch.from_numpy(np.ascontiguousarray(folded.T)))
        model.head.bias.copy_(torch.from_numpy(head.intercepts - head.center @ folded))


def _features(model: Classifier, part: Part, should_stop: Callable[[], bool]) -> NDArray[np.float32]:
    """Features (n, D) of a part's images, as predictions see them."""
    out = np.empty((len(part), model.head.in_features), np.float32)
    device = part.labels.device

    def answer(rows: slice) -> None:
        if should_stop():
            raise Cancelled
        images = part.take(torch.arange(rows.start, rows.stop, device=device)).float() / 255
        with torch.inference_mode():
            out[rows] = model.features(channels_last(images)).float().cpu().numpy()

    run_in_chunks(slice(0, len(part)), images_at_a_time(model, *part.size), answer)
    return out
