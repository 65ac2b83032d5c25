"""Training form: settings, presets, methods, control runs."""

import time
import uuid
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import Command, InputError, Project, TrainConfig, constants
from core.experiments.plans import goals
from dashboard.sections.training import setting_names
from tests.dashboard.page_helpers import open_page, press, texts
from tests.experiments.plans.test_time_estimates import keep_times


@pytest.mark.parametrize(
    ("method", "model"),
    [
        *((method, "small_cnn") for method in constants.TRAINING_METHODS),
        ("supervised", "backbone"),
        ("supervised", "wrn"),
    ],
)
def test_the_form_has_every_setting_that_a_method_reads_and_no_other(
    untrained_project: Project, method: str, model: str
) -> None:
    session = {"train-method": method, "train-model": model}
    test = open_page("train", session, project=untrained_project.key)
    kinds: tuple[Any, ...] = (test.number_input, test.selectbox, test.text_input, test.toggle)
    helps = {str(widget.key): widget.help for kind in kinds for widget in kind}
    names = [name for name in constants.settings_read(method, model) if method != "head" or name != "model"]
    fields = TrainConfig.model_fields
    assert {key: text for key, text in helps.items() if key.removeprefix("train-") in fields} == {
        f"train-{name}": fields[name].description for name in names
    }
    assert not test.exception


def test_every_setting_has_words_and_one_group() -> None:
    names = [name for group in setting_names.GROUPS.values() for name in group]
    assert len(names) == len(set(names))
    assert {*names, "method", "imported_model"} == set(TrainConfig.model_fields)
    assert len(set(setting_names.NAMES.values())) == len(names)


def test_a_search_shows_the_settings_it_finds_and_keeps_the_others(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.experiments.runs.start", lambda *_, **__: None)
    keep_times(monkeypatch)
    test = open_page("train", project=untrained_project.key)
    test.number_input(key="train-epochs").set_value(3)
    press(test, "How long will it take?")  # sends the form
    test.text_input(key="search-settings").set_value("decay averaged").run()
    assert [box.key for box in test.number_input if str(box.key).startswith("train-")] == ["train-ema_decay"]
    assert "`ema_decay`" in test.number_input(key="train-ema_decay").label
    test.number_input(key="train-ema_decay").set_value(0.5)
    press(test, "Start")
    assert untrained_project.runs()[0].record.config == TrainConfig(epochs=3, ema_decay=0.5)
    test.text_input(key="search-settings").set_value("no such thing").run()
    assert "No setting of this method is called so." in texts(test)


def test_the_form_says_how_long_a_run_takes_once_it_is_measured(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_times(monkeypatch)
    test = open_page("train", project=untrained_project.key)
    press(test, "How long will it take?")
    assert "Measuring this machine" in texts(test)
    test = until(test, "here on cpu in fp32")
    assert untrained_project.runs() == []
    test.selectbox(key="train-method").set_value("fixmatch").run()
    assert "here on cpu in fp32" not in texts(test), "the time of another method"


def test_a_time_that_cannot_be_measured_is_told_once_and_not_tried_for_ever(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def measure(*what: object) -> None:
        asked.append(what)
        raise InputError("The time of this training cannot be measured here.")

    monkeypatch.setattr("core.experiments.plans.time_estimates.measure_times", measure)
    test = open_page("train", project=untrained_project.key)
    press(test, "How long will it take?")
    test = until(test, "cannot be measured here")
    for _ in range(3):
        test.run()
        assert "cannot be measured here" in texts(test)
        assert "Measuring this machine" not in texts(test)
    assert len(asked) == 1
    press(test, "How long will it take?")
    until(test, "cannot be measured here")
    press(test, "Measure again")
    until(test, "cannot be measured here")
    assert len(asked) == 3


def test_the_time_is_that_of_all_seeds_or_rounds_and_control_runs_only_where_wanted(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_times(monkeypatch)
    parent = trained_project.runs()[0].id
    image = int(trained_project.splits.unlabeled[0])
    trained_project.decisions.execute([Command(str(uuid.uuid4()), "accept", parent, "me", image, 0)])
    test = open_page("train", project=trained_project.key)
    test.number_input(key="num-seeds").set_value(3)
    press(test, "How long will it take?")
    test = until(test, "for 3 runs, one after the other. Control runs come on top.")
    next(toggle for toggle in test.toggle if toggle.label == "Train control runs too").set_value(False)
    press(test, "How long will it take?")
    test = until(test, "for 3 runs, one after the other.")
    assert "Control runs come on top." not in texts(test)
    test.selectbox(key="train-method").set_value("self_training").run()
    test.number_input(key="num-rounds").set_value(4)
    press(test, "How long will it take?")
    assert "Choose a parent run" in test.error[0].value
    next(box for box in test.selectbox if box.label == "Parent run").set_value(parent)
    press(test, "How long will it take?")
    until(test, "for 4 runs, one after the other.")


def until(test: AppTest, text: str) -> AppTest:
    """Run the page again until it shows a text."""
    end = time.monotonic() + 20
    while text not in texts(test):
        assert time.monotonic() < end, texts(test)
        assert not test.exception
        time.sleep(0.1)
        test.run()
    return test


def test_a_goal_says_what_it_does_how_long_it_takes_and_what_to_expect(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.experiments.runs.start", lambda *_, **__: None)
    keep_times(monkeypatch)
    monkeypatch.setattr(goals, "_LEAST_POOL", 10)
    test = until(open_page("train", {"train-goal": "quick-look"}, project=untrained_project.key), "About")
    assert "A head on features" in texts(test)
    assert "**To expect:** Not known before it has run" in texts(test)
    test.segmented_control(key="train-goal").set_value("ten-minutes").run()
    test = until(test, "Fits a head, then trains a network")
    assert "on your labels and the unlabeled images" in texts(test)
    assert "softmatch" not in texts(test), "a goal is told in words"
    press(test, "Start training")
    assert [run.record.config.method for run in untrained_project.runs()] == ["head", "softmatch"]
    assert not test.exception


def test_every_setting_is_read_by_a_network_or_a_head() -> None:
    assert {*constants.HEAD_SETTINGS, *constants.NETWORK_SETTINGS, *constants.IMPORTED_SETTINGS} == set(
        TrainConfig.model_fields
    )


def test_the_form_starts_a_head_with_its_settings_and_keeps_those_of_networks(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.experiments.runs.start", lambda *_, **__: None)
    test = open_page("train", project=untrained_project.key)
    test.number_input(key="train-epochs").set_value(3)
    press(test, "Start")
    test.selectbox(key="train-method").set_value("head").run()
    test.text_input(key="train-extractor").set_value("pixels")
    test.selectbox(key="train-head").set_value("logistic")
    test.toggle(key="train-allow_download").set_value(True)
    press(test, "Start")
    assert not test.exception
    assert untrained_project.runs()[1].record.config == TrainConfig(
        method="head", extractor="pixels", head="logistic", allow_download=True, unlabeled_weight=0.5
    )
    test.selectbox(key="train-method").set_value("supervised").run()
    assert test.number_input(key="train-epochs").value == 3
    test.selectbox(key="train-method").set_value("head").run()
    assert test.text_input(key="train-extractor").value == "pixels"


@pytest.mark.parametrize("has_controls", [True, False])
def test_the_form_starts_a_run_with_its_settings_and_its_controls_unless_told_not_to(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch, has_controls: bool
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("core.experiments.runs.start_control_runs", lambda _, __, run_id: asked.append(run_id))
    test = open_page("train", project=untrained_project.key)
    next(toggle for toggle in test.toggle if toggle.label == "Train control runs too").set_value(has_controls)
    test.selectbox(key="train-model").set_value("mlp")
    test.number_input(key="train-epochs").set_value(2)
    press(test, "Start")
    (run,) = untrained_project.runs()
    untrained_project.wait_run(run.id, timeout=120)
    assert not test.exception
    assert run.record.config == TrainConfig(model="mlp", epochs=2)
    assert asked == ([run.id] if has_controls else [])


def test_the_devices_of_the_form_train_the_run_together(untrained_project: Project) -> None:
    test = open_page("train", project=untrained_project.key)
    test.number_input(key="train-devices").set_value(2)
    test.number_input(key="train-batch_size").set_value(14)
    test.number_input(key="train-epochs").set_value(2)
    test.selectbox(key="train-model").set_value("mlp")
    test.text_input(key="train-device").set_value("cpu")
    press(test, "Start")
    assert not test.exception
    (run,) = untrained_project.runs()
    assert untrained_project.wait_run(run.id, timeout=180).status.device == "2 x cpu"


def test_a_preset_fills_the_form_and_its_rule_picks_from_the_parent(trained_project: Project) -> None:
    parent = trained_project.runs()[0].id
    test = open_page("train", project=trained_project.key)
    test.number_input(key="train-epochs").set_value(7)
    test.selectbox(key="preset").set_value("self_training_entropy").run()
    assert "lowest entropy (percent 10)" in texts(test)
    assert test.selectbox(key="train-method").value == "self_training"
    assert test.number_input(key="train-epochs").value == TrainConfig().epochs  # what was typed is gone
    test.selectbox(key="train-model").set_value("mlp")
    test.number_input(key="train-epochs").set_value(1)
    test.number_input(key="num-seeds").set_value(2)
    next(box for box in test.selectbox if box.label == "Parent run").set_value(parent)
    press(test, "Start")
    assert not test.exception
    runs = trained_project.runs()[1:]
    assert [run.record.config.seed for run in runs] == [0, 1]
    for run in runs:
        assert run.record.rule == {"rule": "lowest_entropy", "percent": 10.0}
        assert run.record.num_labels["bulk"] == trained_project.select(parent, "lowest_entropy", percent=10).count
        trained_project.wait_run(run.id, timeout=120)


@pytest.mark.parametrize("method", ["fixmatch", "mean_teacher"])
def test_a_method_brings_its_own_recipe_and_leaves_what_was_typed(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr("core.experiments.runs.start", lambda *_, **__: None)
    test = open_page("train", project=untrained_project.key)
    test.number_input(key="train-epochs").set_value(3)
    test.number_input(key="train-ema_decay").set_value(0.5)
    press(test, "Start")
    test.selectbox(key="train-method").set_value(method).run()
    assert f"{method}: " in texts(test)
    test.number_input(key="train-unlabeled_ratio").set_value(2)
    press(test, "Start")
    assert not test.exception
    first, second = (run.record.config for run in untrained_project.runs())
    assert first == TrainConfig(epochs=3, ema_decay=0.5)
    assert second == TrainConfig.checked(
        {"method": method, "epochs": 3, **constants.RECIPES[method], "unlabeled_ratio": 2}
    )


def test_a_method_that_is_not_the_presets_leaves_its_rule(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.experiments.runs.start", lambda *_, **__: None)
    test = open_page("train", project=trained_project.key)
    test.selectbox(key="preset").set_value("self_training_seed").run()
    test.selectbox(key="train-method").set_value("fixmatch").run()
    next(box for box in test.selectbox if box.label == "Parent run").set_value(trained_project.runs()[0].id)
    press(test, "Start")
    assert not test.exception
    record = trained_project.runs()[1].record
    assert (record.rule, record.config) == (
        None,
        TrainConfig.checked({"method": "fixmatch", **constants.RECIPES["fixmatch"]}),
    )


def test_a_refused_run_is_a_sentence(untrained_project: Project) -> None:
    test = open_page("train", project=untrained_project.key)
    test.selectbox(key="train-method").set_value("self_training")
    press(test, "Start")
    assert "self_training needs curated labels" in test.error[0].value
    assert untrained_project.runs() == []
