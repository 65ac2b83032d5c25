"""The small data set on disk: images, splits and a queued run."""

from pathlib import Path

from core.base.config import TrainConfig
from core.base.types import RunRecord
from core.data.image_store import write_images
from core.data.splits import save_splits
from core.store.run_folder import RunFolder
from tests.training.separable import make_curated, make_images, make_splits

TINY = TrainConfig(
    model="mlp", epochs=4, batch_size=8, unlabeled_ratio=2, ramp="none", profile="none", precision="fp32", device="cpu",
    checkpoint_epochs=2, learning_rate=0.05, ema_decay=0.5,
)  # fmt: skip


def make_project(folder: Path) -> Path:
    """Write images and splits, which are all that the worker reads of a project."""
    folder.mkdir()
    write_images(make_images(), folder / "images")
    save_splits(make_splits(), folder / "splits.npz")
    return folder


def make_run(project: Path, config: TrainConfig, name: str = "001-run", parent: str | None = None) -> RunFolder:
    """Write a queued run with the small data set's curated set."""
    record = RunRecord(1, name, config, parent, "digest", "fingerprint", "2026-01-01T00:00:00+00:00", {})
    folder = RunFolder.create(project / "runs", record)
    folder.save_curated(make_curated(make_images(), make_splits()), {})
    return folder
