"""The initial model of a run: random, pretrained, or its parent's."""

from collections.abc import Mapping
from typing import Any

from core.base.config import TrainConfig
from core.base.errors import TrainingError
from core.store.run_folder import RunFolder
from core.training.models.models import Classifier, build
from core.training.models.weights import load_model


def initial_model(config: TrainConfig, facts: Mapping[str, Any], parent: RunFolder | None) -> Classifier:
    """Build a run's model with its initial weights.

    Args:
        config: Settings; model, seed, pretrained and warm_start are used.
        facts: Content of model.json: number of classes, shape of the images, options.
        parent: Folder of the parent run, whose weights are taken for a warm start.

    Returns:
        The model, on the CPU.

    Raises:
        TrainingError: The parent has another model, or pretrained weights are not available.

    """
    if not config.warm_start or parent is None:
        shape = (facts["channels"], facts["height"], facts["width"])
        given = {"pretrained": config.pretrained} if config.pretrained else {}
        return build(config.model, facts["num_classes"], *shape, seed=config.seed, options=facts["options"] | given)
    before = parent.record().config
    if (before.model, before.wrn_depth, before.wrn_width) != (config.model, config.wrn_depth, config.wrn_width):
        raise TrainingError(
            f"A warm start needs the parent's model: {parent.id} is a {before.model}, this run a {config.model}. "
            "Choose the parent's, or start from scratch."
        )
    return load_model(parent.path)
