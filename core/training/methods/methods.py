"""Training methods: one function each, from a batch to its losses.

Every method has cross-entropy on labeled images and the complementary-label loss on rejected ones; all but `supervised`
also cross-entropy on curated pseudo-labels. Means run over the whole batch, not over the kept images; a weight scales
its image's term and not the divisor.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.base.config import TrainConfig
from core.training.batches.batch import Batch, PoolViews, Views
from core.training.batches.part import AnswersOnDisk
from core.training.methods.losses import complementary, cross_entropy, fairness_loss, squared_error, targets
from core.training.methods.thresholds import FreeThreshold, Threshold
from core.training.models.models import has_batch_norm

Forward = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class State:
    """Everything that a method needs beside the batch."""

    forward: Forward  # images to logits (b, K) with gradient; compiled and over several ranks where configured
    model: nn.Module
    average: nn.Module  # its exponential moving average
    threshold: Threshold
    config: TrainConfig
    teacher: Tensor | AnswersOnDisk | None = None  # (P, K), what distillation learns of the pool


@dataclass(frozen=True)
class PseudoLabels:
    """The method's own pseudo-labels of the pool images of a batch."""

    probs: Tensor  # (b, K)
    weights: Tensor  # (b,), [0, 1], weight in the loss
    rows: Tensor  # (b,) int64, rows of the pool


@dataclass(frozen=True)
class Losses:
    """Unweighted loss terms in nats, and the number of labeled images predicted right.

    Tensors without shape.
    """

    labeled: Tensor
    pseudo: Tensor  # on curated pseudo-labels
    pool: Tensor  # on the method's own pseudo-labels
    rejected: Tensor
    regulariser: Tensor  # the method's own, already weighted
    num_right: Tensor
    pseudo_labels: PseudoLabels | None = None


def supervised(batch: Batch, state: State) -> Losses:
    """Learn from labels and rejects alone."""
    return _losses(Batch(batch.labeled, rejected=batch.rejected), state.forward)[0]


def self_training(batch: Batch, state: State) -> Losses:
    """Learn also from curated, frozen pseudo-labels on the weak view (Lee 2013, offline)."""
    return _losses(Batch(batch.labeled, batch.pseudo, batch.rejected), state.forward)[0]


def pseudo_label(batch: Batch, state: State) -> Losses:
    """Learn from the model's current prediction of every pool image (Lee 2013, online)."""
    losses, pool = _losses(batch, state.forward, "weak")
    if pool is None or batch.pool is None:
        return losses
    probs = pool.detach().softmax(1)
    return _with_pool(losses, functional.cross_entropy(pool, probs.argmax(1)), _equally_weighted(probs, batch.pool))


def fixmatch(batch: Batch, state: State) -> Losses:
    """Learn the weak view's confident prediction on the strong view (Sohn et al. 2020, arXiv 2001.07685)."""
    return _consistency(batch, state)[0]


def flexmatch(batch: Batch, state: State) -> Losses:
    """FixMatch with lower thresholds for rarely confident classes (Zhang et al. 2021, arXiv 2110.08263)."""
    return _consistency(batch, state)[0]


def freematch(batch: Batch, state: State) -> Losses:
    """FixMatch with self-adaptive thresholds and a fairness loss (Wang et al. 2023, arXiv 2205.07246)."""
    losses, student = _consistency(batch, state)
    threshold = state.threshold
    if student is None or losses.pseudo_labels is None or not isinstance(threshold, FreeThreshold):
        return losses
    fairness = state.config.fairness_weight * fairness_loss(
        student, losses.pseudo_labels.weights, threshold.mean_probs, threshold.mix
    )
    return replace(losses, regulariser=fairness)


def softmatch(batch: Batch, state: State) -> Losses:
    """FixMatch with weights that fall below the mean confidence (Chen et al. 2023, arXiv 2301.10921)."""
    return _consistency(batch, state)[0]


def mean_teacher(batch: Batch, state: State) -> Losses:
    """Learn the averaged model's probabilities on the pool by squared error (Tarvainen & Valpola 2017)."""
    losses, pool = _losses(batch, state.forward, "weak")
    if pool is None or batch.pool is None:
        return losses
    with torch.no_grad():
        teacher = state.average(batch.pool.strong).float().softmax(1)  # its own draw of the weak view
    return _with_pool(losses, squared_error(pool, teacher), _equally_weighted(teacher, batch.pool))


def distillation(batch: Batch, state: State) -> Losses:
    """Learn a head's probabilities on the pool, frozen, on the weak view (Hinton et al. 2015, arXiv 1503.02531)."""
    losses, pool = _losses(batch, state.forward, "weak")
    if pool is None or batch.pool is None or state.teacher is None:
        return losses
    probs = state.teacher[batch.pool.rows].float()
    return _with_pool(losses, functional.cross_entropy(pool, probs), _equally_weighted(probs, batch.pool))


METHODS: dict[str, Callable[[Batch, State], Losses]] = {
    function.__name__: function
    for function in (
        supervised, pseudo_label, self_training, fixmatch, flexmatch, freematch, softmatch, mean_teacher,
        distillation
    )
}  # fmt: skip
SECOND_VIEWS = {"pseudo_label": "same", "mean_teacher": "weak", "distillation": "same"} | dict.fromkeys(
    ("fixmatch", "flexmatch", "freematch", "softmatch"), "strong"
)
"""The second view of a pool image, by method; methods without an entry do not use the pool."""


def _losses(batch: Batch, forward: Forward, view: str = "") -> tuple[Losses, Tensor | None]:
    """The terms of every method, and the pool's logits on a view.

    One forward pass, so that batch norm sees all.
    """
    parts = {name: value for name, value in vars(batch).items() if isinstance(value, Views)}
    images = {name: value.images for name, value in parts.items()}
    if batch.pool is not None and view:
        images |= {name: getattr(batch.pool, name) for name in view.split()}
    logits = forward(torch.cat(list(images.values()))).float()
    found = dict(zip(images, torch.split(logits, [len(value) for value in images.values()]), strict=True))
    zero = logits.new_zeros(())
    losses = Losses(
        labeled=cross_entropy(found["labeled"], batch.labeled),
        pseudo=cross_entropy(found["pseudo"], parts["pseudo"]) if "pseudo" in found else zero,
        pool=zero,
        rejected=complementary(found["rejected"], parts["rejected"]) if "rejected" in found else zero,
        regulariser=zero,
        num_right=(found["labeled"].detach().argmax(1) == batch.labeled.labels).sum(),
    )
    pool = [found[name] for name in view.split() if name in found]
    return losses, torch.cat(pool) if pool else None


def _consistency(batch: Batch, state: State) -> tuple[Losses, Tensor | None]:
    """Losses of a FixMatch step, and the logits (b, K) of the strong views.

    With weak_pass "joint" and batch norm, both views share one forward pass with gradient. Otherwise the weak views
    have a pass without gradient, at a third of the cost.
    """
    if batch.pool is None:
        return _losses(batch, state.forward)[0], None
    if state.config.weak_pass == "joint" and has_batch_norm(state.model):
        losses, pool = _losses(batch, state.forward, "weak strong")
        assert pool is not None
        weak, student = pool.chunk(2)
    else:
        with torch.no_grad():
            weak = state.model(batch.pool.weak).float()
        losses, pool = _losses(batch, state.forward, "strong")
        assert pool is not None
        student = pool
    probs = weak.detach().softmax(1)
    weights = state.threshold.weights(probs, batch.pool.rows)
    loss = (weights * functional.cross_entropy(student, targets(weak, state.config), reduction="none")).mean()
    return _with_pool(losses, loss, PseudoLabels(probs, weights, batch.pool.rows)), student


def _with_pool(losses: Losses, pool: Tensor, pseudo_labels: PseudoLabels) -> Losses:
    return replace(losses, pool=pool, pseudo_labels=pseudo_labels)


def _equally_weighted(probs: Tensor, pool: PoolViews) -> PseudoLabels:
    return PseudoLabels(probs, probs.new_ones(len(probs)), pool.rows)
