"""Train page: one run, its settings and its augmented images."""

from dataclasses import replace

import pytest

from core import DataError, Launch, Project, TrainConfig, constants
from core.store.files import write_json
from dashboard import formatting
from dashboard.state import project_cards
from tests.dashboard.page_helpers import metrics, open_page, press, texts, trained

BASE = "001-supervised-mlp"
QUICK = TrainConfig(model="mlp", epochs=2, batch_size=15, precision="fp32", device="cpu", seed=7)


def test_the_best_val_accuracy_stands_beside_the_median_of_the_last(trained_project: Project) -> None:
    run = trained_project.runs()[0]
    run.folder.metrics_path.write_text("")
    for value in (0.9, 0.1, 0.5, 0.7, 0.2, 0.6):
        run.folder.append_metrics({"epoch": 1, "step": 1, "val_accuracy": value})
    shown = {metric.label: metric.value for metric in open_page("train", project=trained_project.key).metric}
    assert run.status.best_val_accuracy is not None
    assert shown["Best val accuracy"] == f"{100 * run.status.best_val_accuracy:.1f} %"
    assert shown["Median of last 5 val"] == "50.0 %"


def test_a_run_that_waits_for_other_machines_says_what_to_type_there(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.start.subprocess.Popen", lambda *_, **__: (_ for _ in ()).throw(OSError(1, "none")))
    with pytest.raises(DataError, match="could not be started"):
        trained_project.start_run(QUICK, launch=Launch(True, 2, "first:29500"))
    run = trained_project.runs()[-1]
    assert run.status.state == "queued"
    (command,) = [
        code.value
        for code in open_page("train", {"train-run": run.id}, project=trained_project.key).code
        if "rdzv" in code.value
    ]
    assert command == run.command_elsewhere
    sizes = "--nnodes 2 --nproc-per-node 1 --max-restarts 0"
    assert command.endswith(f"--rdzv-id {run.id} {sizes} -m core.training.worker {trained_project.path} {run.id}")
    assert not [
        code
        for code in open_page("train", {"train-run": BASE}, project=trained_project.key).code
        if "rdzv" in code.value
    ]


def test_a_control_run_is_named_as_one(trained_project: Project) -> None:
    first = trained_project.runs()[0].id
    run = trained(trained_project, QUICK)
    for arm, name in (("threshold_only", "threshold-only"), ("random_clicks", "random")):
        write_json(run.folder.path / "arm.json", {"arm": arm, "control_of": first})
        options = open_page("train", project=trained_project.key).selectbox(key="train-run").options
        assert options == [f"{run.id} · {name} control of {first}", first]


def test_the_weak_and_strong_views_of_the_training_are_shown(trained_project: Project) -> None:
    run = trained_project.runs()[0]
    assert run.folder.path.joinpath("augmentation.png").exists()  # the engine's own
    test = open_page("train", project=trained_project.key)
    (shown,) = [image for images in test.get("image") for image in images.proto.imgs]
    assert "two weak and two strong views" in shown.caption
    run.folder.path.joinpath("augmentation.png").unlink()
    test = open_page("train", project=trained_project.key)
    assert not test.get("image")
    assert "appear once training has started" in texts(test)


def test_a_head_shows_its_extractor_and_settings_and_nothing_of_networks(untrained_project: Project) -> None:
    run = trained(untrained_project, TrainConfig(method="head", extractor="pixels"))
    test = open_page("train", project=untrained_project.key)
    assert "Kernel ridge on features of pixels." in texts(test)
    assert "Val accuracy" in metrics(test)
    assert "Epoch" not in metrics(test)
    (table,) = [frame for frame in test.dataframe if "setting" in frame.value]
    assert tuple(table.value["name"]) == constants.HEAD_SETTINGS
    assert "Augmented images" not in [element.value for element in test.header]
    assert run.status.epochs == 1


def test_a_network_says_whether_it_beats_the_head(trained_project: Project) -> None:
    network = trained_project.runs()[0].id
    assert "On the same" not in texts(open_page("train", project=trained_project.key))
    trained(trained_project, TrainConfig(method="head", extractor="pixels"))
    found = trained_project.compare_with_head(network)
    assert found is not None
    assert found.sentence.startswith("On the same")
    test = open_page("train", project=trained_project.key)
    assert found.sentence not in texts(test), "the head itself is shown"
    test.selectbox(key="train-run").select(network).run()
    assert found.sentence in texts(test)


def test_a_fine_tuned_network_says_whether_it_beat_the_head_that_it_began_from(trained_project: Project) -> None:
    run, note = trained_project.runs()[0], "On 30 val images fine-tuning is not shown to be better than the head."
    trained(trained_project, TrainConfig(method="head", extractor="pixels"))
    assert note not in texts(open_page("compare", project=trained_project.key))
    run.folder.write_status(replace(run.status, head_note=note))
    test = open_page("train", project=trained_project.key)
    test.selectbox(key="train-run").select(run.id).run()
    assert note in texts(test)
    assert f"{run.id}: {note[0].lower()}{note[1:]}" in texts(open_page("compare", project=trained_project.key))


def test_a_goal_that_the_browser_does_not_know_yet_is_the_first_one(untrained_project: Project) -> None:
    test = open_page("train", {"train-goal": None}, project=untrained_project.key)  # type: ignore[dict-item]
    assert test.segmented_control(key="train-goal").value == "quick-look"
    assert not test.error


def test_a_plan_is_made_only_in_an_open_box(trained_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def plan(*_: object, **__: object) -> None:
        raise DataError("a plan was made")

    monkeypatch.setattr("core.experiments.plans.goals.TrainingPlans.plan", plan)
    test = open_page("train", {"train-goal": "quick-look"}, project=trained_project.key)
    assert "a plan was made" not in texts(test)
    trained_project.run_table.delete(trained_project.runs()[0].id)  # without runs it is open from the start
    assert "a plan was made" in texts(open_page("train", {"train-goal": "quick-look"}, project=trained_project.key))


def test_the_table_of_runs_shows_and_restores_what_was_deleted(trained_project: Project) -> None:
    run = trained_project.runs()[0]
    trained_project.run_table.rename(run.id, "First try")
    trained_project.run_table.note(run.id, "blurred images")
    test = open_page("train", project=trained_project.key)
    (table,) = [frame.value for frame in test.dataframe if "what changed" in frame.value]
    assert table[["run", "name", "note", "what changed"]].values.tolist() == [
        [run.id, "First try", "blurred images", "the first run"]
    ]
    press(test, "Delete")
    assert trained_project.runs() == []
    press(test, f"Restore {run.id}")
    assert [one.title for one in trained_project.runs()] == [f"First try · {run.id}"]
    assert not test.exception
    assert not test.error


def test_edits_of_the_table_are_stored_and_a_bad_one_is_a_sentence(trained_project: Project) -> None:
    from dashboard.sections.training.runs import _apply

    run = trained_project.runs()[0].id
    before = [{"run": run, "star": False, "name": "", "note": ""}]
    assert _apply(trained_project, before, [{"run": run, "star": True, "name": "A", "note": None}])
    notes = trained_project.run_table.rows()[0].notes
    assert (notes.is_starred, notes.name, notes.note) == (True, "A", "")
    assert not _apply(trained_project, before, before)
    assert not _apply(trained_project, before, [{"run": run, "star": False, "name": "x" * 81, "note": ""}])
    assert trained_project.run_table.rows()[0].notes.name == "A"


def test_a_head_with_few_val_images_shows_its_cross_validated_accuracy(trained_project: Project) -> None:
    run = trained_project.wait_run(trained_project.start_run(TrainConfig(method="head")).id, timeout=120)
    found = run.cross_validated
    assert found is not None
    shown = f"{formatting.estimate(found)} labels"
    assert f"Cross-validated accuracy: {shown}" in texts(open_page("train", project=trained_project.key, run=run.id))
    assert f"cross-validated {shown})" in texts(open_page("compare", project=trained_project.key))
    assert f"by cross-validation of {found.n:,} labels" in project_cards._run_line(trained_project)
