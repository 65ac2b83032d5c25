import io
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch._inductor.config as inductor

from core.base.config import NETWORK_METHODS as METHODS
from core.base.config import TrainConfig
from core.base.errors import TrainingError
from core.training.batches.part import Part
from core.training.batches.train_data import TrainData
from core.training.loop.trainer import Trainer
from core.training.methods.methods import SECOND_VIEWS
from core.training.models.models import build
from tests.training.toy_models import CONFIG, CPU, data, part, trainer

SELF_TRAINING = CONFIG.model_copy(update={"method": "self_training"})


def finish(training: Trainer) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    assert training.run(lines.append, lambda: False)
    return lines


def through_disk(state: dict[str, Any]) -> dict[str, Any]:
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    loaded: dict[str, Any] = torch.load(file, weights_only=True)
    return loaded


def same(one: Any, two: Any) -> bool:
    """Compare dicts, lists and tensors bit for bit."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, two)
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(two) and all(map(same, one, two))
    return bool(one == two)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("model", "stop"), [("mlp", n) for n in (0, 2, 3, 8)] + [("small_cnn", 4)])
def test_a_resumed_training_equals_an_uninterrupted_one_bit_for_bit(method: str, model: str, stop: int) -> None:
    """It stops at the start, in the middle and at the end of an epoch.

    An epoch has three steps; rejects take part.
    """
    config = CONFIG.model_copy(update={"method": method, "model": model})
    whole = trainer(config)
    lines = finish(whole)
    first = trainer(config)
    before: list[dict[str, Any]] = []
    assert not first.run(before.append, lambda: first.step == stop)
    second = trainer(config.model_copy())
    second.load_state_dict(through_disk(first.state_dict()))
    assert second.step == stop
    after = finish(second)
    assert before + after == lines
    assert same(second.state_dict(), whole.state_dict())


def test_one_seed_gives_one_training_and_another_seed_another() -> None:
    one, two, other = trainer(), trainer(), trainer(CONFIG.model_copy(update={"seed": 5}))
    assert finish(one) == finish(two) != finish(other)
    assert same(one.state_dict(), two.state_dict())


def test_training_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    finish(trainer(SELF_TRAINING))
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("method", METHODS)
def test_labels_that_are_only_watched_move_no_weight(method: str) -> None:
    """Permuted calibration and pool labels change the monitored numbers, not the model."""
    config = CONFIG.model_copy(update={"method": method})
    plain = data()
    assert plain.calibration is not None
    hidden = replace(plain.calibration, labels=plain.calibration.labels.flip(0))
    found = trainer(config, plain), trainer(config, data(calibration=hidden, pool_truth=plain.pool_truth.flip(0)))
    lines = [finish(each) for each in found]
    one, two = (
        {name: value for name, value in each.state_dict().items() if name != "watch"} for each in found
    )  # fmt: skip
    assert same(one, two)
    watched = [[line["calibration_accuracy"] for line in each] for each in lines]
    assert watched[0] != watched[1]


def test_without_val_images_the_last_epoch_is_kept() -> None:
    training = trainer(material=data(val=None))
    lines = finish(training)
    assert (training.kept().epoch, training.kept().sentence) == (3, "")
    assert training.best["epoch"] == 3
    assert same(training.best["weights"], dict(training.average.model.state_dict()))
    assert all(line["val_accuracy"] is None and line["val_loss"] is None for line in lines)


def test_a_loss_that_is_no_number_ends_the_training_with_advice() -> None:
    training = trainer()
    with torch.no_grad():
        next(training.model.parameters()).fill_(math.nan)
    with pytest.raises(TrainingError, match=r"no longer a number in epoch 1: lower the learning rate"):
        finish(training)


def test_a_checkpoint_of_another_model_is_refused() -> None:
    other = trainer(CONFIG.model_copy(update={"model": "small_cnn"}))
    with pytest.raises(TrainingError, match="does not fit this run's model"):
        trainer().load_state_dict(through_disk(other.state_dict()))


def test_a_checkpoint_without_pseudo_labels_does_not_fit_a_run_with_them() -> None:
    with pytest.raises(TrainingError, match="does not fit"):
        trainer(SELF_TRAINING).load_state_dict(through_disk(trainer().state_dict()))


def test_an_epoch_is_one_pass_over_the_labels_and_says_what_happened() -> None:
    lines = finish(trainer(SELF_TRAINING))
    assert [(line["epoch"], line["step"]) for line in lines] == [(1, 3), (2, 6), (3, 9)]
    for line in lines:
        sums = line["labeled_loss"] + line["reject_loss"]
        assert sums < line["loss"] <= sums + line["unlabeled_loss"] + 1e-6
        assert 0 <= line["train_accuracy"] <= 1
    assert lines[-1]["unlabeled_weight"] == pytest.approx(8 / 9)
    assert lines[-1]["labeled_loss"] < lines[0]["labeled_loss"]


def test_supervised_takes_no_pseudo_labels_and_reject_weight_zero_no_rejects() -> None:
    assert set(trainer().streams) == {"labeled", "rejected"}
    assert set(trainer(CONFIG.model_copy(update={"reject_weight": 0.0})).streams) == {"labeled"}
    training = trainer(SELF_TRAINING)
    assert {name: stream.batch_size for name, stream in training.streams.items()} == {
        "labeled": 4, "pseudo": 8, "rejected": 4,
    }  # fmt: skip


def test_biases_and_norms_are_spared_the_weight_decay() -> None:
    training = trainer(CONFIG.model_copy(update={"model": "small_cnn", "weight_decay": 0.1}))
    decayed, spared = training.optimizer.param_groups
    assert (decayed["weight_decay"], spared["weight_decay"]) == (0.1, 0.0)
    assert all(p.ndim > 1 for p in decayed["params"])
    assert all(p.ndim == 1 for p in spared["params"])
    assert len(decayed["params"]) + len(spared["params"]) == len(list(training.model.parameters()))


def test_evaluation_is_the_averaged_models_and_changes_nothing() -> None:
    training = trainer(TrainConfig(**{**CONFIG.model_dump(), "model": "small_cnn"}))
    finish(training)
    part = training.data.val
    assert part is not None
    before = through_disk(training.state_dict())
    judged = training.evaluate(part)
    with torch.inference_mode():
        logits = training.average.model(
            (part.take(torch.arange(9)).float() / 255 - training.data.mean) / training.data.std
        )
    is_right, kept = logits.argmax(1) == part.labels, logits.softmax(1).amax(1) >= CONFIG.threshold
    assert judged.accuracy == pytest.approx(is_right.float().mean().item())
    assert judged.loss == pytest.approx(torch.nn.functional.cross_entropy(logits, part.labels).item(), abs=1e-5)
    assert judged.kept == pytest.approx(kept.float().mean().item())
    assert same(training.state_dict(), before)


# --- the pool -----------------------------------------------------------------------------------------------------

POOL = [method for method in METHODS if method in SECOND_VIEWS]


@pytest.mark.parametrize("method", POOL)
def test_every_line_tells_what_the_pool_was_taken_for(method: str) -> None:
    lines = finish(trainer(CONFIG.model_copy(update={"method": method, "threshold": 0.4, "epochs": 6})))
    for line in lines:
        assert 0 <= line["mask_rate"] <= 1
        assert 0 <= line["pool_accuracy"] <= 1
        if line["class_mix"] is not None:
            assert sum(line["class_mix"]) == pytest.approx(1)
            assert line["kl_to_prior"] >= 0
    assert lines[-1]["flip_rate"] is not None


def test_a_line_for_every_step_where_asked() -> None:
    training = trainer(CONFIG.model_copy(update={"method": "fixmatch"}))
    lines: list[dict[str, Any]] = []
    training.run(lambda _: None, lambda: False, lines.append)
    assert [line["step"] for line in lines] == list(range(1, 10))
    assert all("pool_accuracy" in line for line in lines)


def test_lines_can_be_rarer_and_the_last_is_always_there() -> None:
    lines = finish(trainer(CONFIG.model_copy(update={"epochs": 5, "log_epochs": 2})))
    assert [(line["epoch"], line["step"]) for line in lines] == [(2, 6), (4, 12), (5, 15)]
    every = finish(trainer(CONFIG.model_copy(update={"epochs": 5})))
    assert lines[0]["labeled_loss"] == pytest.approx(sum(line["labeled_loss"] for line in every[:2]) / 2)
    assert lines[2]["labeled_loss"] == pytest.approx(every[4]["labeled_loss"])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("profile", ["natural", "digits"])
def test_a_step_neither_reads_a_number_nor_copies_a_list(
    method: str, profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a GPU either would make the host wait; test_cuda checks a GPU itself."""

    def refuse(*_words: object, **_named: object) -> None:
        raise AssertionError("the host would wait here")

    def colored(source: Part) -> Part:
        assert isinstance(source.images, torch.Tensor)
        return replace(source, images=source.images.expand(-1, 3, -1, -1).contiguous())

    config = CONFIG.model_copy(update={"method": method, "profile": profile})
    parts: dict[str, Any] = {
        name: colored(value) if isinstance(value, Part) else value for name, value in vars(data()).items()
    }
    training = Trainer(config, build("mlp", 3, 3, 8, 8, seed=0), TrainData(**parts), CPU, "fp32")
    training.train_step()
    with monkeypatch.context() as patch:
        for owner, names in ((torch, ("tensor", "as_tensor")), (torch.Tensor, ("item", "tolist", "__bool__"))):
            for name in names:
                patch.setattr(owner, name, refuse)
        for _ in range(3):
            training.train_step()
    assert training.step == 4


def test_a_batch_never_has_a_single_image() -> None:
    """Batch norm is undefined over one image of one pixel.

    A lone labeled image is drawn twice.
    """
    config = CONFIG.model_copy(update={"model": "resnet18", "epochs": 1, "batch_size": 4})
    finish(trainer(config, data(labeled=part(1, 1), pseudo=None, rejected=None)))


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler on the CPU")
def test_a_compiled_model_trains_what_an_eager_one_trains(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))  # kernels of another processor crash or err
    monkeypatch.setattr(inductor, "compile_threads", 1)  # no pool of compiling processes, which would outlive the test
    config = CONFIG.model_copy(update={"method": "fixmatch", "threshold": 0.4, "epochs": 1, "ramp": "none"})
    eager, compiled = trainer(config), trainer(config.model_copy(update={"compile": True}))
    assert eager._state.forward is eager.model
    assert compiled._state.forward is not compiled.model
    lines = [finish(each) for each in (eager, compiled)]
    for name in ("loss", "labeled_loss", "unlabeled_loss", "reject_loss", "mask_rate", "val_loss"):
        assert lines[1][0][name] == pytest.approx(lines[0][0][name], abs=1e-4), name
    for name, value in eager.model.state_dict().items():
        torch.testing.assert_close(compiled.model.state_dict()[name], value, atol=1e-5, rtol=1e-4)
