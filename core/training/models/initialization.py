"""The model that a run starts from: drawn by the seed, pretrained, or its parent's."""

from collections.abc import Mapping
from typing import Any

from core.base.config import TrainConfig
from core.base.errors import TrainingError
from core.store.run_folder import RunFolder
from core.training.models.models import Classifier, build
from core.training.models.weights import load_model


def starting_model(config: TrainConfig, facts: Mapping[str, Any], parent: RunFolder | None) -> Classifier:
    """The model of the facts (as in model.json) with its first weights; the parent's where the run starts warm.

    TrainingError where the parent has another model, or pretrained weights cannot be had.
    """
    if not config.warm_start or parent is None:
        shape = (facts["channels"], facts["height"], facts["width"])
        given = {"pretrained": config.pretrained} if config.pretrained else {}
        return build(config.model, facts["num_classes"], *shape, seed=config.seed, options=facts["options"] | given)
    theirs = parent.record().config
    if (theirs.model, theirs.wrn_depth, theirs.wrn_width) != (config.model, config.wrn_depth, config.wrn_width):
        raise TrainingError(
            f"A warm start needs the parent's model: {parent.id} is a {theirs.model}, this run a {config.model}. "
            "Choose the parent's, or start from scratch."
        )
    return load_model(parent.path)
