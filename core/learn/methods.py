"""Methods: one function each, from a batch to its losses. The loop does not know a method's name.

Every method: cross-entropy on labeled images; -log(1 - p_c) on images that a person rejected as class c (a
complementary label). Means run over the whole batch; a weight scales its image's term and not the divisor.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.learn.batches import Batch, Views


@dataclass(frozen=True)
class Losses:
    """The three terms, unweighted, and the labeled images predicted right; tensors without shape."""

    labeled: Tensor
    unlabeled: Tensor
    rejected: Tensor
    num_right: Tensor


def supervised(model: nn.Module, batch: Batch) -> Losses:
    """Learn the labels and the rejects; pseudo-labels are left out."""
    return _losses(model, Batch(batch.labeled, None, batch.rejected))


def self_training(model: nn.Module, batch: Batch) -> Losses:
    """Learn the labels, and beside them frozen, curated pseudo-labels on the weak view (Lee 2013, offline)."""
    return _losses(model, batch)


METHODS: dict[str, Callable[[nn.Module, Batch], Losses]] = {
    function.__name__: function for function in (supervised, self_training)
}


def _losses(model: nn.Module, batch: Batch) -> Losses:
    """All parts share one forward pass, so that batch norm sees one distribution."""
    parts = [views for views in (batch.labeled, batch.unlabeled, batch.rejected) if views is not None]
    logits = model(torch.cat([views.images for views in parts])).float()
    found = dict(zip(map(id, parts), logits.split([len(views.labels) for views in parts]), strict=True))
    zero = logits.new_zeros(())
    labeled = found[id(batch.labeled)]
    return Losses(
        cross_entropy(labeled, batch.labeled),
        zero if batch.unlabeled is None else cross_entropy(found[id(batch.unlabeled)], batch.unlabeled),
        zero if batch.rejected is None else complementary(found[id(batch.rejected)], batch.rejected),
        (labeled.detach().argmax(1) == batch.labeled.labels).sum(),
    )


def cross_entropy(logits: Tensor, views: Views) -> Tensor:
    """Weighted cross-entropy in nats, mean over all images of the batch."""
    return (views.weights * functional.cross_entropy(logits, views.labels, reduction="none")).mean()


def complementary(logits: Tensor, views: Views) -> Tensor:
    """-log(1 - p_c) in nats, where c is the class that was rejected, mean over all images of the batch.

    1 - p_c is the sum of the other classes' probabilities, taken as a difference of two logsumexp.
    """
    others = logits.masked_fill(functional.one_hot(views.labels, logits.shape[1]).bool(), -torch.inf)
    return (views.weights * (logits.logsumexp(1) - others.logsumexp(1))).mean()
