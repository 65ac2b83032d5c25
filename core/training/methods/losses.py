"""Losses of the training methods, as tensors without shape; means run over all images of the batch."""

import torch
from torch import Tensor
from torch.nn import functional

from core.base.config import TrainConfig
from core.training.batches.batch import Views
from core.training.runtime import distributed


def targets(weak: Tensor, config: TrainConfig) -> Tensor:
    """Targets of the strong view: the weak view's class (b,), or its sharpened probabilities (b, K).

    Args:
        weak: Logits (b, K) of the weak view.
        config: Settings; `sharpening` divides the logits, 0 takes the class.

    """
    sharpening = config.sharpening
    return (weak.detach() / sharpening).softmax(1) if sharpening else weak.detach().argmax(1)


def cross_entropy(logits: Tensor, views: Views) -> Tensor:
    """Weighted cross-entropy of logits (b, K) in nats, mean over all images.

    0 without any.
    """
    if not len(views):
        return logits.sum() * 0
    return (views.weights * functional.cross_entropy(logits, views.labels, reduction="none")).mean()


def complementary(logits: Tensor, views: Views) -> Tensor:
    """Complementary-label loss −log(1 − p_c) in nats, c the rejected class, mean over all images.

    1 − p_c is the sum of the other classes' probabilities, taken as a difference of two logsumexp.
    """
    others = logits.masked_fill(functional.one_hot(views.labels, logits.shape[1]).bool(), -torch.inf)
    return (views.weights * (logits.logsumexp(1) - others.logsumexp(1))).mean()


def squared_error(logits: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference between softmax(logits) and the teacher's probabilities, both (b, K)."""
    return ((logits.softmax(1) - teacher) ** 2).mean()


def fairness_loss(student: Tensor, weights: Tensor, mean_probs: Tensor, mix: Tensor) -> Tensor:
    """FreeMatch's fairness loss −H(norm(p̃ / h̃), norm(p̄ / h̄)), H a cross-entropy in nats (Wang et al. 2023).

    It is no mean over images: its sums run over all ranks, but over one piece alone where memory ran out.

    Args:
        student: Logits (b, K) of the strong views.
        weights: Weights (b,) of the images; p̄, h̄ are the mean probabilities and the class mix of the kept ones.
        mean_probs: p̃ (K,), moving average of the probabilities.
        mix: h̃ (K,), moving average of the class mix.

    Returns:
        The loss; 0 where nothing is kept.

    """
    probs = student.softmax(1)
    hist = functional.one_hot(probs.detach().argmax(1), probs.shape[1]).to(probs)
    sums = [weights.sum()[None], (weights[:, None] * probs).sum(0), (weights[:, None] * hist).sum(0)]
    found = distributed.sum_over_ranks_with_gradient(torch.cat(sums))
    kept, (mean, counts) = found[0], found[1:].view(2, -1) / found[0].clamp(min=1)
    target = _normalized(mean_probs / mix.clamp(min=1e-6))
    actual = _normalized(mean * torch.where(counts > 0, 1 / counts.clamp(min=1e-6), 0))
    return torch.where(kept > 0, (target * (actual + 1e-12).log()).sum(), 0.0)


def _normalized(values: Tensor) -> Tensor:
    return values / values.sum().clamp(min=1e-12)
