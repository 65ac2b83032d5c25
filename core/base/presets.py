"""Presets: settings that a paper, or an earlier tool, used together.

A method that was made for other values than the fields' defaults has a recipe: it takes the place of those defaults
wherever a person names the method and says nothing else (docs/decisions/0013).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.base.config import TrainConfig

_HEAD = {"unlabeled_weight": 0.5}
_ONLINE = {"unlabeled_ratio": 7, "ramp": "none", "ema_decay": 0.999}
RECIPES: dict[str, Mapping[str, Any]] = {
    "fixmatch": _ONLINE,
    "flexmatch": _ONLINE,
    "freematch": _ONLINE,
    "softmatch": _ONLINE,
    "head": _HEAD,
    "distillation": {"unlabeled_ratio": 7, "unlabeled_weight": 4.0, "ramp": "none"},
    "mean_teacher": {"unlabeled_weight": 50.0, "ramp": "sigmoid", "ramp_start": 0, "ramp_end": 30, "ema_decay": 0.999},
}
"""By method: the values of its paper, and for the head measured ones (docs/decisions/0052), where they are not the
fields' defaults. A method without one has the defaults."""
FINE_TUNING: Mapping[str, Any] = {
    "extractor": "efficientnet_lite0", "epochs": 15, "batch_size": 32, "learning_rate": 0.001, "log_epochs": 5,
    "checkpoint_epochs": 5,
}  # fmt: skip
"""Settings of the model backbone where nothing else is said; measured, see docs/decisions/0039."""


def recipe(settings: Mapping[str, Any]) -> TrainConfig:
    """Return settings, completed by the recipes of method and model and the fields' defaults.

    Args:
        settings: Field names and values that a person gave.

    Returns:
        The complete settings.

    Raises:
        ConfigError: A setting is unknown or out of range.
    """
    of_model = FINE_TUNING if settings.get("model") == "backbone" else {}
    return TrainConfig.checked({**RECIPES.get(str(settings.get("method")), {}), **of_model, **settings})


@dataclass(frozen=True)
class Preset:
    """Settings that differ from the defaults, and the rule of self_training."""

    doc: str
    settings: Mapping[str, Any]
    rule: str | None = None
    params: Mapping[str, float] = field(default_factory=dict)

    def config(self, settings: Mapping[str, Any] | None = None) -> TrainConfig:
        """Return the preset's settings with the given ones in their place.

        Args:
            settings: Field names and values that a person gave; a method other than the preset's own leaves the preset.

        Returns:
            The complete settings.

        Raises:
            ConfigError: A setting is unknown or out of range.
        """
        given = settings or {}
        return recipe({**self.settings, **given} if self.fits_method(given.get("method")) else given)

    @property
    def method(self) -> str:
        """Method that the preset belongs to."""
        return str(self.settings.get("method", TrainConfig.model_fields["method"].default))

    def fits_method(self, method: object) -> bool:
        """Return whether the preset's settings and rule hold for a method.

        Args:
            method: Name of the method; None stands for the preset's own.
        """
        return method in (None, self.method)


PRESETS: dict[str, Preset] = {
    "supervised": Preset("labels alone: the baseline; without a GPU supervised_fast takes a tenth of its time", {}),
    "supervised_fast": Preset(
        "labels alone on tiny_cnn: without a GPU a tenth of the baseline's time, for about a point of accuracy",
        {"model": "tiny_cnn"},
    ),
    "fine_tune": Preset(
        "a pretrained network trained on, from a head on its own features; it says whether that beat the head",
        {"model": "backbone"},
    ),
    "pseudo_label_seed": Preset(
        "online pseudo-labels, weight 1e-4 from epoch 100 to 450: nearly inert, expect about the baseline",
        {"method": "pseudo_label", "unlabeled_weight": 1e-4, "ramp": "seed", "ramp_start": 100, "ramp_end": 450,
         "epochs": 500},
    ),
    "pseudo_label_lee2013": Preset(
        "online pseudo-labels, weight 3 from epoch 100 to 600 (Lee 2013)",
        {"method": "pseudo_label", "unlabeled_weight": 3.0, "ramp": "seed", "ramp_start": 100, "ramp_end": 600,
         "epochs": 700},
    ),
    "self_training_union": Preset(
        "the parent's pseudo-labels at .8 and above join the labels at full weight",
        {"method": "self_training", "ramp": "none"}, "fixed_threshold", {"threshold": 0.8},
    ),
    "self_training_seed": Preset(
        "the parent's pseudo-labels at .99 and above, weight 1e-4 from epoch 20 to 450, from the parent's weights",
        {"method": "self_training", "unlabeled_weight": 1e-4, "ramp": "seed", "ramp_start": 20, "ramp_end": 450,
         "epochs": 500, "warm_start": True}, "fixed_threshold", {"threshold": 0.99},
    ),
    "self_training_entropy": Preset(
        "the tenth of the pool with the lowest entropy, its weight rising from 0 to 1 over the run",
        {"method": "self_training", "ramp": "linear"}, "lowest_entropy", {"percent": 10.0},
    ),
    "fixmatch": Preset(
        "strong views learn the confident weak ones, threshold .95 (Sohn 2020)", {"method": "fixmatch"}
    ),
    "flexmatch": Preset("lower for seldom confident classes (Zhang 2021)", {"method": "flexmatch"}),
    "freematch": Preset(
        "fixmatch with a self-adaptive threshold and fairness (Wang 2023)", {"method": "freematch"}
    ),
    "softmatch": Preset(
        "fixmatch with soft weights: the most even performer, for few labels (Chen 2023)",
        {"method": "softmatch"},
    ),
    "mean_teacher": Preset(
        "agree with the averaged model, weight 50 after a sigmoid ramp (Tarvainen & Valpola 2017)",
        {"method": "mean_teacher"},
    ),
    "distillation": Preset(
        "a small network learns what a head says of the unlabeled images (Hinton 2015), in minutes",
        {"method": "distillation", "model": "tiny_cnn"},
    ),
    "head": Preset("a classifier on features that no label has touched: suggestions in seconds", {"method": "head"}),
}  # fmt: skip
"""By name. Curriculum rounds are a run each: `winnow curriculum`."""
