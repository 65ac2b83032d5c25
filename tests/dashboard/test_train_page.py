"""The Train page: a form that starts runs, and what a run says while it learns."""

import json
import time
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import LIVE_STATES, RECIPES, Curriculum, DataError, Launch, Project, Run, RunError, TrainConfig
from core.store.files import write_json

BASE = "001-supervised-mlp"
QUICK = TrainConfig(model="mlp", epochs=2, batch_size=15, precision="fp32", device="cpu", seed=7)
FIXMATCH = QUICK.model_copy(update={"method": "fixmatch", "threshold": 0.4, "unlabeled_ratio": 2})


def _show() -> None:
    from dashboard.views import train

    train.show()


def open_page(project: Project, run: str | None = None) -> AppTest:
    test = AppTest.from_function(_show, default_timeout=30)
    test.query_params["project"] = project.key
    if run is not None:
        test.session_state["train-run"] = run
    return test.run()


def press_start(test: AppTest) -> None:
    next(button for button in test.button if button.label == "Start").click().run()


def said(test: AppTest) -> str:
    kinds: tuple[Any, ...] = (test.info, test.error, test.markdown, test.caption)
    return " ".join(element.value for kind in kinds for element in kind)


def drawn(test: AppTest, key: str) -> dict[str, dict[str, list[Any]]]:
    """The lines of one chart of the page by their names: where their points are."""
    (chart,) = [json.loads(c.proto.spec) for c in test.get("plotly_chart") if c.proto.id.endswith(f"-{key}")]
    return {line["name"]: {"x": line["x"], "y": line["y"]} for line in chart["data"]}


def trained(project: Project, config: TrainConfig) -> Run:
    return project.wait_run(project.start_run(config).id, timeout=120)


# --- the form -------------------------------------------------------------------------------------------------------


def test_the_training_form_has_every_option_with_its_meaning(untrained_project: Project) -> None:
    test = open_page(untrained_project)
    kinds: tuple[Any, ...] = (test.number_input, test.selectbox, test.text_input, test.toggle)
    helps = {widget.key: widget.help for kind in kinds for widget in kind}
    for name, field in TrainConfig.model_fields.items():
        assert helps[f"train-{name}"] == field.description


@pytest.mark.parametrize("has_controls", [True, False])
def test_the_form_starts_a_run_with_its_settings_and_its_controls_unless_told_not_to(
    untrained_project: Project, monkeypatch: pytest.MonkeyPatch, has_controls: bool
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("core.experiments.runs.start_control_runs", lambda _, __, run_id: asked.append(run_id))
    test = open_page(untrained_project)
    next(toggle for toggle in test.toggle if toggle.label == "train control runs too").set_value(has_controls)
    test.selectbox(key="train-model").set_value("mlp")
    test.number_input(key="train-epochs").set_value(2)
    press_start(test)
    (run,) = untrained_project.runs()
    untrained_project.wait_run(run.id, timeout=120)
    assert not test.exception
    assert run.record.config == TrainConfig(model="mlp", epochs=2)
    assert asked == ([run.id] if has_controls else [])


def test_the_devices_of_the_form_train_the_run_together(untrained_project: Project) -> None:
    test = open_page(untrained_project)
    test.number_input(key="train-devices").set_value(2)
    test.number_input(key="train-batch_size").set_value(14)
    test.number_input(key="train-epochs").set_value(2)
    test.selectbox(key="train-model").set_value("mlp")
    test.text_input(key="train-device").set_value("cpu")
    press_start(test)
    assert not test.exception
    (run,) = untrained_project.runs()
    assert untrained_project.wait_run(run.id, timeout=180).status.device == "2 x cpu"


def test_a_preset_fills_the_form_and_its_rule_picks_from_the_parent(trained_project: Project) -> None:
    parent = trained_project.runs()[0].id
    test = open_page(trained_project)
    test.number_input(key="train-epochs").set_value(7)
    test.selectbox(key="preset").set_value("self_training_entropy").run()
    assert "lowest entropy (percent 10)" in said(test)
    assert test.selectbox(key="train-method").value == "self_training"
    assert test.number_input(key="train-epochs").value == TrainConfig().epochs  # what was typed is gone
    test.selectbox(key="train-model").set_value("mlp")
    test.number_input(key="train-epochs").set_value(1)
    test.number_input(key="num-seeds").set_value(2)
    next(box for box in test.selectbox if box.label == "parent run").set_value(parent)
    press_start(test)
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
    test = open_page(untrained_project)
    test.number_input(key="train-epochs").set_value(3)
    test.number_input(key="train-ema_decay").set_value(0.5)
    press_start(test)
    test.selectbox(key="train-method").set_value(method).run()
    assert f"{method}: " in said(test)
    test.number_input(key="train-unlabeled_ratio").set_value(2)
    press_start(test)
    assert not test.exception
    first, second = (run.record.config for run in untrained_project.runs())
    assert first == TrainConfig(epochs=3, ema_decay=0.5)
    assert second == TrainConfig.checked({"method": method, "epochs": 3, **RECIPES[method], "unlabeled_ratio": 2})


def test_a_method_that_is_not_the_presets_leaves_its_rule(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.experiments.runs.start", lambda *_, **__: None)
    test = open_page(trained_project)
    test.selectbox(key="preset").set_value("self_training_seed").run()
    test.selectbox(key="train-method").set_value("fixmatch").run()
    next(box for box in test.selectbox if box.label == "parent run").set_value(trained_project.runs()[0].id)
    press_start(test)
    assert not test.exception
    record = trained_project.runs()[1].record
    assert (record.rule, record.config) == (None, TrainConfig.checked({"method": "fixmatch", **RECIPES["fixmatch"]}))


def test_a_refused_run_is_a_sentence(untrained_project: Project) -> None:
    test = open_page(untrained_project)
    test.selectbox(key="train-method").set_value("self_training")
    press_start(test)
    assert "self_training needs curated labels" in test.error[0].value
    assert untrained_project.runs() == []


def press_rounds(test: AppTest, num_rounds: int, parent: str | None = None) -> None:
    test.selectbox(key="train-method").set_value("self_training").run()
    next(box for box in test.selectbox if box.label == "parent run").set_value(parent)
    test.number_input(key="num-rounds").set_value(num_rounds)
    test.selectbox(key="train-model").set_value("mlp")
    test.number_input(key="train-epochs").set_value(1)
    test.number_input(key="train-batch_size").set_value(15)
    next(field for field in test.number_input if field.label == "percent more each round").set_value(30.0)
    press_start(test)


def test_rounds_of_a_curriculum_begin_from_the_form_and_say_how_far_they_are(trained_project: Project) -> None:
    test = open_page(trained_project)
    base = trained_project.runs()[0].id
    press_rounds(test, 2)
    assert "choose a parent run" in test.error[0].value
    assert trained_project.curricula.all() == []
    press_rounds(test, 2, base)
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
    test = open_page(trained_project)
    assert f"Curriculum after {base}: **done**, 2 of 2 rounds." in said(test)
    assert "Pseudo-labels by highest confidence (percent 60)." in said(test)


def test_rounds_stop_with_the_run_that_trains_and_can_be_stopped_from_the_page(trained_project: Project) -> None:
    long = QUICK.model_copy(update={"method": "self_training", "epochs": 100_000})
    rounds = trained_project.curricula.start(long, trained_project.runs()[0].id, 3)
    end = time.monotonic() + 60
    while not rounds.runs():
        assert time.monotonic() < end, rounds.folder.log_path.read_text()
        time.sleep(0.1)
    test = open_page(trained_project)
    test.button(key="stop-rounds").click().run()
    assert not test.exception
    ended(rounds)
    assert (rounds.status.state, rounds.status.done) == ("cancelled", 0)
    (run,) = rounds.runs()
    with pytest.raises(RunError, match="is cancelled"):
        trained_project.wait_run(run, timeout=60)
    assert len(trained_project.runs()) == 2


def ended(rounds: Curriculum) -> None:
    end = time.monotonic() + 120
    while rounds.status.state in LIVE_STATES:
        assert time.monotonic() < end, rounds.folder.log_path.read_text()
        time.sleep(0.1)


# --- one run seen from near -----------------------------------------------------------------------------------------


def test_what_the_pool_is_taken_for_is_drawn_by_epoch_with_its_drift(trained_project: Project) -> None:
    run = trained(trained_project, FIXMATCH)
    test = open_page(trained_project, run.id)
    assert not test.exception
    assert "Pseudo-labels in training" in [element.value for element in test.subheader]
    epochs = [line for line in run.metrics() if line["kl_to_prior"] is not None]
    (drift,) = drawn(test, "drift-epoch").values()
    assert drift == {"x": [line["epoch"] for line in epochs], "y": [line["kl_to_prior"] for line in epochs]}
    assert "in bits" in said(test)
    assert not [toggle for toggle in test.toggle if toggle.key == "per-step"]  # no step was written down
    test = open_page(trained_project, trained_project.runs()[0].id)
    assert "Pseudo-labels in training" not in [element.value for element in test.subheader]


def test_every_step_is_drawn_where_the_engine_wrote_it_down(trained_project: Project) -> None:
    run = trained(trained_project, FIXMATCH.model_copy(update={"log_batches": True, "batch_size": 5, "epochs": 3}))
    lines = run.batches()
    assert [line["step"] for line in lines] == list(range(1, 10))
    test = open_page(trained_project, run.id)
    test.toggle(key="per-step").set_value(True).run()
    assert not test.exception
    kept = drawn(test, "pool-step")["kept"]
    assert kept == {"x": list(range(1, 10)), "y": [line["mask_rate"] for line in lines]}
    known = [line for line in lines if line["class_mix"]]
    for number, name in enumerate(trained_project.class_names):
        assert drawn(test, "mix-step")[name]["y"] == [line["class_mix"][number] for line in known]
    (drift,) = drawn(test, "drift-step").values()
    assert drift["y"] == [line["kl_to_prior"] for line in known]
    assert "right, all (true labels known)" in drawn(test, "pool-step")


def test_the_best_val_accuracy_stands_beside_the_median_of_the_last(trained_project: Project) -> None:
    run = trained_project.runs()[0]
    run.folder.metrics_path.write_text("")
    for value in (0.9, 0.1, 0.5, 0.7, 0.2, 0.6):
        run.folder.append_metrics({"epoch": 1, "step": 1, "val_accuracy": value})
    shown = {metric.label: metric.value for metric in open_page(trained_project).metric}
    assert run.status.best_val_accuracy is not None
    assert shown["Val, best"] == f"{100 * run.status.best_val_accuracy:.1f} %"
    assert shown["Val, median of last 5"] == "50.0 %"


def test_a_run_that_waits_for_other_machines_says_what_to_type_there(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.start.subprocess.Popen", lambda *_, **__: (_ for _ in ()).throw(OSError(1, "none")))
    with pytest.raises(DataError, match="could not be started"):
        trained_project.start_run(QUICK, launch=Launch(True, 2, "first:29500"))
    run = trained_project.runs()[-1]
    assert run.status.state == "queued"
    (command,) = [code.value for code in open_page(trained_project, run.id).code if "rdzv" in code.value]
    assert command == run.elsewhere
    sizes = "--nnodes 2 --nproc-per-node 1 --max-restarts 0"
    assert command.endswith(f"--rdzv-id {run.id} {sizes} -m core.training.worker {trained_project.path} {run.id}")
    assert not [code for code in open_page(trained_project, BASE).code if "rdzv" in code.value]


def test_a_control_arm_is_named_as_one(trained_project: Project) -> None:
    first = trained_project.runs()[0].id
    run = trained(trained_project, QUICK)
    for arm, name in (("threshold_only", "threshold-only"), ("random_clicks", "random")):
        write_json(run.folder.path / "arm.json", {"arm": arm, "control_of": first})
        options = open_page(trained_project).selectbox(key="train-run").options
        assert options == [f"{run.id} · {name} control of {first}", first]


def test_the_weak_and_strong_views_that_the_engine_drew_are_shown(trained_project: Project) -> None:
    run = trained_project.runs()[0]
    assert run.folder.path.joinpath("augmentation.png").exists()  # the engine's own
    test = open_page(trained_project)
    (shown,) = [image for images in test.get("image") for image in images.proto.imgs]
    assert "two weak and two strong views" in shown.caption
    run.folder.path.joinpath("augmentation.png").unlink()
    test = open_page(trained_project)
    assert not test.get("image")
    assert "appears once training has begun" in said(test)
