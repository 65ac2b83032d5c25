"""Training worker: train one run and write its predictions, in its own process.

    python -m core.training.worker PROJECT RUN [--resume]

It reads the images, the splits and the frozen labels, never the decision log, and writes its state to status.json.
"""

import argparse
import os
import signal
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.base.drafts import remove_drafts
from core.base.errors import Cancelled, TrainingError, WinnowError
from core.base.types import ImageSet, RunStatus, Splits
from core.data.drawn_val import with_drawn_val
from core.data.image_store import open_images
from core.data.label_corrections import with_corrections
from core.data.splits import load_splits
from core.jobs.trackers import NoTracker, Tracker, open_tracker
from core.scoring.calibration import calibrate
from core.store.files import draft_array, finish_draft, open_draft, write_json
from core.store.run_folder import RunFolder
from core.training.augmentation.preview import draw_views
from core.training.batches.teacher import remove_teacher, with_teacher
from core.training.batches.train_data import train_data
from core.training.loop.checkpoints import load_checkpoint, save_checkpoint
from core.training.loop.head_start import fit_head_start
from core.training.loop.kept_weights import begin
from core.training.loop.trainer import Trainer
from core.training.loop.validation import none_if_nan
from core.training.methods.methods import SECOND_VIEWS
from core.training.models.initialization import initial_model, model_facts, pretrained_backbone
from core.training.models.weights import load_model, save_weights
from core.training.predict import predict
from core.training.runtime import distributed
from core.training.runtime.devices import choose_device
from core.training.runtime.error_sentences import error_sentence
from core.training.runtime.memory import keep_freed_memory
from core.training.runtime.pace import Pace
from core.training.runtime.precision import chosen_precision
from core.workspace.pool_index import ensure_index, needs_index

_WRITTEN = ("checkpoint.pt", "model.safetensors", "model.json", "status.json", "metrics.jsonl", "batches.jsonl",
            "calibration.json", "augmentation.png")  # fmt: skip
AGREE_STEPS = 10
"""Steps between two checks of several ranks whether rank 0 was asked to stop."""


class TrainingWorker:
    """Trains one run.

    `run` always leaves a finished, cancelled or failed run folder, never a silent one.

    Args:
        project: Folder of the project.
        run_id: A prepared run.
        is_resume: Whether to go on from the last checkpoint.
    """

    def __init__(self, project: Path, run_id: str, *, is_resume: bool) -> None:
        self.project, self.is_resume = project, is_resume
        self.folder = RunFolder(project / "runs" / run_id)
        self.record = self.folder.record()
        self.config = self.record.config
        begun = self.folder.status(now=0).seconds if is_resume else 0.0
        self.status = RunStatus("running", "Reading images and labels.", epochs=self.config.epochs, seconds=begun)
        self._begin, self._since, self._before = time.monotonic(), time.time(), begun
        self._last_written, self._saved, self._is_stopped, self._measured, self._kept = 0.0, 0, False, "", ""
        self._tracker: Tracker = NoTracker()
        self._pace, self._num_images = Pace(), 0

    def run(self) -> int:
        """Train, predict and calibrate.

        The exit code is 0 when the run is done or was cancelled, 1 when it failed.
        """
        signal.signal(signal.SIGTERM, self._stop)
        with self._held():
            if not distributed.is_launched():  # alone: no other process writes these files
                remove_drafts(self.folder.path, _WRITTEN)
            try:
                device = choose_device(self.config.device)
                with distributed.process_group(device):
                    self._train_or_stop(device)
            except Exception as error:
                return self._fail(error)
        return 0

    def _train_or_stop(self, device: torch.device) -> None:
        self._tell(state="running", message="Reading images and labels.", pid=os.getpid(), started=time.time())
        if distributed.is_first():
            self._tracker = open_tracker(self.config, self.project, self.record.run_id)
        try:
            self._train(device)
        except Cancelled:
            self._tracker.close("cancelled")
            self._tell(state="cancelled", message="Cancelled; it can be resumed.", eta_seconds=None)
        except Exception:
            self._tracker.close("failed")
            raise
        else:
            self._tracker.close("done")
            self._tell(state="done", message=self._kept, eta_seconds=None)

    def _held(self) -> AbstractContextManager[None]:
        """The run's lock; of several ranks the first one holds it."""
        return self.folder.lock() if distributed.is_first() else nullcontext()

    def _train(self, device: torch.device) -> None:
        images, splits = with_corrections(
            open_images(self.project / "images"), load_splits(self.project / "splits.npz"), self.folder.path
        )
        images, splits = with_drawn_val(images, splits, self.folder.path)
        torch.set_float32_matmul_precision("highest" if device.type == "cpu" else "high")
        trainer = self._trainer(images, splits, device)
        is_begun = self.is_resume and load_checkpoint(trainer, self.folder.checkpoint_path)
        self._saved = trainer.epoch
        if self.config.is_fine_tuned and not (is_begun or self.config.warm_start):
            trainer.best = begin(trainer.evaluate(trainer.data.val), trainer.average.model)
        self._tell(
            message=f"Training. {self._measured}".rstrip(), steps=trainer.steps, precision=trainer.precision,
            device=f"{distributed.world_size()} x {device.type}" if distributed.world_size() > 1 else str(device),
            **(_best(trainer) if is_begun else {}),
        )  # fmt: skip
        print(f"{self.record.run_id}: {len(trainer.data.labeled)} labels, {trainer.steps} steps on {device} in "
              f"{trainer.precision}, from step {trainer.step}", flush=True)  # fmt: skip
        if distributed.rank() == 0:
            self.folder.truncate_metrics(trainer.step)
            if not is_begun:
                picture = self.folder.path / "augmentation.png"
                draw_views(trainer.data.labeled, self.config.profile, self.config.seed, picture)
        on_batch = self._on_batch if self.config.log_batches else None
        is_done = trainer.run(lambda line: self._end_epoch(trainer, line), lambda: self._should_stop(trainer), on_batch)
        self._save(trainer)
        if not is_done:
            raise Cancelled
        self._finish(trainer, images, splits, device)

    def _trainer(self, images: ImageSet, splits: Splits, device: torch.device) -> Trainer:
        shape, config = images.pixels.shape, self.config
        if config.batch_size % distributed.world_size():
            raise TrainingError(
                f"batch_size ({config.batch_size}) must be a multiple of the {distributed.world_size()} processes."
            )
        backbone = pretrained_backbone(config)
        facts = model_facts(config, images, backbone)
        options = {"needs_pool": config.method in SECOND_VIEWS, "is_normalized": backbone is None}
        data = train_data(images, splits, self.folder.curated(), device, **options)
        data = with_teacher(data, self.project, self.folder, splits.pool, self._tell, self._is_cancelled)
        facts |= {"mean": data.mean.flatten().tolist(), "std": data.std.flatten().tolist()}
        if distributed.rank() == 0:
            write_json(self.folder.path / "model.json", facts)
        parent = RunFolder(self.project / "runs" / self.record.parent) if self.record.parent else None
        model = initial_model(config, facts, parent, backbone).to(device)
        if backbone is not None:
            self._tell(message="Computing features of the labeled images.")
            fit_head_start(model, data, config, self._is_cancelled)
        tell = partial(self._tell, message="Measuring whether bf16 or fp32 is the faster here.")
        precision, self._measured = chosen_precision(config, model, len(data.labeled), shape[1:], device, tell)
        if self._measured:
            print(self._measured, flush=True)
        return Trainer(config, model, data, device, precision)

    def _end_epoch(self, trainer: Trainer, line: dict[str, Any]) -> None:
        seconds = self._before + time.monotonic() - self._begin
        per_step = sum(stream.batch_size for stream in trainer.streams.values())
        speed = {"seconds": seconds, "images_per_second": per_step * trainer.step / seconds}
        if distributed.rank() == 0:
            self.folder.append_metrics({**line, **speed})
            self._tracker.log({**line, **speed})
        self.status = replace(self.status, **_best(trainer), images_per_second=speed["images_per_second"])
        every = self.config.checkpoint_epochs
        if trainer.epoch // every > self._saved // every:
            self._save(trainer)

    def _on_batch(self, line: dict[str, Any]) -> None:
        if distributed.rank() == 0:
            self.folder.append_batch(line)

    def _is_cancelled(self) -> bool:
        return self._is_stopped or self.folder.is_cancel_requested()

    def _should_stop(self, trainer: Trainer) -> bool:
        now = time.monotonic()
        if now - self._last_written > 0.5:
            eta = self._pace.left(trainer.step, trainer.steps)
            if trainer.memory_warning and trainer.memory_warning != self._measured:
                self._measured = trainer.memory_warning
                print(self._measured, flush=True)
            message = f"Training. {self._measured}".rstrip()
            self._tell(epoch=trainer.epoch, step=trainer.step, eta_seconds=eta, message=message)
            self._is_stopped = self._is_cancelled()
        if distributed.world_size() == 1:
            return self._is_stopped
        return trainer.step % AGREE_STEPS == 0 and distributed.broadcast_flag(self._is_stopped, trainer.device)

    def _save(self, trainer: Trainer) -> None:
        trainer.check_finite()  # never replace a good checkpoint by one that cannot continue
        self._saved = trainer.epoch
        if distributed.rank() == 0:
            save_checkpoint(trainer, self.folder.checkpoint_path)

    def _finish(self, trainer: Trainer, images: ImageSet, splits: Splits, device: torch.device) -> None:
        self._tell(message="Scoring all images.", epoch=trainer.epoch, step=trainer.step, eta_seconds=None)
        self._pace, self._num_images = Pace(), len(images.pixels)
        paths = [self.folder.path / "predictions" / name for name in ("logits.npy", "features.npy")]
        if distributed.rank() == 0:
            kept = trainer.kept()
            self._kept, self.status = kept.sentence, replace(self.status, kept_epoch=kept.epoch, head_note=kept.note)
            print(kept.sentence, kept.note, flush=True)
            save_weights(kept.weights, self.folder.model_path)
            head = trainer.head
            draft_array(paths[0], (len(images.pixels), head.out_features), np.float32)
            draft_array(paths[1], (len(images.pixels), head.in_features), np.float16)
        distributed.barrier()
        logits, features = (open_draft(path) for path in paths)
        normal = (trainer.data.mean, trainer.data.std)
        model = load_model(self.folder.path)
        predict(model, images.pixels, normal, device, trainer.precision, (logits, features), self._on_chunk)
        distributed.barrier()
        if distributed.rank():
            return
        if not np.isfinite(logits).all():
            raise TrainingError("The model answers with numbers that are not finite: lower the learning rate.")
        for path in paths:
            finish_draft(path)
        remove_teacher(self.folder)
        write_json(self.folder.path / "calibration.json", calibrate(logits[splits.val], images.labels[splits.val]))
        if needs_index(splits.pool):
            self._tell(message="Sorting the scores of the pool.")
            ensure_index(self.folder, splits.pool)

    def _on_chunk(self, num_done: int) -> None:
        if time.monotonic() - self._last_written > 0.5:
            left = self._pace.left(num_done, self._num_images // distributed.world_size())
            self._tell(message=f"Scoring all images: {num_done * distributed.world_size():,} done.", eta_seconds=left)
            self._is_stopped = self._is_cancelled()
        if self._is_stopped:
            raise Cancelled

    def _tell(self, **news: Any) -> None:
        seconds = self._before + time.monotonic() - self._begin
        self.status = replace(self.status, **news, seconds=seconds)
        if distributed.is_first():
            if self.status.state == "running" and (words := self._others_words()):
                raise TrainingError(words)  # another rank has left its last words where ours would stand
            self.folder.write_status(self.status)
        self._last_written = time.monotonic()

    def _others_words(self) -> str:
        """What another rank failed with since we began; empty while none did."""
        if not distributed.is_launched():
            return ""
        status = self.folder.status(now=0)
        return status.message if status.state == "failed" and status.updated > self._since else ""

    def _fail(self, error: Exception) -> int:
        """Say what went wrong in log and status; of several ranks, the first one that failed is heard."""
        sentence = self._others_words() or error_sentence(error, self.config.batch_size, self.config.unlabeled_ratio)
        print(sentence, flush=True)
        self.status = replace(self.status, state="failed", message=sentence, eta_seconds=None)
        self.folder.write_status(self.status)
        return 1

    def _stop(self, _signal: int, _frame: object) -> None:
        self._is_stopped = True


def _best(trainer: Trainer) -> dict[str, Any]:
    return {"best_epoch": trainer.best["epoch"], "best_val_accuracy": none_if_nan(trainer.best["val_accuracy"])}


def main() -> int:
    """Train the run that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m core.training.worker")
    parser.add_argument("project", type=Path)
    parser.add_argument("run")
    parser.add_argument("--resume", action="store_true")
    arguments = parser.parse_args()
    keep_freed_memory()
    try:
        return TrainingWorker(arguments.project, arguments.run, is_resume=arguments.resume).run()
    except WinnowError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
