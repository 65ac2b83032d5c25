"""Guesses of a text model: class names as texts, compared with the images; needs no label and guarantees nothing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError
from core.similarity.text_search import likeness, text_features, text_vectors
from core.workspace.workspace import Workspace

PROMPT = "a photo of a {}"
"""A bare class name is often ambiguous, and such models were trained on captions (Radford et al., arXiv 2103.00020)."""
SCALE = 100.0
"""What multiplies a cosine: CLIP's trained logit scale ends at 100; val labels, where there are any, calibrate it."""
GUESSES = (
    "Guesses of a text model from the class names alone: it has seen no label of this project, its confidence means "
    "little, and no guarantee holds until images are reviewed."
)
"""What is said wherever such predictions are made."""


@dataclass(frozen=True)
class ZeroShot:
    """Predictions of a text model.

    Attributes:
        model: Name of the extractor.
        texts: The text of each class, in the order of the classes.
        logits: (N, K) float32, 100 times the cosine of image and text.
    """

    model: str
    texts: tuple[str, ...]
    logits: NDArray[np.float32]


def zero_shot(workspace: Workspace, prompt: str = PROMPT) -> ZeroShot:
    """Compare all images with the names of the classes.

    Args:
        workspace: The project, with features of an extractor "clip:…" and at least two classes.
        prompt: Text with {} in the place of a class name; underscores of a name become spaces.

    Returns:
        The predictions of all images.

    Raises:
        InputError: There are no such features or fewer than two classes, the prompt has no {}, or the model cannot
            take a text.
        DataError: The features cannot be read.
    """
    names = workspace.images.class_names
    if prompt.count("{}") != 1:
        raise InputError(f"A prompt has {{}} once, where the class name stands, as in {PROMPT!r} (got {prompt!r}).")
    if len(names) < 2:
        raise InputError("Guesses need at least two classes: name them first (winnow classes PROJECT --add NAME).")
    stored = text_features(workspace)
    texts = tuple(prompt.replace("{}", name.replace("_", " ")) for name in names)
    vectors = text_vectors(texts, stored.record, stored.folder)
    ids = np.arange(len(stored.values))
    logits = np.stack([likeness(stored.values, ids, vector) for vector in vectors], axis=1) * np.float32(SCALE)
    return ZeroShot(stored.record.extractor.name, texts, logits)
