"""Compare extractors and heads by the accuracy on labels that a head has not seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.base.errors import InputError
from core.base.types import Ids, Labels
from core.heads.fit import Features, fit_head, head_logits, read_rows
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import HeadSettings

FOLDS = 5


@dataclass(frozen=True)
class HeadComparison:
    """How well one head on one extractor's features names labels that were held out.

    Attributes:
        extractor: Name of the features.
        kind: Kind of the head.
        accuracy: Share of the held-out labels that it named, [0, 1]; high is good.
        standard_error: Of the accuracy, [0, 0.5].
        num_labels: Labels that were held out once each.
    """

    extractor: str
    kind: str
    accuracy: float
    standard_error: float
    num_labels: int


def compare_heads(
    features: Mapping[str, Features],
    labels: HeadLabels,
    settings: Sequence[HeadSettings],
    *,
    folds: int = FOLDS,
    seed: int = 0,
) -> list[HeadComparison]:
    """Cross-validate each head on each extractor's features, on the same folds.

    Args:
        features: By extractor name, (N, D) each.
        labels: Labels that neither calibrate nor test: the choice would spoil those estimates.
        settings: Heads to compare.
        folds: Parts of the labels, each held out once; fewer where there are fewer labels.
        seed: Draws the folds.

    Returns:
        A line for each pair, the most accurate first; of equals the one given first.

    Raises:
        InputError: There are fewer than two labels, or the features differ in their number of images.
    """
    if len({len(values) for values in features.values()}) != 1:
        raise InputError("The features to compare must be of the same images.")
    if len(labels.ids) < 2:
        raise InputError("Comparing heads needs at least two labeled images.")
    parts = stratified_folds(labels.labels, min(folds, len(labels.ids)), seed)
    found = []
    for name, values in features.items():
        for setting in settings:
            right = sum(_num_right(values, labels, setting, part) for part in parts)
            accuracy = right / len(labels.ids)
            error = float(np.sqrt(accuracy * (1 - accuracy) / len(labels.ids)))
            found.append(HeadComparison(name, setting.kind, accuracy, error, len(labels.ids)))
    return sorted(found, key=lambda line: -line.accuracy)


def stratified_folds(labels: Labels, folds: int, seed: int) -> list[Ids]:
    """Divide rows (n,) of labels into folds that hold each class about equally often."""
    rng = np.random.default_rng(seed)
    mixed = rng.permutation(len(labels))
    by_class = mixed[np.argsort(labels[mixed], kind="stable")]
    return [np.sort(by_class[start::folds]) for start in range(folds)]


def _num_right(features: Features, labels: HeadLabels, settings: HeadSettings, held_out: Ids) -> int:
    """Held-out labels that a head fitted on the others names."""
    kept = np.setdiff1d(np.arange(len(labels.ids)), held_out)
    known = HeadLabels(
        labels.ids[kept], labels.labels[kept], labels.weights[kept], labels.reject_ids, labels.reject_labels,
        labels.num_classes,
    )  # fmt: skip
    wanted = labels.ids[held_out]
    if settings.kind == "label_propagation":
        logits = head_logits(features, known, settings)[wanted]
    else:
        logits = fit_head(features, known, settings).logits(read_rows(features, wanted))
    return int((logits.argmax(axis=1) == labels.labels[held_out]).sum())


def simplest_within_error(
    lines: Sequence[HeadComparison], extractors: Sequence[str], kinds: Sequence[str]
) -> HeadComparison:
    """Choose the simplest pair that is within one standard error of the most accurate.

    Args:
        lines: What compare_heads found, at least one.
        extractors: Names of the extractors, the simplest first.
        kinds: Kinds of heads, the simplest first.

    Returns:
        Of the pairs that are near enough, the one of the simplest extractor, then of the simplest head.

    Source: the one-standard-error rule of Breiman et al. 1984.
    """
    best = max(lines, key=lambda line: line.accuracy)
    near = [line for line in lines if line.accuracy >= best.accuracy - best.standard_error]
    return min(near, key=lambda line: (extractors.index(line.extractor), kinds.index(line.kind)))
