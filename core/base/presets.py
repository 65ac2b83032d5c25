"""Presets: settings that belong together because a paper, or an earlier tool, used them together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.base.config import TrainConfig


@dataclass(frozen=True)
class Preset:
    """Settings that differ from the defaults; for self_training also the rule that picks the pseudo-labels."""

    doc: str
    settings: Mapping[str, Any]
    rule: str | None = None
    params: Mapping[str, float] = field(default_factory=dict)

    def config(self, settings: Mapping[str, Any] | None = None) -> TrainConfig:
        """The settings, with those given in place of the preset's."""
        return TrainConfig.checked({**self.settings, **(settings or {})})


_ONLINE = {"unlabeled_ratio": 7, "ramp": "none", "ema_decay": 0.999}
PRESETS: dict[str, Preset] = {
    "supervised": Preset("labels alone: the baseline", {}),
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
        "strong views learn the confident weak ones, threshold .95 (Sohn 2020)", {"method": "fixmatch", **_ONLINE}
    ),
    "flexmatch": Preset("lower for seldom confident classes (Zhang 2021)", {"method": "flexmatch", **_ONLINE}),
    "freematch": Preset(
        "fixmatch with a self-adaptive threshold and fairness (Wang 2023)", {"method": "freematch", **_ONLINE}
    ),
    "softmatch": Preset(
        "fixmatch with soft weights: the most even performer, for few labels (Chen 2023)",
        {"method": "softmatch", **_ONLINE},
    ),
    "mean_teacher": Preset(
        "agree with the averaged model, weight 50 after a sigmoid ramp (Tarvainen & Valpola 2017)",
        {"method": "mean_teacher", "unlabeled_weight": 50.0, "ramp": "sigmoid", "ramp_start": 0, "ramp_end": 30,
         "ema_decay": 0.999},
    ),
}  # fmt: skip
"""By name. Curriculum rounds are a run each: `winnow rounds`."""
