"""Every preset has valid settings, its paper's values and an existing rule."""

import pytest

from core.base.config import METHODS, TrainConfig
from core.base.errors import ConfigError
from core.base.presets import PRESETS, RECIPES, recipe
from core.curation.rules import checked_rule
from core.training.loop.schedules import unlabeled_weight


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_valid_setting_with_a_rule_that_exists(name: str) -> None:
    preset = PRESETS[name]
    assert preset.doc
    assert (preset.rule is not None) == (preset.config().method == "self_training")
    if preset.rule is not None:
        checked_rule(preset.rule, dict(preset.params))


def test_what_is_typed_outweighs_the_preset() -> None:
    config = PRESETS["fixmatch"].config({"unlabeled_ratio": 3, "seed": 5})
    assert (config.method, config.unlabeled_ratio, config.seed) == ("fixmatch", 3, 5)
    with pytest.raises(ConfigError):
        PRESETS["fixmatch"].config({"threshold": 2.0})


@pytest.mark.parametrize(
    ("name", "epoch", "weight"),
    [
        ("pseudo_label_seed", 99, 0.0),
        ("pseudo_label_seed", 275, 0.5e-4),
        ("pseudo_label_seed", 450, 1e-4),
        ("pseudo_label_lee2013", 100, 0.0),
        ("pseudo_label_lee2013", 350, 1.5),
        ("pseudo_label_lee2013", 650, 3.0),
        ("self_training_seed", 20, 0.0),
        ("self_training_seed", 450, 1e-4),
        ("self_training_union", 0, 1.0),
        ("self_training_entropy", 30, 0.5),
        ("fixmatch", 0, 1.0),
    ],
)
def test_the_weight_follows_the_papers_schedule(name: str, epoch: float, weight: float) -> None:
    assert unlabeled_weight(epoch, PRESETS[name].config()) == pytest.approx(weight)


@pytest.mark.parametrize("method", METHODS)
def test_a_method_without_a_preset_has_its_papers_values_and_else_the_defaults(method: str) -> None:
    usual = {**TrainConfig().model_dump(), "method": method}
    expected = {**usual, **RECIPES.get(method, {})}
    assert recipe({"method": method}).model_dump() == expected
    assert PRESETS["supervised"].config({"method": method}).model_dump() == expected
    typed = {"method": method, "ramp": "linear", "unlabeled_ratio": 2, "ema_decay": 0.5}
    assert recipe(typed) == TrainConfig(**{**expected, **typed})


@pytest.mark.parametrize("method", ["fixmatch", "flexmatch", "freematch", "softmatch"])
def test_fixmatch_and_its_kin_begin_at_full_weight_with_seven_unlabeled_a_label(method: str) -> None:
    config = recipe({"method": method})
    assert (config.ramp, config.unlabeled_ratio, config.ema_decay) == ("none", 7, 0.999)
    assert unlabeled_weight(0, config) == config.unlabeled_weight == 1


def test_another_method_leaves_the_preset() -> None:
    assert PRESETS["self_training_seed"].config({"method": "fixmatch"}) == PRESETS["fixmatch"].config()
    assert PRESETS["self_training_seed"].config({"epochs": 3}).warm_start
