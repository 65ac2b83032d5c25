"""The initial model of a run: random, pretrained, or its parent's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.base.config import TrainConfig
from core.base.errors import TrainingError
from core.base.types import ImageSet
from core.store.run_folder import RunFolder
from core.training.models.models import Classifier, build
from core.training.models.pretrained import Backbone, load_backbone
from core.training.models.pretrained_body import choose_trained_part
from core.training.models.weights import load_model

_OF_THE_MODEL = ("model", "wrn_depth", "wrn_width")
_OF_A_BACKBONE = ("model", "extractor", "image_side")


def pretrained_backbone(config: TrainConfig) -> Backbone | None:
    """Load the network that a run fine-tunes; None where it trains another model.

    Raises:
        InputError: The network or its weights are not on this machine, or do not fit.
        TrainingError: The file of weights cannot be read.
    """
    if not config.is_fine_tuned:
        return None
    weights = Path(config.pretrained).expanduser() if config.pretrained else None
    side, may_download = config.image_side or None, config.allow_download
    return load_backbone(config.extractor, weights=weights, side=side, allow_download=may_download)


def model_facts(config: TrainConfig, images: ImageSet, backbone: Backbone | None) -> dict[str, Any]:
    """Content of model.json but for mean and deviation: what it takes to build the model again.

    Args:
        config: Settings of the run.
        images: The project's.
        backbone: The network that the run fine-tunes.
    """
    options: dict[str, Any] = {"depth": config.wrn_depth, "widen": config.wrn_width} if config.model == "wrn" else {}
    if backbone is not None:
        options = {"name": config.extractor, "spec": backbone.input.facts()}
    _, height, width, channels = images.pixels.shape
    facts = {
        "model": config.model, "num_classes": len(images.class_names), "channels": channels,
        "height": height, "width": width, "class_names": list(images.class_names), "options": options,
    }  # fmt: skip
    if backbone is not None:
        facts["pretrained"] = {name: getattr(backbone, name) for name in ("version", "sha256", "licence", "source")}
    return facts


def initial_model(
    config: TrainConfig, facts: Mapping[str, Any], parent: RunFolder | None, backbone: Backbone | None = None
) -> Classifier:
    """Build a run's model with its initial weights.

    Args:
        config: Settings; model, seed, pretrained, trained_part and warm_start are used.
        facts: Content of model.json: number of classes, shape of the images, options.
        parent: Folder of the parent run, whose weights are taken for a warm start.
        backbone: The network that the run fine-tunes.

    Returns:
        The model, on the CPU.

    Raises:
        TrainingError: The parent has another model, or pretrained weights are not available.

    """
    if not config.warm_start or parent is None:
        shape = (facts["channels"], facts["height"], facts["width"])
        given = {"pretrained": config.pretrained} if config.pretrained and backbone is None else {}
        model = build(config.model, facts["num_classes"], *shape, seed=config.seed, options=facts["options"] | given)
        if backbone is not None:
            model.body.network.load_state_dict(backbone.network.state_dict())  # type: ignore[union-attr]
    else:
        before = parent.record().config
        names = _OF_A_BACKBONE if config.is_fine_tuned else _OF_THE_MODEL
        if any(getattr(before, name) != getattr(config, name) for name in names):
            raise TrainingError(
                f"A warm start needs the parent's model: {parent.id} is a {before.model_name}, this run a "
                f"{config.model_name}. Choose the parent's, or start from scratch."
            )
        model = load_model(parent.path)
    choose_trained_part(model, config)
    return model
