"""Run folders round-trip, and a damaged run does not spoil the others."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.base.errors import DataError, RunError
from core.base.types import CuratedSet, Decision, RunRecord
from core.store.files import save_array, write_json
from core.store.run_folder import RunFolder, list_runs, next_run_id

# --- record ---------------------------------------------------------------------------------------------------------


def test_record_comes_back_as_written_and_the_run_is_queued(run: RunFolder, runs: Path, record: RunRecord) -> None:
    found = RunFolder(runs / run.id)
    assert found.record() == record
    assert (found.status().state, found.status().epochs) == ("queued", 7)
    assert run.id == record.run_id


def test_run_is_never_made_over_another(run: RunFolder, runs: Path, record: RunRecord) -> None:
    run.append_metrics({"epoch": 1})
    with pytest.raises(RunError, match="There is already a run called 001"):
        RunFolder.create(runs, replace(record, parent="other"))
    assert run.record().parent == "000"
    assert run.metrics() == [{"epoch": 1}]
    assert os.listdir(runs) == [run.id]


def test_run_that_cannot_be_written_leaves_no_folder(
    runs: Path, monkeypatch: pytest.MonkeyPatch, record: RunRecord
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.store.files.os.fsync", full)
    with pytest.raises(DataError, match="No space left on device"):
        RunFolder.create(runs, record)
    assert os.listdir(runs) == []


def test_record_of_a_newer_version_asks_for_an_update(run: RunFolder) -> None:
    facts = json.loads((run.path / "run.json").read_text())
    write_json(run.path / "run.json", {**facts, "format": 2, "unheard": "of"})
    with pytest.raises(DataError, match=r"run\.json was written by a newer version of Winnow: update Winnow"):
        run.record()


@pytest.mark.parametrize(
    "change",
    [{"format": "one"}, {"format": None}, {"unheard": 1}, {"config": {"epochs": -1}}, {"config": {"unheard": 1}}],
)
def test_record_that_makes_no_sense_is_named_in_the_error(run: RunFolder, change: dict[str, Any]) -> None:
    facts = json.loads((run.path / "run.json").read_text())
    write_json(run.path / "run.json", {**facts, **change})
    with pytest.raises(DataError, match=r"run\.json cannot be read"):
        run.record()


def test_a_record_with_half_a_character_in_a_key_is_said_in_a_sentence(run: RunFolder) -> None:
    text = (run.path / "run.json").read_text()
    (run.path / "run.json").write_text(text.replace('"format"', '"\\ud800": 1, "format"', 1))
    with pytest.raises(DataError, match=r"run\.json cannot be read"):
        run.record()


# --- list -----------------------------------------------------------------------------------------------------------


def test_runs_are_listed_by_name_without_other_folders(runs: Path, record: RunRecord) -> None:
    assert list_runs(runs) == []
    for name in ("010-b", "002-a"):
        RunFolder.create(runs, replace(record, run_id=name))
    (runs / "notes").mkdir()
    (runs / ".new-left-over").mkdir()
    (runs / ".new-left-over" / "run.json").write_text("{}")
    (runs / "readme.txt").write_text("hello")
    assert [run.id for run in list_runs(runs)] == ["002-a", "010-b"]


@pytest.mark.parametrize("content", [None, b"", b'{"format": 1, "run_'])
@pytest.mark.parametrize("name", ["run.json", "status.json"])
def test_damaged_run_is_listed_and_names_its_file_and_the_others_stay_usable(
    runs: Path, name: str, content: bytes | None, record: RunRecord
) -> None:
    broken, good = (RunFolder.create(runs, replace(record, run_id=name)) for name in ("001-a", "002-b"))
    (broken.path / name).unlink()
    if content is not None:
        (broken.path / name).write_bytes(content)
    first, second = list_runs(runs)
    with pytest.raises(DataError, match=f"001-a/{name} cannot be read .*restore it from a backup, or make it again"):
        (first.record(), first.status())
    assert second.record().run_id == good.id
    assert second.status().state == "queued"


def test_next_id_follows_the_highest_number_ever_taken(runs: Path, record: RunRecord) -> None:
    assert next_run_id(runs, record.config) == "001-self_training-small_cnn"
    RunFolder.create(runs, replace(record, run_id="007-x"))
    (runs / "notes").mkdir()
    assert next_run_id(runs, record.config) == "008-self_training-small_cnn"


# --- metrics and log ------------------------------------------------------------------------------------------------


def test_metrics_come_back_line_by_line(run: RunFolder) -> None:
    assert run.metrics() == []
    lines = [{"epoch": number, "loss": number / 3, "val_loss": None} for number in range(3)]
    for line in lines:
        run.append_metrics(line)
    assert run.metrics() == lines


@pytest.mark.parametrize("torn", [b'{"epoch": 2, "lo', b'{"epoch": 2, "note": "\xc3'])
def test_torn_last_line_of_metrics_is_left_out(run: RunFolder, torn: bytes) -> None:
    run.append_metrics({"step": 1})
    with run.metrics_path.open("ab") as file:
        file.write(torn)
    assert run.metrics() == [{"step": 1}]
    run.truncate_metrics(1)
    run.append_metrics({"step": 2})
    assert run.metrics() == [{"step": 1}, {"step": 2}]


def test_damaged_line_within_metrics_is_named_in_the_error(run: RunFolder) -> None:
    run.metrics_path.write_text('{"epoch": 1}\n{"epo\n{"epoch": 3}\n')
    with pytest.raises(DataError, match=r"metrics\.jsonl cannot be read \(line 2 is no JSON object\)"):
        run.metrics()


def test_resumed_run_keeps_the_lines_up_to_its_checkpoint(run: RunFolder) -> None:
    for step in (3, 6, 9, 12):
        run.append_metrics({"step": step})
        run.append_batch({"step": step - 1})
        run.append_batch({"step": step})
    run.truncate_metrics(7)
    assert run.metrics() == [{"step": 3}, {"step": 6}]
    assert run.batches() == [{"step": 2}, {"step": 3}, {"step": 5}, {"step": 6}]


def test_a_run_that_begins_anew_forgets_the_lines_of_before(run: RunFolder) -> None:
    run.append_metrics({"step": 1})
    run.append_batch({"step": 1})
    run.truncate_metrics(0)
    assert run.metrics() == run.batches() == []


def test_tail_of_the_log_is_its_last_lines(run: RunFolder) -> None:
    assert run.log_tail() == ""
    run.log_path.write_bytes(b"".join(b"line %d \xff\n" % number for number in range(5000)))
    assert run.log_tail(2) == "line 4998 \ufffd\nline 4999 \ufffd"


# --- arrays ---------------------------------------------------------------------------------------------------------


def test_predictions_come_back_row_by_image(run: RunFolder) -> None:
    logits, features = np.eye(3, dtype=np.float32), np.ones((3, 2), dtype=np.float16)
    save_array(run.path / "predictions" / "logits.npy", logits)
    save_array(run.path / "predictions" / "features.npy", features)
    np.testing.assert_array_equal(run.logits(), logits)
    np.testing.assert_array_equal(run.features(), features)


def test_missing_and_truncated_logits_are_named_in_the_error(run: RunFolder) -> None:
    file = run.path / "predictions" / "logits.npy"
    with pytest.raises(DataError, match=r"logits\.npy cannot be read \(it is missing\)"):
        run.logits()
    save_array(file, np.zeros((100, 10), dtype=np.float32))
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"logits\.npy cannot be read"):
        run.logits()


def test_temperature_is_one_until_it_is_fitted(run: RunFolder) -> None:
    assert (run.temperature(), run.calibration()) == (1.0, {})
    write_json(run.path / "calibration.json", {"temperature": 1.75, "n": 300})
    assert run.temperature() == 1.75
    assert run.calibration()["n"] == 300


@pytest.mark.parametrize("value", [0, -1, "1.5", None, True, [1]])
def test_temperature_that_is_no_number_above_zero_names_its_file(run: RunFolder, value: Any) -> None:
    write_json(run.path / "calibration.json", {"temperature": value})
    with pytest.raises(DataError, match=r"calibration\.json cannot be read .*temperature"):
        run.temperature()


def test_curated_set_comes_back_with_every_column_and_the_decisions_it_names(run: RunFolder) -> None:
    assert run.curated() is None
    ids = np.array([1, 4, 9])
    curated = CuratedSet(
        ids, np.array([0, 1, 1]), np.array([1, 1, 0.5], dtype=np.float32), np.array([0, 1, 3], dtype=np.int8),
        np.array([0, 5, 6]), np.array([11]), np.array([2]), "abc",
    )  # fmt: skip
    decision = Decision(5, "c", "2026", "me", "001", "accept", 4, 1, 1, 0.5, {"p": 0.1}, 1, None, None)
    run.save_curated(curated, {5: decision})
    found = run.curated()
    assert found is not None
    assert found.digest == "abc"
    for name in vars(curated).keys() - {"digest"}:
        np.testing.assert_array_equal(getattr(found, name), getattr(curated, name))
        assert getattr(found, name).dtype == getattr(curated, name).dtype
    stored = json.loads((run.path / "curated_decisions.json").read_text())
    assert Decision(**stored["5"]) == decision


def test_truncated_curated_set_is_named_in_the_error(run: RunFolder) -> None:
    (run.path / "curated.npz").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(DataError, match=r"curated\.npz cannot be read"):
        run.curated()
