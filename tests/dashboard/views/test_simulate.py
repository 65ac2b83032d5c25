"""Simulate page: a form that starts a process, and the results so far."""

import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from core import Project, SimulateConfig, SimulationCurve, Simulations, constants
from dashboard import charts
from tests.conftest import CLASSES, QUICK, SMALL
from tests.dashboard.page_helpers import open_page, press


@pytest.fixture
def known_project(pictures: Path, tmp_path: Path) -> Project:
    for name in CLASSES:
        shutil.copytree(pictures / name, tmp_path / "known" / name)
    return Project.create(tmp_path / "shapes", tmp_path / "known", split=SMALL)


def test_the_form_has_every_setting_with_its_meaning(known_project: Project) -> None:
    test = open_page("simulate", project=known_project.key)
    assert not test.exception
    helps = {widget.key: widget.help for kind in (test.number_input, test.toggle) for widget in kind}
    for name in ("rounds", "clicks", "error_rate", "seeds", "controls"):
        assert helps[f"simulate-{name}"] == SimulateConfig.model_fields[name].description


def test_without_true_labels_starting_is_a_sentence_and_starts_nothing(trained_project: Project) -> None:
    test = open_page("simulate", project=trained_project.key)
    press(test, "Start")
    assert not test.exception
    assert "are not known" in test.error[0].value
    assert Simulations(trained_project.workspace).all() == []


def test_the_form_starts_a_process_and_the_page_shows_its_curves(known_project: Project) -> None:
    test = open_page("simulate", project=known_project.key)
    test.multiselect(key="simulate-accept-rules").set_value(["none", "fixed_threshold"])
    test.number_input(key="simulate-threshold").set_value(0.5)
    test.toggle(key="simulate-controls").set_value(False)
    test.selectbox(key="simulate-train-model").set_value("mlp")
    for name, value in {"simulate-rounds": 1, "simulate-clicks": 4, "simulate-train-epochs": 2}.items():
        test.number_input(key=name).set_value(value)
    press(test, "Start")
    assert not test.exception
    (made,) = Simulations(known_project.workspace).all()
    assert [one.label for one in made.strategies] == ["entropy, nothing accepted in bulk", "entropy, threshold 0.5"]
    end = time.monotonic() + 240
    while made.status.state in constants.LIVE_STATES:
        assert time.monotonic() < end, made.status
        time.sleep(0.2)
    assert made.status.state == "done", made.folder.log_path.read_text()
    test.run()
    assert not test.exception
    assert {metric.label: metric.value for metric in test.metric}["Trainings"] == "3 of 3"
    assert len(test.dataframe[0].value) == 2


def test_a_simulation_before_its_first_point_says_so(known_project: Project) -> None:
    Simulations(known_project.workspace).prepare(["entropy"], ["none"], SimulateConfig(), QUICK)
    test = open_page("simulate", project=known_project.key)
    assert not test.exception
    assert "Curves appear" in " ".join(caption.value for caption in test.caption)


def test_a_curve_of_several_seeds_has_a_band_and_one_of_a_single_seed_has_none() -> None:
    rounds, mean = np.arange(3), np.array([0.5, 0.6, 0.7])
    several = SimulationCurve("a", rounds, mean, mean - 0.1, mean + 0.1, np.full(3, 2))
    single = SimulationCurve("b", rounds, mean, mean, mean, np.full(3, 1))
    band, line, alone = charts.simulation_curves([several, single], is_share=True, from_zero=False).data
    assert (band.fill, line.name, alone.name) == ("toself", "a", "b")
    assert list(line.y) == mean.tolist()
    assert band.y == pytest.approx([0.6, 0.7, 0.8, 0.6, 0.5, 0.4])


def test_the_cancel_button_asks_a_live_simulation_to_stop(known_project: Project) -> None:
    made = Simulations(known_project.workspace).prepare(["entropy"], ["none"], SimulateConfig(), QUICK)
    with made.folder.lock():
        test = open_page("simulate", project=known_project.key)
        test.button(key="cancel-simulation").click().run()
        assert not test.exception
        assert made.folder.is_cancel_requested()
