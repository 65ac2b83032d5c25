"""Out of memory, a batch is split into pieces and chunks shrink.

Messages report both.
"""

import ctypes
import dataclasses
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.base.config import NETWORK_METHODS as METHODS
from core.training import predict as predict_module
from core.training.loop.trainer import Trainer
from core.training.models.models import build
from core.training.predict import predict
from core.training.runtime.memory import chunk_size, is_out_of_memory, keep_freed_memory, run_in_chunks
from core.training.runtime.tensors import channels_last
from core.training.worker import TrainingWorker
from tests.training.loop.test_trainer import finish, through_disk
from tests.training.separable import make_images
from tests.training.small_datasets import TINY, make_run
from tests.training.test_worker import _own_signals, tiny
from tests.training.toy_models import CONFIG, CPU, trainer

__all__ = ["_own_signals", "tiny"]  # fixtures of the engine's tests


def hungry(act: Callable[[Tensor], Any], most: int, asked: list[int]) -> Callable[[Tensor], Any]:
    """Wrap a function to run out of memory above a number of images.

    The error is the one that torch raises on the CPU.
    """

    def checked(images: Tensor) -> Any:
        asked.append(len(images))
        if len(images) > most:
            torch.empty(2**60, dtype=torch.uint8)
        return act(images)

    return checked


def starved(training: Trainer, most: int) -> list[int]:
    """Let training passes run out of memory above a number of images.

    The list holds the number of images of each pass.
    """
    asked: list[int] = []
    training._state = dataclasses.replace(training._state, forward=hungry(training._state.forward, most, asked))
    return asked


def test_torchs_own_word_for_no_memory_on_the_cpu_is_understood() -> None:
    with pytest.raises(RuntimeError, match="can't allocate memory") as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not is_out_of_memory(ValueError("out of memory"))


PIECES = {"ramp": "none", "epochs": 4, "threshold_memory": 0.5, "fairness_weight": 0.0}


@pytest.mark.parametrize("method", METHODS)
def test_pieces_of_a_batch_train_what_the_whole_batch_trains(method: str) -> None:
    """Without batch norm and freematch's fairness; thresholds keep some images and drop others."""
    threshold = 0.7 if method == "flexmatch" else 0.42
    config = CONFIG.model_copy(update={"method": method, **PIECES, "threshold": threshold})
    whole, tight = trainer(config), trainer(config)
    asked = starved(tight, 7)
    expected, lines = finish(whole), finish(tight)
    assert tight.pieces in (2, 4)
    assert max(asked[-2:]) <= 7
    assert f"{tight.pieces} pieces of the same batch of 4" in tight.memory_warning
    for name, value in whole.model.state_dict().items():
        torch.testing.assert_close(tight.model.state_dict()[name], value, atol=1e-5, rtol=1e-4)
    assert lines[-1]["loss"] == pytest.approx(expected[-1]["loss"], abs=1e-4)
    if method in ("fixmatch", "flexmatch", "freematch"):
        assert any(0.2 < line["mask_rate"] < 0.95 for line in expected)
        assert [line["mask_rate"] for line in lines] == [line["mask_rate"] for line in expected]
    for name, value in whole.threshold.state_dict().items():
        torch.testing.assert_close(tight.threshold.state_dict()[name], value, atol=1e-5, rtol=1e-4)


def test_freematchs_fairness_and_batch_norm_go_through_in_pieces_as_well() -> None:
    """Pieces differ from the whole batch (decision 12); the loss stays finite."""
    for changes in ({"fairness_weight": 0.05}, {"model": "small_cnn"}):
        config = CONFIG.model_copy(update={"method": "freematch", **PIECES, **changes})
        tight = trainer(config)
        starved(tight, 11)
        lines = finish(tight)
        assert tight.pieces in (2, 4)
        assert lines[-1]["labeled_loss"] < lines[0]["labeled_loss"]


def test_memory_that_runs_out_at_a_single_image_is_an_error() -> None:
    training = trainer()
    starved(training, 0)
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        finish(training)


def test_a_resumed_training_still_says_that_memory_ran_out() -> None:
    first = trainer(CONFIG.model_copy(update={"method": "fixmatch"}))
    starved(first, 7)
    first.run(lambda _: None, lambda: first.step == 2)
    assert first.memory_warning
    second = trainer(CONFIG.model_copy(update={"method": "fixmatch"}))
    assert second.memory_warning == ""
    second.load_state_dict(through_disk(first.state_dict()))
    assert second.memory_warning == first.memory_warning


# --- chunks ---------------------------------------------------------------------------------------------------------


def test_a_chunk_is_at_most_a_megapixel_and_at_least_one_image() -> None:
    assert chunk_size(28, 28) == 512
    assert chunk_size(224, 224) * 224 * 224 <= 2**20
    assert chunk_size(4000, 4000) == 1


def test_chunks_are_halved_until_they_fit_and_cover_every_row_once(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[int] = []

    def act(rows: slice) -> None:
        if rows.stop - rows.start > 3:
            raise torch.OutOfMemoryError("out of memory")
        seen.extend(range(rows.start, rows.stop))

    assert run_in_chunks(slice(5, 25), 12, act) == 3
    assert seen == list(range(5, 25))
    assert "at 12 images at a time: from here on 6" in capsys.readouterr().out


def test_a_single_row_that_does_not_fit_is_an_error() -> None:
    tried: list[slice] = []

    def act(rows: slice) -> None:
        tried.append(rows)
        raise MemoryError

    with pytest.raises(MemoryError):
        run_in_chunks(slice(0, 4), 4, act)
    assert tried == [slice(0, 4), slice(0, 2), slice(0, 1)]


def test_other_errors_are_not_tried_again() -> None:
    tried: list[slice] = []

    def act(rows: slice) -> None:
        tried.append(rows)
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes"):
        run_in_chunks(slice(0, 8), 4, act)
    assert tried == [slice(0, 4)]


def test_an_evaluation_in_smaller_chunks_says_the_same_and_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    training, asked = trainer(), list[int]()
    expected = training.evaluate(training.data.val)
    monkeypatch.setattr(training, "logits_of", hungry(training.logits_of, 3, asked))
    found = training.evaluate(training.data.val)
    (*numbers, is_right), (*wanted, was_right) = dataclasses.astuple(found), dataclasses.astuple(expected)
    assert numbers == pytest.approx(wanted, nan_ok=True)
    assert is_right.tolist() == was_right.tolist()
    assert asked == [9, 4, 2, 2, 2, 2, 1]
    asked.clear()
    training.evaluate(training.data.calibration)
    assert max(asked) <= 2


def test_scoring_in_smaller_chunks_gives_the_same_logits_and_features(monkeypatch: pytest.MonkeyPatch) -> None:
    mean, std, pixels = torch.full((1, 1, 1, 1), 0.4), torch.full((1, 1, 1, 1), 0.2), make_images().pixels
    model, told, asked = build("small_cnn", 3, 1, 8, 8, seed=0), list[int](), list[int]()
    outs = [(np.full((150, 3), np.nan, np.float32), np.full((150, 128), np.nan, np.float16)) for _ in range(2)]
    predict(model, pixels, (mean, std), CPU, "fp32", outs[0], lambda _: None)
    monkeypatch.setattr(predict_module, "channels_last", hungry(channels_last, 40, asked))
    predict(model, pixels, (mean, std), CPU, "fp32", outs[1], told.append)
    assert (asked[0], max(asked[2:])) == (150, 37)
    assert told == [37, 74, 111, 148, 150]
    np.testing.assert_allclose(outs[1][0], outs[0][0], atol=1e-5)
    np.testing.assert_allclose(outs[1][1].astype(np.float32), outs[0][1], atol=1e-2)


# --- the engine -----------------------------------------------------------------------------------------------------


def test_a_run_without_memory_for_one_image_fails_with_advice(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Trainer._accumulate

    def accumulated(self: Trainer, batch: Any) -> Any:
        hungry(lambda images: images, 0, [])(batch.labeled.images)
        return whole(self, batch)

    monkeypatch.setattr(Trainer, "_accumulate", accumulated)
    folder = make_run(tiny, TINY)
    assert TrainingWorker(tiny, folder.id, is_resume=False).run() == 1
    assert "Memory ran out: lower batch_size (it is 8) or unlabeled_ratio (it is 2)" in folder.status().message


def test_a_run_that_goes_through_in_pieces_says_so_in_its_log(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "core.training.worker.time.monotonic", iter(np.arange(0.0, 1e6)).__next__
    )  # a second at each look
    begin = Trainer.run

    def run(self: Trainer, *words: Any) -> bool:
        starved(self, 9)
        return begin(self, *words)

    monkeypatch.setattr(Trainer, "run", run)
    folder = make_run(tiny, TINY)
    assert TrainingWorker(tiny, folder.id, is_resume=False).run() == 0
    assert capsys.readouterr().out.count("pieces of the same batch of 8") == 1
    assert [line["epoch"] for line in folder.metrics()] == [1, 2, 3, 4]


FAULTS = """
import resource, sys, torch
from core.training.runtime.memory import keep_freed_memory

def step():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    tensor = torch.ones(12_000_000)
    other = tensor * 2
    both = tensor + other
    del tensor, other, both
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

if sys.argv[1] == "keep":
    assert keep_freed_memory()
counts = [step() for _ in range(20)]
print(sum(counts[-5:]))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_kept_memory_is_not_cleared_by_the_kernel_again_in_every_step() -> None:
    def faults(mode: str) -> int:
        return int(subprocess.check_output([sys.executable, "-c", FAULTS, mode], text=True))

    assert faults("keep") < faults("give back") / 4


def test_elsewhere_malloc_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(ctypes, "CDLL", None)
    assert not keep_freed_memory()
