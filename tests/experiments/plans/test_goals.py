"""Goals: the runs that are chosen for a time, and what is said to be expected."""

from dataclasses import replace

import pytest

from core import InputError, Project, RunRequest
from core.base.presets import PRESETS
from core.experiments.plans import goals, time_estimates
from core.experiments.plans.time_estimates import TimeEstimates
from core.features.catalog import Offer
from tests.experiments.plans.test_time_estimates import TIMES


def measured(monkeypatch: pytest.MonkeyPatch, step_seconds: float) -> None:
    times = replace(TIMES, step_seconds=step_seconds, score_images_per_second=10_000.0)
    monkeypatch.setattr(time_estimates, "measure_times", lambda *_: times)
    monkeypatch.setattr(time_estimates, "kept_times", lambda *_: times)


def test_a_quick_look_is_a_head_and_can_be_started(untrained_project: Project) -> None:
    plan = untrained_project.plans.plan("quick-look")
    assert plan is not None
    assert plan.configs == [PRESETS["head"].config()]
    assert plan.configs[0].unlabeled_weight == 0.5
    assert plan.seconds == plan.runs[0].time.seconds > 0
    assert plan.expected.startswith("Not known")
    (run,) = untrained_project.start_runs(plan.configs, RunRequest())
    done = untrained_project.wait_run(run.id, timeout=60).status
    assert done.state == "done"
    assert done.best_val_accuracy is not None
    again = untrained_project.plans.plan("quick-look")
    assert again is not None
    assert again.expected.startswith(f"{run.id} named {100 * done.best_val_accuracy:.1f} % [")
    assert "] of 12 val images and " in again.expected
    assert again.expected.endswith("] of 15 labeled images in cross-validation right.")


def test_ten_minutes_are_filled_by_a_network_behind_the_head(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(monkeypatch, 0.1)
    monkeypatch.setattr(goals, "_LEAST_POOL", 10)
    counted: list[object] = []
    sizes = TimeEstimates.sizes

    def count(self: TimeEstimates, request: RunRequest | None = None) -> object:
        counted.append(self)
        return sizes(self, request)

    monkeypatch.setattr(TimeEstimates, "sizes", count)
    plan = untrained_project.plans.plan("ten-minutes")
    assert plan is not None
    head, network = plan.runs
    assert head.config.is_head
    assert (network.config.method, network.config.model) == ("softmatch", "small_cnn")
    assert 480 < plan.seconds <= 600
    assert network.time.steps >= goals._LEAST_STEPS
    assert "is not known before it has run" in plan.expected
    assert len(counted) == 1, "the labels are counted once a plan"
    long = untrained_project.plans.plan("overnight")
    assert long is not None
    assert long.runs[1].time.steps == pytest.approx(goals._MOST_STEPS, rel=0.01)


def test_a_network_that_would_make_too_few_steps_is_left_out_with_the_reason(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(monkeypatch, 5.0)
    plan = untrained_project.plans.plan("ten-minutes")
    assert plan is not None
    assert [run.config.is_head for run in plan.runs] == [True]
    (note,) = plan.notes
    assert note.startswith("No network from scratch: 1")


def test_a_plan_for_the_given_labels_alone_counts_no_decision(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(monkeypatch, 0.1)
    trained_project.bulk_accept(trained_project.runs()[0].id, "fixed_threshold", threshold=0.5)
    with_decisions = trained_project.plans.plan("ten-minutes")
    alone = trained_project.plans.plan("ten-minutes", is_curated=False)
    assert with_decisions is not None
    assert alone is not None
    assert with_decisions.configs[1].method == "self_training"
    assert alone.configs[1].method == "supervised"


def test_nothing_is_planned_where_something_must_be_measured_first(untrained_project: Project) -> None:
    assert untrained_project.plans.plan("ten-minutes", may_measure=False) is None
    with pytest.raises(InputError, match="ten-minutes"):
        untrained_project.plans.plan("ten-hours")


def test_a_comparison_of_extractors_says_what_a_head_reaches(untrained_project: Project) -> None:
    untrained_project.compare_extractors(["pixels"])
    plan = untrained_project.plans.plan("quick-look")
    assert plan is not None
    assert "A head on pixels named" in plan.expected
    assert "in cross-validation" in plan.expected


def test_a_fine_tuning_that_takes_too_long_is_left_out_in_a_whole_sentence(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(monkeypatch, 500.0)
    monkeypatch.setattr(goals, "_SMALL_SIDE", 8)
    monkeypatch.setattr(goals, "offered_extractors", lambda: [Offer("efficientnet_lite0", "")])
    plan = untrained_project.plans.plan("ten-minutes")
    assert plan is not None
    assert plan.notes[0].startswith("Fine-tuning efficientnet_lite0 would take longer: about ")
    assert plan.notes[0].endswith(" steps).")
