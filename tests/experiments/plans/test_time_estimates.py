"""Times of runs before they start: what is measured, what is kept, and the arithmetic from them."""

import json
import uuid
from dataclasses import replace
from typing import Any

import pytest

from core import Command, Project, RunRequest, TrainConfig
from core.base.errors import InputError
from core.experiments.plans import time_estimates
from core.experiments.plans.durations import duration
from core.experiments.plans.measured_times import MeasuredTimes, kept_times, measure_times, times_key
from core.experiments.plans.time_estimates import RunSizes, TimeEstimate, network_estimate
from core.store.files import home
from core.training import time_probe
from tests.conftest import QUICK

TIMES = MeasuredTimes(
    device="cpu", precision="fp32", step_seconds=0.5, score_images_per_second=100.0, checkpoint_seconds=0.25,
    start_seconds=3.0, load_seconds=0.5, measured_batch=64, created="2026-11-27T06:00:00+00:00",
)  # fmt: skip
SIZES = RunSizes(labeled=130, pseudo=0, rejected=0, pool=1_000, evaluated=50, total=2_000)
ASKED: Any = (QUICK, (16, 16, 1), 3, {"labeled": 15, "pseudo": 0, "rejected": 0, "pool": 40})


def keep_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every measurement of a network give TIMES, which is kept like a real one."""
    known: list[object] = []

    def measure(*asked: Any) -> MeasuredTimes:
        known.append(times_key(*asked))
        return TIMES

    monkeypatch.setattr(time_estimates, "measure_times", measure)
    monkeypatch.setattr(time_estimates, "kept_times", lambda *asked: TIMES if times_key(*asked) in known else None)


def test_an_estimate_is_the_sum_of_its_parts() -> None:
    config = TrainConfig(epochs=10, batch_size=64, log_epochs=5, checkpoint_epochs=5)
    found = network_estimate(config, SIZES, TIMES)
    assert found.steps == 30
    assert found.parts == {
        "start": pytest.approx(4.0), "training": 15.0, "evaluation": 1.5, "checkpoints": 0.75, "scoring": 20.0
    }  # fmt: skip
    assert found.seconds == pytest.approx(41.25)
    assert found.sentence == "About 40 s here on cpu in fp32 (scoring 20 s, training 15 s, start 4 s; 30 steps)."


def test_the_probe_measures_a_real_step_and_the_answer_is_kept() -> None:
    assert kept_times(*ASKED) is None
    found = measure_times(*ASKED)
    assert found.precision == "fp32"
    assert 0 < found.step_seconds < 5
    assert found.score_images_per_second > 1
    assert found.measured_batch == 15
    assert kept_times(*ASKED) == found
    assert kept_times(QUICK.model_copy(update={"model": "tiny_cnn"}), *ASKED[1:]) is None
    with pytest.raises(InputError, match="cuda:77"):
        measure_times(QUICK.model_copy(update={"device": "cuda:77"}), *ASKED[1:])


def test_what_another_version_kept_is_measured_again() -> None:
    home().mkdir(parents=True, exist_ok=True)
    file = home() / "training_times.json"
    for text in ('{"format": 2, "times": {}}', '{"format": 1, "times": 3}', "no JSON"):
        file.write_text(text)
        assert kept_times(*ASKED) is None
    key = times_key(*ASKED)
    file.write_text(json.dumps({"format": 1, "times": {key: {"device": 1}}}))
    assert kept_times(*ASKED) is None


def test_a_busy_machine_is_said_once(untrained_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_times(monkeypatch)
    times = untrained_project.plans.times
    monkeypatch.setattr("core.experiments.plans.time_estimates.os.getloadavg", lambda: (0.5, 0, 0))
    assert "Other programs" not in str(times.sentence(QUICK, [RunRequest()], 3))
    monkeypatch.setattr("core.experiments.plans.time_estimates.os.getloadavg", lambda: (999.0, 0, 0))
    assert str(times.sentence(QUICK, [RunRequest()], 3)).count("Other programs are using this machine now") == 1


@pytest.mark.parametrize(("per_image", "most"), [(0.0001, 64), (0.02, 63), (2.0, 2)])
def test_a_slow_step_is_timed_on_few_images_and_drawn_on_to_the_batch(
    monkeypatch: pytest.MonkeyPatch, per_image: float, most: int
) -> None:
    spent: list[float] = []

    def timed(_trainer: object, size: int, repeats: int) -> float:
        step = 0.02 + per_image * size
        spent.append(step * (1 if step > time_probe.STEP_LIMIT / 2 else min(repeats, 0.6 / step + 1)))
        return step

    monkeypatch.setattr(time_probe, "_timed", timed)
    found, size = time_probe._step_seconds(None, 64)  # type: ignore[arg-type]
    assert found == pytest.approx(0.02 + 64 * per_image, rel=0.3)
    assert size <= most
    assert per_image == 2.0 or sum(spent) < 2.0


def test_several_processes_are_not_estimated(trained_project: Project) -> None:
    two = QUICK.model_copy(update={"devices": 2, "batch_size": 14})
    assert trained_project.plans.times.estimate(two) is None


def test_nothing_is_measured_where_it_must_not_be(trained_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def measure(*what: object) -> MeasuredTimes:
        asked.append(what)
        return TIMES

    monkeypatch.setattr(time_estimates, "measure_times", measure)
    monkeypatch.setattr(time_estimates, "kept_times", lambda *_: TIMES if asked else None)
    times = trained_project.plans.times
    assert times.estimate(QUICK, may_measure=False) is None
    assert asked == []
    first = times.estimate(QUICK)
    assert first is not None
    assert first.steps == 4
    assert times.estimate(QUICK, may_measure=False) == first
    assert len(asked) == 1


def test_a_head_is_measured_and_stored_features_cost_nothing(untrained_project: Project) -> None:
    config = TrainConfig(method="head", extractor="pixels")
    before = untrained_project.plans.times.estimate(config)
    assert before is not None
    assert 0 < before.parts["features"] < 60
    assert before.precision == ""
    untrained_project.wait_run(untrained_project.start_run(config).id, timeout=60)
    after = Project.open(untrained_project.path).plans.times.estimate(config)
    assert after is not None
    assert after.parts["features"] == 0


def test_the_time_of_a_distillation_holds_that_of_its_head(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_estimates, "kept_times", lambda *_: TIMES)
    monkeypatch.setattr(time_estimates, "head_seconds", lambda *_: {"features": 5.0, "fit": 2.0})
    times = untrained_project.plans.times
    config = TrainConfig(method="distillation", extractor="pixels")
    assert times.estimate(config, may_measure=False) is None  # the head's time is not known
    found, alone = times.estimate(config), times.estimate(config.model_copy(update={"method": "mean_teacher"}))
    assert found is not None
    assert alone is not None
    assert found.parts["head"] == 7.0
    assert found.seconds == pytest.approx(alone.seconds + 7.0)


def test_a_head_is_timed_again_when_features_were_stored_and_not_for_one_label_more(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def seconds(_workspace: object, _config: object, num_labels: int) -> dict[str, float]:
        asked.append(num_labels)
        return {"fit": 1.0}

    monkeypatch.setattr(time_estimates, "head_seconds", seconds)
    times, config = untrained_project.plans.times, TrainConfig(method="head", extractor="pixels")
    sizes = replace(times.sizes(), labeled=1_000)
    for changed in (sizes, replace(sizes, labeled=1_001), replace(sizes, pseudo=20)):
        times.estimate_sizes(config, changed)
    assert asked == [1_000]
    times.estimate_sizes(config, replace(sizes, pseudo=100_000))
    assert asked == [1_000, 11_000], "a head is fitted on at most so many labels accepted in bulk"
    untrained_project.wait_run(untrained_project.start_run(config).id, timeout=60)
    times.estimate_sizes(config, sizes)
    assert asked == [1_000, 11_000, 1_000]


def test_what_a_rule_picks_and_what_a_round_takes_is_counted(trained_project: Project) -> None:
    run, times = trained_project.runs()[0].id, trained_project.plans.times
    request = RunRequest(run, rule="highest_confidence", params={"percent": 50.0})
    count = trained_project.select(run, "highest_confidence", percent=50.0).count
    assert times.sizes(request).pseudo == times.sizes().pseudo + count > count / 2
    rounds = [times.sizes(one).pseudo for one in trained_project.curricula.requests(run, 3, 20.0)]
    assert 0 < rounds[0] < rounds[1] < rounds[2]
    with pytest.raises(InputError, match="Choose a parent run"):
        trained_project.curricula.requests(None, 3)


def test_all_runs_are_summed_and_control_runs_are_named_only_where_there_will_be_some(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_times(monkeypatch)
    run, times = trained_project.runs()[0].id, trained_project.plans.times
    request = RunRequest(with_controls=True)
    one = times.sentence(QUICK, [request])
    assert one is not None
    assert "In all" not in one
    three = times.sentence(QUICK, [request], 3)
    assert three is not None
    estimate = times.estimate(QUICK)
    assert estimate is not None
    assert f"In all about {duration(3 * estimate.seconds)} for 3 runs, one after the other." in three
    assert "Control runs" not in three, "nothing was decided"
    image = int(trained_project.splits.unlabeled[0])
    trained_project.decisions.execute([Command(str(uuid.uuid4()), "accept", run, "me", image, 0)])
    assert "Control runs come on top." in str(times.sentence(QUICK, [request]))
    assert "Control runs" not in str(times.sentence(QUICK, [RunRequest()]))
    assert "Control runs" not in str(times.sentence(QUICK, [RunRequest(is_curated=False, with_controls=True)]))


def test_an_unknown_time_is_not_summed() -> None:
    known = TimeEstimate(30.0)
    assert time_estimates.in_all([known]) == time_estimates.in_all([None]) == ""
    assert time_estimates.in_all([known, known]) == "In all about 1 min for 2 runs, one after the other."
    assert time_estimates.in_all([known, None]) == "How long all 2 runs take is not known."
