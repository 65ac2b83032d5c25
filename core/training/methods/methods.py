"""Methods: one function each, from a batch to its losses. The loop does not know a method's name.

Every method: cross-entropy on labeled images; -log(1 - p_c) on images that a person rejected as class c (a
complementary label); all but `supervised` also cross-entropy on curated pseudo-labels. Means run over the whole batch,
not over the kept images; a weight scales its image's term and not the divisor.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.base.config import TrainConfig
from core.training.batches.batch import Batch, PoolViews, Views
from core.training.methods.thresholds import FreeThreshold, Threshold
from core.training.models.models import has_batch_norm
from core.training.runtime import distributed

Forward = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class State:
    """What a method needs beside the batch: the forward pass with gradient, the model behind it, its average."""

    forward: Forward  # logits (b, K); compiled, and over all ranks, where that was asked for
    model: nn.Module
    average: nn.Module
    threshold: Threshold
    config: TrainConfig


@dataclass(frozen=True)
class Guess:
    """What the method took the pool images of a batch for, and how much each counted."""

    probs: Tensor  # (b, K)
    weights: Tensor  # (b,), [0, 1]
    rows: Tensor  # (b,) of the pool


@dataclass(frozen=True)
class Losses:
    """The terms, unweighted, and the labeled images predicted right; tensors without shape."""

    labeled: Tensor
    pseudo: Tensor  # frozen, curated pseudo-labels
    pool: Tensor  # the method's own pseudo-labels
    rejected: Tensor
    regulariser: Tensor  # the method's own, already weighted
    num_right: Tensor
    guess: Guess | None = None


def supervised(batch: Batch, state: State) -> Losses:
    """Learn the labels and the rejects; pseudo-labels and the pool are left out."""
    return _losses(Batch(batch.labeled, rejected=batch.rejected), state.forward)[0]


def self_training(batch: Batch, state: State) -> Losses:
    """Learn the labels, and beside them frozen, curated pseudo-labels on the weak view (Lee 2013, offline)."""
    return _losses(Batch(batch.labeled, batch.pseudo, batch.rejected), state.forward)[0]


def pseudo_label(batch: Batch, state: State) -> Losses:
    """Learn on a weak view what the model takes it for right now, all of it (Lee 2013, online)."""
    losses, pool = _losses(batch, state.forward, "weak")
    if pool is None or batch.pool is None:
        return losses
    probs = pool.detach().softmax(1)
    return _with_pool(losses, functional.cross_entropy(pool, probs.argmax(1)), _all_of(probs, batch.pool))


def fixmatch(batch: Batch, state: State) -> Losses:
    """Learn on the strong view what the weak view is taken for, where the threshold lets it (Sohn et al. 2020)."""
    return _consistency(batch, state)[0]


def flexmatch(batch: Batch, state: State) -> Losses:
    """Fixmatch with a lower threshold for classes that are rarely confident (Zhang et al. 2021)."""
    return _consistency(batch, state)[0]


def freematch(batch: Batch, state: State) -> Losses:
    """Fixmatch with a threshold that follows the model's confidence, and a fairness term (Wang et al. 2023)."""
    losses, student = _consistency(batch, state)
    threshold = state.threshold
    if student is None or losses.guess is None or not isinstance(threshold, FreeThreshold):
        return losses
    fairness = state.config.fairness_weight * fairness_loss(
        student, losses.guess.weights, threshold.mean_probs, threshold.mix
    )
    return Losses(**{**vars(losses), "regulariser": fairness})


def softmatch(batch: Batch, state: State) -> Losses:
    """Fixmatch with a weight that falls off below the mean confidence (Chen et al. 2023)."""
    return _consistency(batch, state)[0]


def mean_teacher(batch: Batch, state: State) -> Losses:
    """Agree with the averaged model on the pool: mean squared error of probabilities (Tarvainen & Valpola 2017)."""
    losses, pool = _losses(batch, state.forward, "weak")
    if pool is None or batch.pool is None:
        return losses
    with torch.no_grad():
        teacher = state.average(batch.pool.strong).float().softmax(1)  # its own draw of the weak view
    return _with_pool(losses, squared_error(pool, teacher), _all_of(teacher, batch.pool))


METHODS: dict[str, Callable[[Batch, State], Losses]] = {
    function.__name__: function
    for function in (
        supervised, pseudo_label, self_training, fixmatch, flexmatch, freematch, softmatch, mean_teacher
    )
}  # fmt: skip
SECOND_VIEWS = {"pseudo_label": "same", "mean_teacher": "weak"} | dict.fromkeys(
    ("fixmatch", "flexmatch", "freematch", "softmatch"), "strong"
)
"""The methods that look at the pool, and what their second view of an image is."""


def _losses(batch: Batch, forward: Forward, view: str = "") -> tuple[Losses, Tensor | None]:
    """The terms every method has, and the pool's logits on a view; one forward pass, so that batch norm sees all."""
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
    """Fixmatch's step, and the logits (b, K) of the strong views.

    Where batch norm shall see both views in one pass, gradients run through the weak one too. Else, and always without
    batch norm, it takes a pass of its own without gradient, at a third of the price.
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
    return _with_pool(losses, loss, Guess(probs, weights, batch.pool.rows)), student


def targets(weak: Tensor, config: TrainConfig) -> Tensor:
    """What the strong view has to answer: the class (b,), or its sharpened probabilities (b, K)."""
    sharpening = config.sharpening
    return (weak.detach() / sharpening).softmax(1) if sharpening else weak.detach().argmax(1)


def _with_pool(losses: Losses, pool: Tensor, guess: Guess) -> Losses:
    return Losses(**{**vars(losses), "pool": pool, "guess": guess})


def _all_of(probs: Tensor, pool: PoolViews) -> Guess:
    return Guess(probs, probs.new_ones(len(probs)), pool.rows)


def cross_entropy(logits: Tensor, views: Views) -> Tensor:
    """Weighted cross-entropy in nats, mean over all images of the batch; 0 without any."""
    if not len(views):
        return logits.sum() * 0
    return (views.weights * functional.cross_entropy(logits, views.labels, reduction="none")).mean()


def complementary(logits: Tensor, views: Views) -> Tensor:
    """-log(1 - p_c) in nats, where c is the class that was rejected, mean over all images of the batch.

    1 - p_c is the sum of the other classes' probabilities, taken as a difference of two logsumexp.
    """
    others = logits.masked_fill(functional.one_hot(views.labels, logits.shape[1]).bool(), -torch.inf)
    return (views.weights * (logits.logsumexp(1) - others.logsumexp(1))).mean()


def squared_error(logits: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of the probabilities (b, K), over images and classes."""
    return ((logits.softmax(1) - teacher) ** 2).mean()


def fairness_loss(student: Tensor, weights: Tensor, mean_probs: Tensor, mix: Tensor) -> Tensor:
    """FreeMatch's −H(norm(p̃ / h̃), norm(p̄ / h̄)): p̄, h̄ are the kept strong views' mean probabilities and class mix.

    p̃ (K,) and h̃ (K,) are the moving ones. H is a cross-entropy in nats; 0 where nothing is kept. It is no mean over
    images: the sums that enter it are those of all ranks together, but of one piece alone where memory ran out.
    """
    probs = student.softmax(1)
    hist = functional.one_hot(probs.detach().argmax(1), probs.shape[1]).to(probs)
    sums = [weights.sum()[None], (weights[:, None] * probs).sum(0), (weights[:, None] * hist).sum(0)]
    found = distributed.summed_with_gradient(torch.cat(sums))
    kept, (mean, counts) = found[0], found[1:].view(2, -1) / found[0].clamp(min=1)
    target = _normalised(mean_probs / mix.clamp(min=1e-6))
    ours = _normalised(mean * torch.where(counts > 0, 1 / counts.clamp(min=1e-6), 0))
    return torch.where(kept > 0, (target * (ours + 1e-12).log()).sum(), 0.0)


def _normalised(values: Tensor) -> Tensor:
    return values / values.sum().clamp(min=1e-12)
