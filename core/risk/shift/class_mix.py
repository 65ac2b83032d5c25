"""Class mix of a pool, estimated from predictions: black-box shift estimation.

If only the shares of the classes differ, the pool's predicted shares are a mixture of the confusion matrix's columns:
solving for the mixture gives one weight a class (BBSE, Lipton et al. 2018, arXiv 1802.03916).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from core.base.types import Labels, Mask


def class_mix_weights(
    predicted: Labels, labels: Labels, pool_predicted: Labels, num_classes: int
) -> NDArray[np.float64]:
    """Estimate how much more frequent each class is in the pool than among labeled images.

    A least-squares solution with weights of 0 or more, drawn towards 1 by the strength of one labeled image.

    Args:
        predicted: (n,) predicted classes of labeled images.
        labels: (n,) their classes; UNKNOWN stands for none of the classes and is left out.
        pool_predicted: (m,) predicted classes of the pool.
        num_classes: K.

    Returns:
        (K,) weights, 0 or more; their mean over the labeled images is 1. All 1 without images.
    """
    known = (labels >= 0) & (labels < num_classes)
    num = int(known.sum())
    if not num or not len(pool_predicted):
        return np.ones(num_classes)
    joint = np.zeros((num_classes, num_classes))
    np.add.at(joint, (predicted[known], labels[known]), 1.0 / num)
    target = np.bincount(pool_predicted, minlength=num_classes)[:num_classes] / len(pool_predicted)
    share = joint.sum(axis=0)
    present, said = share > 0, joint.any(axis=1)  # no other class or row changes the solution; 2,000 classes take 15 s
    pull = np.sqrt(1.0 / num) * np.diag(np.sqrt(share[present]))
    weights = np.zeros(num_classes)
    weights[present], _ = nnls(
        np.vstack([joint[np.ix_(said, present)], pull]), np.concatenate([target[said], pull.diagonal()])
    )
    total = float(weights @ share)
    return np.asarray(weights / total if total > 0 else np.ones(num_classes))


def item_weights(labels: Labels, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weight of each labeled image, (n,); those of none of the classes weigh 1."""
    return np.where(labels >= 0, weights[np.clip(labels, 0, len(weights) - 1)], 1.0)


def effective_size(weights: NDArray[np.float64]) -> float:
    """Return how many equally weighted items say as much: (sum w)² / sum w²; 0 without items."""
    total = float((weights**2).sum())
    return float(weights.sum()) ** 2 / total if total > 0 else 0.0


def thinned(weights: NDArray[np.float64], rng: np.random.Generator) -> Mask:
    """Draw a part of the items in proportion to their weights: under that mix it is an unweighted sample.

    Args:
        weights: (n,) weights, 0 or more.
        rng: Generator of the draw.

    Returns:
        (n,) items kept.
    """
    top = float(weights.max(initial=0.0))
    return np.asarray(rng.random(len(weights)) * top < weights)
