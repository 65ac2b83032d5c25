"""A simulation runs the review loop in sandboxes and leaves the project unchanged."""

import csv
import json
import shutil
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from core import (
    InputError,
    Project,
    RunError,
    SimulateConfig,
    Simulation,
    Simulations,
    SplitConfig,
    TrainConfig,
    Verdict,
    constants,
)
from core.data.hidden.hidden_log import append_change
from core.simulation.curves import SimulationPoint
from core.simulation.review_round import REVIEWER, SimulatedReview, answer_queue, bulk_accept, measure
from core.simulation.simulation_worker import run_simulation
from core.simulation.strategies import AcceptRule, ReviewStrategy
from tests.conftest import CLASSES, QUICK, SMALL

RUN = "001-supervised-mlp"
ONE = SimulateConfig(rounds=1, clicks=6, error_rate=0.0, controls=False, keep=True)


@pytest.fixture
def known_project(pictures: Path, tmp_path: Path) -> Project:
    """Make a project of three shapes with all labels known, without a run."""
    for name in CLASSES:
        shutil.copytree(pictures / name, tmp_path / "known" / name)
    return Project.create(tmp_path / "shapes", tmp_path / "known", split=SMALL)


@pytest.fixture
def judged_project(trained_project: Project) -> Project:
    """Give a project with a finished run made-up labels for a simulated reviewer."""
    labels = trained_project.images.labels
    object.__setattr__(trained_project.images, "labels", np.where(labels < 0, np.arange(len(labels)) % 3, labels))
    return trained_project


def simulated_review(project: Project, queue: str, rule: AcceptRule) -> SimulatedReview:
    return SimulatedReview(project, ReviewStrategy(queue, rule), 0, np.random.default_rng(0), RUN)


def test_simulation_runs_in_a_sandbox_and_writes_results(known_project: Project) -> None:
    hidden = [int(known_project.splits.labeled[0]), int(known_project.splits.unlabeled[0])]
    append_change(known_project.path, "hide", "me", 500, ids=hidden, reason="blurred")
    made = Simulations(known_project.workspace).prepare(["entropy"], ["fixed_threshold=0.4"], ONE, QUICK)
    assert made.status.state == "queued"
    run_simulation(made, known_project)
    status = made.status
    assert (status.state, status.done, status.total) == ("done", 2, 2)
    assert known_project.runs() == []
    assert known_project.decisions.all() == []
    before, after = made.points()
    assert (before.round, before.clicks, before.accepted) == (0, 0, 0)
    assert (after.round, after.clicks, after.wrong_answers) == (1, 6, 0)
    assert after.accepted >= 6
    assert after.run == "002-self_training-mlp"

    rows = list(csv.DictReader((made.path / "curves.csv").read_text().splitlines()))
    assert [float(row["test_accuracy"]) for row in rows] == [before.test_accuracy, after.test_accuracy]
    assert rows[0]["accepted_error"] == ""
    facts = json.loads((made.path / "curves.json").read_text())
    assert facts["curves"][after.label]["accepted"]["mean"] == [0, after.accepted]
    assert facts["summary"][0]["test_accuracy"] == after.test_accuracy
    picture = ET.parse(made.path / "curves.svg").getroot()
    assert len(picture.findall(".//{http://www.w3.org/2000/svg}polyline")) == 4

    sandbox = Project(next(made.folder.sandbox.glob("seed-0-*")))
    log = sandbox.decisions.all()
    assert {decision.reviewer for decision in log} == {REVIEWER}
    assert [decision.params["simulated"] for decision in log if decision.image_id is not None] == [True] * 6
    assert "simulated" in sandbox.name
    assert sandbox.hidden_images.before(1).ids.tolist() == sorted(hidden), "whatever its log holds"
    accuracy = np.mean(
        np.asarray(sandbox.run(after.run).folder.logits()[sandbox.splits.test]).argmax(axis=1)
        == known_project.images.labels[sandbox.splits.test]
    )
    assert after.test_accuracy == pytest.approx(accuracy)


def test_worker_process_runs_and_is_cancelled(known_project: Project) -> None:
    simulations = Simulations(known_project.workspace)
    long = QUICK.model_copy(update={"epochs": 100_000})
    made = simulations.start(["entropy"], ["none"], ONE.model_copy(update={"keep": False}), long)
    simulations.cancel(made.id)
    end = time.monotonic() + 120
    while made.status.state in constants.LIVE_STATES:
        assert time.monotonic() < end, made.status
        time.sleep(0.1)
    assert made.status.state == "cancelled", made.folder.log_path.read_text()
    assert not made.folder.sandbox.exists()
    with pytest.raises(RunError, match="nothing to cancel"):
        simulations.cancel(made.id)


def test_failed_training_fails_the_simulation(known_project: Project) -> None:
    wild = QUICK.model_copy(update={"learning_rate": 10.0, "weight_decay": 1.0, "ema_decay": 0.0, "epochs": 300})
    made = Simulations(known_project.workspace).prepare(["entropy"], ["none"], ONE, wild)
    with pytest.raises(RunError, match=r"(?i)learning rate"):
        run_simulation(made, known_project)
    assert made.status.state == "failed"
    assert "earning rate" in made.status.message


def test_dead_process_is_reported_as_lost(known_project: Project) -> None:
    made = Simulations(known_project.workspace).prepare(["entropy"], ["none"], ONE, QUICK)
    assert made.folder.status(now=time.time() + 59).state == "queued"
    assert made.folder.status(now=time.time() + 61).state == "lost"
    with made.folder.lock():
        assert made.folder.status(now=time.time() + 61).state == "queued"
        with pytest.raises(RunError, match="already running in another process"), made.folder.lock():
            pass


def test_error_rate_zero_gives_true_answers(judged_project: Project) -> None:
    review = simulated_review(judged_project, "entropy", AcceptRule("fixed_threshold", 0.5))
    answer_queue(review, 10, 0.0, 1)
    clicked = {decision.image_id for decision in judged_project.decisions.all()}
    assert len(clicked) == review.clicks == 10
    bulk_accept(review)
    point = measure(review, 1)
    state, truth = judged_project.decisions.state(), judged_project.images.labels
    single = np.array(sorted(int(image) for image in clicked if image is not None))
    np.testing.assert_array_equal(state.label[single], truth[single])
    bulk = np.flatnonzero(state.verdict == Verdict.BULK_ACCEPT)
    assert not np.isin(bulk, single).any()
    assert point.accepted == len(bulk) + 10
    assert point.accepted_error == pytest.approx((state.label[bulk] != truth[bulk]).sum() / point.accepted)
    judged = bulk[~np.isin(bulk, judged_project.splits.calibration)]
    assert point.selected == len(judged)
    assert point.selected_error == pytest.approx((state.label[judged] != truth[judged]).mean())


def test_error_rate_one_gives_wrong_answers_only(judged_project: Project) -> None:
    review = simulated_review(judged_project, "random", AcceptRule("none", 0.0))
    answer_queue(review, 10, 1.0, 1)
    bulk_accept(review)
    point = measure(review, 1)
    assert (point.wrong_answers, point.accepted, point.accepted_error, point.selected) == (10, 10, 1.0, 0)


@pytest.mark.parametrize("rule", ["conformal", "careful", "plug_in"])
def test_bulk_accept_uses_the_threshold_of_its_rule(judged_project: Project, rule: str) -> None:
    review = simulated_review(judged_project, "none", AcceptRule(rule, 0.9))
    bulk_accept(review)
    assert review.selected > 0
    assert len(judged_project.decisions.all()) == 1
    assert judged_project.decisions.all()[0].params["threshold"] == review.threshold


def test_unknown_labels_raise_input_error(trained_project: Project) -> None:
    with pytest.raises(InputError, match=r"60 of the .* pool images .* are not known"):
        Simulations(trained_project.workspace).prepare(["entropy"], ["conformal=0.05"], ONE, QUICK)
    assert Simulations(trained_project.workspace).all() == []


def test_missing_split_raises_input_error(pictures: Path, tmp_path: Path) -> None:
    for name in CLASSES:
        shutil.copytree(pictures / name, tmp_path / "known" / name)

    def prepare(number: int, rule: str, **parts: int) -> Simulation:
        split = SplitConfig(**{"labeled": 15, "val": 12, "calibration": 18, "test": 30, **parts})
        project = Project.create(tmp_path / f"p{number}", tmp_path / "known", split=split)
        return Simulations(project.workspace).prepare(["entropy"], [rule], ONE, TrainConfig())

    with pytest.raises(InputError, match="test images"):
        prepare(1, "none", test=0)
    with pytest.raises(InputError, match="conformal 5 % needs"):
        prepare(2, "conformal=0.05", calibration=0)
    assert prepare(3, "fixed_threshold=0.9", calibration=0).id == "001"


def test_unknown_simulation_lists_the_known_ones(known_project: Project) -> None:
    with pytest.raises(InputError, match="none yet"):
        Simulations(known_project.workspace).find("001")
    Simulations(known_project.workspace).prepare(["entropy"], ["none"], ONE, QUICK)
    with pytest.raises(InputError, match="There are: 001"):
        Simulations(known_project.workspace).find("7")


def test_the_summary_compares_the_same_seeds_before_and_after(known_project: Project) -> None:
    made = Simulations(known_project.workspace).prepare(["entropy"], ["none"], ONE, QUICK)
    label = made.strategies[0].label
    for seed, number, accuracy in ((0, 0, 0.5), (0, 1, 0.7), (1, 0, 0.9)):
        point = SimulationPoint(seed, "entropy", "none", 0.0, label, number, 6 * number, 0, 0, float("nan"), 6 * number,
                      float("nan"), float("nan"), accuracy, 30, RUN)  # fmt: skip
        made.folder.append_point(vars(point))
    (row,) = made.summary()
    assert (row["seeds"], row["baseline_accuracy"], row["test_accuracy"]) == (1, 0.5, 0.7)
