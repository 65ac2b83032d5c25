"""Head worker: fit the head of one run on stored features and score all images, in its own process, without torch.

    python -m core.experiments.head_worker PROJECT RUN

It reads images, splits and the frozen labels, never the decision log, and writes its state to status.json. Features
that are not there yet are computed first and kept for the next run.
"""

import argparse
import os
import signal
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import Cancelled, DataError, WinnowError
from core.base.types import CuratedSet, ImageSet, LabelSource, RunStatus
from core.curation.curated_set import can_suggest
from core.data.drawn_val import with_drawn_val
from core.data.groups.group_numbers import from_codes, joined, one_per_group
from core.data.groups.image_groups import load_groups
from core.data.image_store import open_images
from core.data.label_corrections import with_corrections
from core.data.splits import exact_duplicates, load_splits
from core.features.catalog import named_features
from core.features.store import FeatureStatus, StoredFeatures
from core.heads.cross_validation import LEAST_VAL, MOST_LABELS, cross_validated
from core.heads.fit import score_head
from core.heads.head_labels import HeadLabels, head_labels
from core.heads.head_settings import HeadSettings, head_settings
from core.jobs.trackers import open_tracker
from core.scoring.calibration import calibrate
from core.store.files import draft_array, finish_draft, open_draft, write_json
from core.store.run_folder import RunFolder
from core.workspace.pool_index import NO_SUGGESTIONS, ensure_index, needs_index
from core.workspace.run import CROSS_VALIDATION


class HeadWorker:
    """Fits one run; `run` always leaves a finished, cancelled or failed run folder.

    Args:
        project: Folder of the project.
        run_id: A prepared run whose method is "head".
    """

    def __init__(self, project: Path, run_id: str) -> None:
        self.project, self.folder = project, RunFolder(project / "runs" / run_id)
        self.config = self.folder.record().config
        self.status = RunStatus("running", "Reading images and labels.", epochs=1, steps=1, device="cpu")
        self._begin, self._is_stopped, self._result = time.monotonic(), False, ""

    def run(self) -> int:
        """Fit, score and calibrate.

        The exit code is 0 when the run is done or was cancelled, 1 when it failed.
        """
        signal.signal(signal.SIGTERM, self._stop)
        with self.folder.lock():
            self._tell(pid=os.getpid(), started=time.time())
            try:
                self._fit()
            except Cancelled:
                self._tell(state="cancelled", message="Cancelled; it can be resumed.", eta_seconds=None)
            except Exception as error:
                sentence = str(error) if isinstance(error, WinnowError) else self._unexpected(error)
                print(sentence, flush=True)
                self._tell(state="failed", message=sentence, eta_seconds=None)
                return 1
            else:
                self._tell(state="done", message=self._result, eta_seconds=None, epoch=1, step=1)
        return 0

    def _fit(self) -> None:
        images, splits = with_corrections(
            open_images(self.project / "images"), load_splits(self.project / "splits.npz"), self.folder.path
        )
        images, splits = with_drawn_val(images, splits, self.folder.path)
        stored = self._features()
        self._tell(message="Fitting the head and scoring all images.", eta_seconds=None)
        file, num_classes = self.folder.path / "predictions" / "logits.npy", max(2, len(images.class_names))
        draft_array(file, (len(images.pixels), num_classes), np.float32)
        logits, settings, curated = open_draft(file), head_settings(self.config), self._curated()
        is_taught = can_suggest(curated)
        if is_taught:
            labels = head_labels(curated, num_classes, self.config.unlabeled_weight)
            for ids, part in score_head(stored.values, labels, settings):
                logits[ids] = part
                self._check_cancelled()
        finish_draft(file)
        write_json(self.folder.path / "predictions" / "features.json", {"folder": stored.folder.name})
        calibration = calibrate(logits[splits.val], images.labels[splits.val])
        write_json(self.folder.path / "calibration.json", calibration | {"has_suggestions": is_taught})
        if is_taught and len(splits.val) < LEAST_VAL:
            self._cross_validate(images, stored, curated, settings)
        self._result = "" if is_taught else NO_SUGGESTIONS
        val_accuracy = None
        if len(splits.val):
            val_accuracy = float((logits[splits.val].argmax(axis=1) == images.labels[splits.val]).mean())
            seconds = time.monotonic() - self._begin
            line = {"val_accuracy": val_accuracy, "val_loss": calibration["nll_before"], "seconds": seconds}
            self.folder.append_metrics({"epoch": 1, "step": 1, **line})
            tracker = open_tracker(self.config, self.project, self.folder.id)
            tracker.log({"step": 1, **line})
            tracker.close("done")
        if needs_index(splits.pool):
            ensure_index(self.folder, splits.pool)
        self.status = replace(self.status, best_epoch=1, best_val_accuracy=val_accuracy)

    def _cross_validate(
        self, images: ImageSet, stored: StoredFeatures, curated: CuratedSet, settings: HeadSettings
    ) -> None:
        """Store how often heads of other folds name the labels of single images right."""
        single = np.flatnonzero(curated.sources != LabelSource.BULK)
        if len(single) > MOST_LABELS:
            single = np.sort(np.random.default_rng(settings.seed).choice(single, MOST_LABELS, replace=False))
        known = HeadLabels(
            curated.ids[single], curated.labels[single], curated.weights[single], curated.reject_ids,
            curated.reject_labels, max(2, len(images.class_names)),
        )  # fmt: skip
        groups = load_groups(self.project, images)
        copies = from_codes(exact_duplicates(images.pixels[known.ids]))
        together = copies if groups is None else joined(copies, from_codes(groups.of_image[known.ids]))
        right = cross_validated(stored.values, known, together, settings)
        if right is not None:
            one_each = one_per_group(known.ids, together)  # images of one group are not independent draws
            facts = {"n": len(one_each), "right": int(right[one_each].sum())}
            write_json(self.folder.path / CROSS_VALIDATION, facts)

    def _features(self) -> StoredFeatures:
        return named_features(
            self.config.extractor,
            self.project / "images",
            self.project / "features",
            allow_download=self.config.allow_download,
            on_progress=self._on_progress,
            should_stop=lambda: self._is_stopped or self.folder.is_cancel_requested(),
        )

    def _curated(self) -> CuratedSet:
        curated = self.folder.curated()
        if curated is None:
            raise DataError(f"{self.folder.path} holds no labels: start the run again.")
        return curated

    def _on_progress(self, status: FeatureStatus) -> None:
        self._tell(
            message=f"Computing features: {status.done:,} of {status.total:,} images.",
            eta_seconds=status.eta_seconds,
            images_per_second=status.images_per_second,
        )

    def _check_cancelled(self) -> None:
        if self._is_stopped or self.folder.is_cancel_requested():
            raise Cancelled

    def _tell(self, **news: Any) -> None:
        self.status = replace(self.status, **news, seconds=time.monotonic() - self._begin)
        self.folder.write_status(self.status)

    def _unexpected(self, error: Exception) -> str:
        traceback.print_exc()
        return f"Unexpected error ({type(error).__name__}: {error}). The log has the details."

    def _stop(self, _signal: int, _frame: object) -> None:
        self._is_stopped = True


def main() -> int:
    """Fit the run that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m core.experiments.head_worker")
    parser.add_argument("project", type=Path)
    parser.add_argument("run")
    arguments = parser.parse_args()
    try:
        return HeadWorker(arguments.project, arguments.run).run()
    except WinnowError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
