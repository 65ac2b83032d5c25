"""Control runs keep seed and budget and use no single decision or calibration label."""

import numpy as np
import pytest

from core import Command, InputError, LabelSource, Project, RunRequest, TrainConfig
from core.experiments.control_runs import num_clicks, prepare_control_run
from core.experiments.prepare import prepare_run
from core.workspace.run import Control, Run

RUN = "001-supervised-mlp"


def curated_run(project: Project, *, is_bulk: bool = True) -> str:
    """Prepare a run with three single decisions and, by default, one bulk accept."""
    pool = project.scores(RUN)
    surest = pool.ids[np.argsort(-pool.scores.confidence, kind="stable")][:3]
    for image in surest.tolist():
        row = int(np.searchsorted(pool.ids, image))
        project.decide(RUN, "relabel", image, (int(pool.scores.pseudo_labels[row]) + 1) % 3)
    if is_bulk:
        project.bulk_accept(RUN, "lowest_entropy", percent=40)
    config = TrainConfig(method="self_training", model="mlp", epochs=1, precision="fp32", device="cpu", seed=5)
    return prepare_run(project.workspace, project.decisions, config, RUN).id


def prepare(project: Project, run_id: str, kind: str) -> Run:
    return prepare_control_run(project.workspace, project.decisions, run_id, kind)


def test_threshold_only_is_the_rule_on_the_whole_pool_without_a_single_decision(trained_project: Project) -> None:
    run_id = curated_run(trained_project)
    frozen = trained_project.run(run_id).folder.curated()
    arm = prepare(trained_project, run_id, "threshold_only")
    labels = arm.folder.curated()
    assert frozen is not None
    assert labels is not None
    assert num_clicks(frozen) == 3
    assert num_clicks(labels) == 0
    kept = trained_project.select(RUN, "lowest_entropy", percent=40)
    bulk = labels.sources == LabelSource.BULK
    assert labels.ids[bulk].tolist() == kept.ids.tolist()
    assert labels.labels[bulk].tolist() == kept.labels.tolist()
    assert arm.record.config == trained_project.run(run_id).record.config
    assert arm.record.parent == RUN


@pytest.mark.parametrize("kind", ["filter", "images"])
def test_a_bulk_accept_without_a_rule_goes_into_the_control_as_it_was_stored(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("core.experiments.control_runs.start", lambda *_: None)
    pool = trained_project.scores(RUN)
    suggested = pool.scores.pseudo_labels
    named = [[int(image), int(label)] for image, label in zip(pool.ids[:9], suggested[:9], strict=True)]
    params = {"filter": {"predicted": int(suggested[0])}} if kind == "filter" else {"images": named}
    command = Command("bulk", "bulk_accept", RUN, params=params)
    assert trained_project.decisions.execute([command])[0].status == "saved"
    taken = trained_project.decisions.bulk_set(trained_project.decisions.all()[-1])
    run_id = curated_run(trained_project, is_bulk=False)
    (control,) = trained_project.start_control_runs(run_id)
    labels = control.folder.curated()
    assert labels is not None
    is_bulk = labels.sources == LabelSource.BULK
    assert labels.ids[is_bulk].tolist() == sorted(taken.ids.tolist())
    assert labels.labels[is_bulk].tolist() == suggested[np.isin(pool.ids, taken.ids)].tolist()
    assert num_clicks(labels) == 0


def test_random_clicks_are_refused_where_the_truth_is_unknown(trained_project: Project) -> None:
    run_id = curated_run(trained_project)
    with pytest.raises(InputError, match="threshold_only instead"):
        prepare(trained_project, run_id, "random_clicks")


def test_random_clicks_are_as_many_right_and_never_calibration_items(trained_project: Project) -> None:
    run_id = curated_run(trained_project)
    images = trained_project.images
    truth = np.where(images.labels < 0, 2, images.labels)
    object.__setattr__(images, "labels", truth)
    labels = prepare(trained_project, run_id, "random_clicks").folder.curated()
    assert labels is not None
    clicked = labels.ids[labels.sources == LabelSource.CORRECTED]
    assert num_clicks(labels) == len(clicked) == 3
    assert np.isin(clicked, trained_project.splits.unlabeled).all()
    assert labels.labels[labels.sources == LabelSource.CORRECTED].tolist() == truth[clicked].tolist()


def test_every_control_that_can_be_trained_is_started_and_named_as_one(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    monkeypatch.setattr("core.experiments.control_runs.start", lambda _, run_id: begun.append(run_id))
    run_id = curated_run(trained_project)
    arms = trained_project.start_control_runs(run_id)  # true labels are unknown: no clicks at random
    assert [run.control for run in arms] == [Control("threshold_only", run_id)]
    assert begun == [run.id for run in arms]
    assert trained_project.run(run_id).control is None
    assert trained_project.start_control_runs(RUN) == []


def test_what_a_rule_picked_for_the_run_goes_into_its_control(trained_project: Project) -> None:
    pool = trained_project.scores(RUN)
    trained_project.decide(RUN, "accept", int(pool.ids[0]))
    config = TrainConfig(method="self_training", model="mlp", epochs=1, precision="fp32", device="cpu")
    run = prepare_run(
        trained_project.workspace, trained_project.decisions, config, RUN, rule="lowest_entropy", params={"percent": 30}
    )
    frozen, control = run.curated(), prepare(trained_project, run.id, "threshold_only").folder.curated()
    assert frozen is not None
    assert control is not None
    picked = frozen.ids[frozen.sources == LabelSource.BULK]
    assert len(picked) > 0
    assert np.isin(picked, control.ids[control.sources == LabelSource.BULK]).all()
    assert num_clicks(control) == 0


def test_a_control_of_nothing_is_a_sentence(trained_project: Project) -> None:
    with pytest.raises(InputError, match="No single decision"):
        prepare(trained_project, RUN, "threshold_only")
    with pytest.raises(InputError, match="threshold_only, random_clicks"):
        prepare(trained_project, RUN, "no_such_arm")
    run_id = curated_run(trained_project, is_bulk=False)
    with pytest.raises(InputError, match="nothing in bulk"):
        prepare(trained_project, run_id, "threshold_only")


@pytest.mark.parametrize(("is_curated", "with_controls"), [(True, True), (True, False), (False, True)])
def test_controls_stand_behind_all_the_runs_they_belong_to_where_they_are_asked_for(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch, is_curated: bool, with_controls: bool
) -> None:
    begun: list[str] = []
    for module in ("control_runs", "runs"):
        monkeypatch.setattr(f"core.experiments.{module}.start", lambda _, run_id, **__: begun.append(run_id))
    pool = trained_project.scores(RUN)
    trained_project.decide(RUN, "accept", int(pool.ids[0]))
    trained_project.bulk_accept(RUN, "lowest_entropy", percent=40)
    config = TrainConfig(model="mlp", epochs=1, precision="fp32", device="cpu")
    asked = RunRequest(RUN, is_curated, with_controls=with_controls)
    runs = trained_project.start_runs([config, config.model_copy(update={"seed": 1})], asked)
    controls = [run for run in trained_project.runs() if run.control is not None]
    expected = [run.id for run in runs] if is_curated and with_controls else []
    assert [run.control.of for run in controls if run.control is not None] == expected
    assert begun == [run.id for run in (*runs, *controls)]
    assert [run.title for run in controls] == [
        f"{control.id} · threshold-only control of {run}" for control, run in zip(controls, expected, strict=True)
    ]


def test_python_and_so_simulations_and_benchmarks_ask_for_no_controls_by_themselves(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.experiments.runs.start", lambda *_, **__: None)
    trained_project.decide(RUN, "accept", int(trained_project.scores(RUN).ids[0]))
    trained_project.bulk_accept(RUN, "lowest_entropy", percent=40)
    run = trained_project.start_run(TrainConfig(model="mlp", epochs=1, device="cpu"), RUN)
    assert [one.id for one in trained_project.runs()] == [RUN, run.id]
