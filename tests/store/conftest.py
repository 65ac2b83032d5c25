"""Fixtures of the store tests: one run folder and its record."""

from pathlib import Path

import pytest

from core.base.config import TrainConfig
from core.base.types import RunRecord
from core.store.run_folder import RunFolder


@pytest.fixture
def record() -> RunRecord:
    """Return a record with a value in every field."""
    config = TrainConfig(method="self_training", epochs=7, learning_rate=0.01)
    created, versions = "2026-01-01T00:00:00+00:00", {"numpy": "2"}
    return RunRecord(
        1, "001-self_training-small_cnn", config, "000", "digest", "print", created, versions, {"given": 3}
    )


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Return the folder of all runs, not yet made."""
    return tmp_path / "runs"


@pytest.fixture
def run(runs: Path, record: RunRecord) -> RunFolder:
    """Return one queued run."""
    return RunFolder.create(runs, record)
