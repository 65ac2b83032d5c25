"""The only door to torch: one run from its folder to its predictions, in a process of its own.

    python -m core.engine train PROJECT RUN [--resume]
    python -m core.engine dataset NAME --root FOLDER --out FOLDER

It reads the images, the splits and the frozen labels, never the decision log; whatever happens stands in status.json.
"""

import argparse
import os
import signal
import socket
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path
from pickle import UnpicklingError
from typing import IO, Any
from zipfile import is_zipfile

import numpy as np
import torch

from core.base.errors import DataError, TrainingError, WinnowError
from core.base.records import ImageSet, Labels, Logits, RunStatus, Splits
from core.curate.calibration import expected_calibration_error, fit_temperature, nll
from core.curate.scores import probabilities
from core.data.ingest import open_images, write_images
from core.data.pictures import sprite
from core.data.splits import load_splits
from core.learn import torchvision_sets
from core.learn.material import train_data
from core.learn.models import Classifier, build
from core.learn.precision import choose_device, faster_precision
from core.learn.predict import load_model, predict, save_weights
from core.learn.training import Trainer
from core.store.arrays import replace_file, save_array, write_json
from core.store.runs import RunFolder

DOWNLOAD_PATIENCE = 30.0
"""Seconds of silence after which a download counts as failed."""


class Stopped(Exception):  # noqa: N818 - an answer to a wish, not an error
    """Someone asked the run to stop; it can be resumed."""


class Engine:
    """One run being trained; `go` leaves a finished, cancelled or failed run folder behind, never a silent one."""

    def __init__(self, project: Path, run_id: str, *, is_resume: bool) -> None:
        self.project, self.is_resume = project, is_resume
        self.folder = RunFolder(project / "runs" / run_id)
        self.record = self.folder.record()
        self.config = self.record.config
        begun = self.folder.status(now=0).seconds if is_resume else 0.0
        self.status = RunStatus("running", "Reading images and labels.", epochs=self.config.epochs, seconds=begun)
        self._begin, self._before = time.monotonic(), begun
        self._told, self._is_stopped = 0.0, False
        self._measured = ""

    def go(self) -> int:
        """Train, predict, calibrate; the exit code is 0 when the run is done or was cancelled, 1 when it failed."""
        signal.signal(signal.SIGTERM, self._stop)
        with self.folder.lock():
            try:
                self._tell(state="running", message="Reading images and labels.", pid=os.getpid(), started=time.time())
                self._train()
            except Stopped:
                self._tell(state="cancelled", message="Cancelled; it can be resumed.", eta_seconds=None)
            except WinnowError as error:
                return self._fail(str(error))
            except Exception as error:
                traceback.print_exc()
                return self._fail(self._sentence(error))
            else:
                self._tell(state="done", message="", eta_seconds=None)
        return 0

    def _sentence(self, error: Exception) -> str:
        """What to tell a person about an error that nobody raised on purpose."""
        is_memory = isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in str(error)
        if is_memory:
            return f"Memory ran out: lower the batch size (it is {self.config.batch_size}), or choose a smaller model."
        return f"Unexpected error ({type(error).__name__}: {error}). The log has the details."

    def _train(self) -> None:
        images = open_images(self.project / "images")
        splits = load_splits(self.project / "splits.npz")
        device = choose_device(self.config.device)
        trainer = self._trainer(images, splits, device)
        checkpoint = self._restore(trainer) if self.is_resume else {}
        self._tell(
            message=f"Training. {self._measured}".rstrip(),
            steps=trainer.steps, device=str(device), precision=trainer.precision,
        )  # fmt: skip
        print(f"{self.record.run_id}: {len(trainer.data.labeled)} labels, {trainer.steps} steps on {device} in "
              f"{trainer.precision}, from step {trainer.step}", flush=True)  # fmt: skip
        if not checkpoint:
            self.folder.keep_metrics(0)
            _draw_views(trainer, self.folder.path / "augmentation.png")
        is_done = trainer.run(lambda line: self._end_epoch(trainer, line), lambda: self._should_stop(trainer))
        self._save(trainer)
        if not is_done:
            raise Stopped
        self._finish(trainer, images, splits, device)

    def _trainer(self, images: ImageSet, splits: Splits, device: torch.device) -> Trainer:
        shape = images.pixels.shape
        facts = {
            "model": self.config.model, "num_classes": len(images.class_names), "channels": shape[3],
            "height": shape[1], "width": shape[2], "class_names": list(images.class_names),
        }  # fmt: skip
        data = train_data(images, splits, self.folder.curated(), device)
        facts |= {"mean": data.mean.flatten().tolist(), "std": data.std.flatten().tolist()}
        write_json(self.folder.path / "model.json", facts)
        model = self._weights(facts)
        precision: str = self.config.precision
        if precision == "auto":
            size = (min(len(data.labeled), self.config.batch_size), shape[3], shape[1], shape[2])
            precision, self._measured = faster_precision(model.to(device), self.config.model, size, device)
            print(self._measured, flush=True)
        return Trainer(self.config, model, data, device, precision)

    def _weights(self, facts: dict[str, Any]) -> Classifier:
        if not self.config.warm_start or self.record.parent is None:
            shape = (facts["channels"], facts["height"], facts["width"])
            return build(self.config.model, facts["num_classes"], *shape, seed=self.config.seed)
        parent = RunFolder(self.project / "runs" / self.record.parent)
        theirs = parent.record().config.model
        if theirs != self.config.model:
            raise TrainingError(
                f"A warm start needs the parent's model: {parent.id} is a {theirs}, this run a {self.config.model}. "
                f"Choose {theirs}, or start from scratch."
            )
        return load_model(parent.path)

    def _restore(self, trainer: Trainer) -> dict[str, Any]:
        """Load the last checkpoint; without one the run begins again."""
        path = self.folder.checkpoint_path
        if not path.exists():
            return {}
        if not is_zipfile(path):
            raise DataError(f"{path} is torn: delete it, and the run begins again.")
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            trainer.load_state_dict(state["trainer"])
            self.folder.keep_metrics(state["num_metrics"])
        except (OSError, RuntimeError, KeyError, TypeError, EOFError, ValueError, UnpicklingError) as error:
            raise DataError(f"{path} cannot be read ({error}): delete it, and the run begins again.") from error
        return state

    def _end_epoch(self, trainer: Trainer, line: dict[str, Any]) -> None:
        seconds = self._before + time.monotonic() - self._begin
        per_step = sum(stream.batch_size for stream in trainer.streams.values())
        self.folder.append_metrics({**line, "seconds": seconds, "images_per_second": per_step * trainer.step / seconds})
        best = trainer.best
        has_val = best["val_accuracy"] == best["val_accuracy"]
        self.status = replace(
            self.status,
            best_epoch=best["epoch"],
            best_val_accuracy=best["val_accuracy"] if has_val else None,
            images_per_second=per_step * trainer.step / seconds,
        )
        if trainer.epoch % self.config.checkpoint_epochs == 0:
            self._save(trainer)

    def _should_stop(self, trainer: Trainer) -> bool:
        now = time.monotonic()
        if now - self._told > 0.5:
            seconds = self._before + now - self._begin
            eta = seconds / trainer.step * (trainer.steps - trainer.step) if trainer.step else None
            self._tell(epoch=trainer.epoch, step=trainer.step, eta_seconds=eta)
            self._is_stopped = self._is_stopped or self.folder.is_cancel_requested()
        return self._is_stopped

    def _save(self, trainer: Trainer) -> None:
        state = {"trainer": trainer.state_dict(), "num_metrics": trainer.epoch}
        try:
            replace_file(self.folder.checkpoint_path, lambda file: torch.save(state, file))
        except RuntimeError as error:  # torch's word for a full disk
            raise DataError(f"The checkpoint could not be written ({error}): free some space and resume.") from error

    def _finish(self, trainer: Trainer, images: ImageSet, splits: Splits, device: torch.device) -> None:
        self._tell(message="Scoring all images.", epoch=trainer.epoch, step=trainer.step, eta_seconds=None)
        save_weights(trainer.best["weights"], self.folder.model_path)
        model, data = load_model(self.folder.path), trainer.data
        logits, features = predict(
            model, images.pixels, data.mean, data.std, device, trainer.precision, self._on_chunk
        )  # fmt: skip
        if not np.isfinite(logits).all():
            raise TrainingError("The model answers with numbers that are not finite: lower the learning rate.")
        save_array(self.folder.path / "predictions" / "logits.npy", logits)
        save_array(self.folder.path / "predictions" / "features.npy", features)
        write_json(self.folder.path / "calibration.json", calibrate(logits[splits.val], images.labels[splits.val]))

    def _on_chunk(self, num_done: int) -> None:
        if time.monotonic() - self._told > 0.5:
            self._tell(message=f"Scoring all images: {num_done:,} done.")
            self._is_stopped = self._is_stopped or self.folder.is_cancel_requested()
        if self._is_stopped:
            raise Stopped

    def _tell(self, **news: Any) -> None:
        seconds = self._before + time.monotonic() - self._begin
        self.status = replace(self.status, **news, seconds=seconds)
        self.folder.write_status(self.status)
        self._told = time.monotonic()

    def _fail(self, sentence: str) -> int:
        print(sentence, flush=True)
        self._tell(state="failed", message=sentence, eta_seconds=None)
        return 1

    def _stop(self, _signal: int, _frame: object) -> None:
        self._is_stopped = True


def calibrate(logits: Logits, labels: Labels) -> dict[str, float | int | None]:
    """The temperature fitted on val, and NLL (nats) and ECE before and after it."""
    temperature = fit_temperature(logits, labels)
    before, after = probabilities(logits), probabilities(logits, temperature)
    facts = {
        "nll_before": nll(logits, labels),
        "nll_after": nll(logits, labels, temperature),
        "ece_before": expected_calibration_error(before, labels),
        "ece_after": expected_calibration_error(after, labels),
    }
    known = {name: value if value == value else None for name, value in facts.items()}
    return {"temperature": temperature, "n": len(labels), **known}


def _draw_views(trainer: Trainer, path: Path) -> None:
    """Eight labeled images, and three weak views of each below them; drawn from a generator of its own."""
    images = trainer.data.labeled.images[:8]
    draws = torch.Generator(images.device).manual_seed(trainer.config.seed)
    views = [images.float() / 255] + [trainer.augment(images, draws) for _ in range(3)]
    pixels = (torch.cat(views).clamp(0, 1) * 255).byte().permute(0, 2, 3, 1).cpu().numpy()
    sheet = sprite(pixels, 64, len(images))

    def write(file: IO[bytes]) -> None:
        file.write(sheet)

    replace_file(path, write)


def main() -> int:
    """Read the command line and do the one thing it asks for."""
    parser = argparse.ArgumentParser(prog="python -m core.engine")
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train")
    training.add_argument("project", type=Path)
    training.add_argument("run")
    training.add_argument("--resume", action="store_true")
    dataset = commands.add_parser("dataset")
    dataset.add_argument("name")
    dataset.add_argument("--root", type=Path, required=True)
    dataset.add_argument("--out", type=Path, required=True)
    words = parser.parse_args()
    try:
        if words.command == "dataset":
            socket.setdefaulttimeout(DOWNLOAD_PATIENCE)
            write_images(torchvision_sets.load(words.name, words.root), words.out)
            return 0
        return Engine(words.project, words.run, is_resume=words.resume).go()
    except WinnowError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
