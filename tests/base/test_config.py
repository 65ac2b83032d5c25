"""Settings refuse unknown keys and bad values with a clear sentence."""

import pytest

from core.base.config import Config, SplitConfig, TrainConfig
from core.base.errors import ConfigError, WinnowError


@pytest.mark.parametrize("config", [SplitConfig, TrainConfig])
def test_every_setting_says_what_it_means(config: type[Config]) -> None:
    for name, field in config.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_an_unknown_setting_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="learning_rte"):
        TrainConfig.checked({"learning_rte": 0.1})


def test_a_setting_out_of_its_range_names_the_setting_and_what_was_given() -> None:
    with pytest.raises(ConfigError, match=r"batch_size.*got 0"):
        TrainConfig.checked({"batch_size": 0})


def test_a_ramp_that_falls_is_refused() -> None:
    with pytest.raises(ConfigError, match="ramp_end must be greater"):
        TrainConfig.checked({"ramp": "seed", "ramp_start": 100, "ramp_end": 50})


def test_settings_survive_a_trip_through_json() -> None:
    config = TrainConfig(method="self_training", ramp="seed", seed=7)
    assert TrainConfig.model_validate_json(config.model_dump_json()) == config


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        TrainConfig().seed = 1  # type: ignore[misc]


def test_every_error_of_ours_is_a_winnow_error() -> None:
    from core.base import errors

    ours = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, Exception)]
    assert len(ours) >= 7
    assert all(issubclass(e, WinnowError) for e in ours)
