"""Curriculum: started from the form, shown and stopped on the Train page."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from core import Curriculum, Project, RunError, TrainConfig, constants
from tests.dashboard.page_helpers import open_page, press, texts

BASE = "001-supervised-mlp"
QUICK = TrainConfig(model="mlp", epochs=2, batch_size=15, precision="fp32", device="cpu", seed=7)


def press_curriculum(test: AppTest, num_rounds: int, parent: str | None = None) -> None:
    test.selectbox(key="train-method").set_value("self_training").run()
    next(box for box in test.selectbox if box.label == "Parent run").set_value(parent)
    test.number_input(key="num-rounds").set_value(num_rounds)
    test.selectbox(key="train-model").set_value("mlp")
    test.number_input(key="train-epochs").set_value(1)
    test.number_input(key="train-batch_size").set_value(15)
    next(field for field in test.number_input if field.label == "Percent added per round").set_value(30.0)
    press(test, "Start")


def test_a_curriculum_starts_from_the_form_and_shows_its_progress(trained_project: Project) -> None:
    test = open_page("train", project=trained_project.key)
    base = trained_project.runs()[0].id
    press_curriculum(test, 2)
    assert "Choose a parent run" in test.error[0].value
    assert trained_project.curricula.all() == []
    press_curriculum(test, 2, base)
    assert not test.exception
    (rounds,) = trained_project.curricula.all()
    ended(rounds)
    assert (rounds.status.state, rounds.status.done) == ("done", 2)
    records = [run.record for run in trained_project.runs()[1:]]
    assert [record.run_id for record in records] == rounds.runs()
    assert [(record.parent, record.rule) for record in records] == [
        (base, {"rule": "highest_confidence", "percent": 30.0}),
        (records[0].run_id, {"rule": "highest_confidence", "percent": 60.0}),
    ]
    test = open_page("train", project=trained_project.key)
    assert f"Curriculum from {base}: **done**, 2 of 2 rounds." in texts(test)
    assert "Pseudo-labels by highest confidence (percent 60)." in texts(test)


def test_a_curriculum_stops_with_the_run_that_trains_and_can_be_stopped_from_the_page(trained_project: Project) -> None:
    long = QUICK.model_copy(update={"method": "self_training", "epochs": 100_000})
    rounds = trained_project.curricula.start(long, trained_project.runs()[0].id, 3)
    end = time.monotonic() + 60
    while not rounds.runs():
        assert time.monotonic() < end, rounds.folder.log_path.read_text()
        time.sleep(0.1)
    test = open_page("train", project=trained_project.key)
    test.button(key="cancel-curriculum").click().run()
    assert not test.exception
    ended(rounds)
    assert (rounds.status.state, rounds.status.done) == ("cancelled", 0)
    (run,) = rounds.runs()
    with pytest.raises(RunError, match="is cancelled"):
        trained_project.wait_run(run, timeout=60)
    assert len(trained_project.runs()) == 2


def ended(rounds: Curriculum) -> None:
    end = time.monotonic() + 120
    while rounds.status.state in constants.LIVE_STATES:
        assert time.monotonic() < end, rounds.folder.log_path.read_text()
        time.sleep(0.1)
