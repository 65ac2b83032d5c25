"""A run's model goes out with its architecture, settings and temperature."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from core.base.config import TrainConfig
from core.base.errors import DataError, RunError
from core.base.types import RunRecord
from core.export.export import write_labels
from core.export.runs.run_files import export_model
from core.store.files import write_json
from core.store.run_folder import RunFolder
from tests.export.label_tables import small_table


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    record = RunRecord(1, "001-a", TrainConfig(epochs=3), None, None, "print", "2026", {})
    folder = RunFolder.create(tmp_path / "runs", record)
    save_file({"weight": np.ones((2, 2), dtype=np.float32)}, folder.model_path)
    write_json(folder.path / "model.json", {"model": "mlp", "num_classes": 2})
    write_json(folder.path / "calibration.json", {"temperature": 1.5})
    return folder


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_exported_model_has_weights_architecture_settings_and_temperature(run: RunFolder, tmp_path: Path) -> None:
    file = export_model(run, tmp_path / "out")
    np.testing.assert_array_equal(load_file(file)["weight"], np.ones((2, 2)))
    facts = json.loads((tmp_path / "out" / "run.json").read_text())
    assert (facts["config"]["epochs"], facts["temperature"]) == (3, 1.5)
    assert json.loads((tmp_path / "out" / "model.json").read_text())["model"] == "mlp"
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert {name: manifest[name] for name in ("winnow", "run", "fingerprint")} == {
        "winnow": "model", "run": "001-a", "fingerprint": "print",
    }  # fmt: skip


def test_run_without_a_model_cannot_be_exported(run: RunFolder, tmp_path: Path) -> None:
    run.model_path.unlink()
    with pytest.raises(RunError, match="001-a has no trained model yet: wait until it is done"):
        export_model(run, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_model_and_labels_replace_each_other(run: RunFolder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_labels("folder_per_class", small_table(), out)
    export_model(run, out)
    assert files_in(out) == {"model.safetensors", "model.json", "run.json", "manifest.json"}
    write_labels("parquet", small_table(), out)
    assert files_in(out) == {"labels.parquet", "manifest.json"}


def test_model_whose_architecture_is_missing_is_said_in_a_sentence(run: RunFolder, tmp_path: Path) -> None:
    (run.path / "model.json").unlink()
    with pytest.raises(DataError, match=r"001-a/model\.json cannot be read \(it is missing\)"):
        export_model(run, tmp_path / "out")
    assert not (tmp_path / "out").exists()
