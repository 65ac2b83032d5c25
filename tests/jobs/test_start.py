"""Runs and data sets start in other processes."""

import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import InputError
from core.data.image_store import open_images
from core.features import feature_process
from core.features.extractors import Extractor
from core.jobs import start, worker_process
from core.store.run_folder import RunFolder
from tests.training.small_datasets import TINY, make_project, make_run


def wait(folder: RunFolder, seconds: float = 90) -> str:
    end = time.monotonic() + seconds
    while folder.status().state in ("queued", "running") and time.monotonic() < end:
        time.sleep(0.1)
    return folder.status().state


def write_idx(root: Path, num_train: int = 6, num_test: int = 4) -> None:
    """Write the four files of MNIST, unpacked, as idx."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part, num in (("train", num_train), ("t10k", num_test)):
        pixels = np.arange(num * 28 * 28) % 251
        images = struct.pack(">IIII", 0x803, num, 28, 28) + pixels.astype(np.uint8).tobytes()
        labels = struct.pack(">II", 0x801, num) + bytes(n % 10 for n in range(num))
        (raw / f"{part}-images-idx3-ubyte").write_bytes(images)
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(labels)


def test_a_run_outlives_the_process_that_started_it_and_fills_its_log(tmp_path: Path) -> None:
    project = make_project(tmp_path / "tiny")
    folder = make_run(project, TINY)
    call = f"start.start(Path({str(project)!r}), {folder.id!r})"
    asking = f"from pathlib import Path; from core.jobs import start; print({call})"
    parent = subprocess.Popen([sys.executable, "-c", asking], stdout=subprocess.PIPE, text=True)
    said, _ = parent.communicate(timeout=60)
    pid = int(said)
    assert folder.status().state in ("queued", "running")  # the parent is gone, and the run was not waited for
    assert os.getsid(pid) == pid  # a session of its own: no signal of the parent's terminal reaches it
    assert wait(folder) == "done"
    assert folder.status().pid == pid
    assert folder.id in folder.log_tail()
    assert folder.logits().shape == (150, 3)


def test_starting_answers_at_once_and_forgets_an_old_cancel_request(tmp_path: Path) -> None:
    project = make_project(tmp_path / "tiny")
    folder = make_run(project, TINY)
    folder.request_cancel()
    begin = time.monotonic()
    start.start(project, folder.id)
    assert time.monotonic() - begin < 2
    assert wait(folder) == "done"


def test_a_worker_that_cannot_start_is_told_in_the_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project(tmp_path / "tiny")
    folder = make_run(project, TINY)
    monkeypatch.setattr(start, "_WAIT", [sys.executable, "-c", "import sys; sys.exit('the wheel is missing')"])
    start.start(project, folder.id)
    assert wait(folder, 20) == "failed"
    assert "the wheel is missing" in folder.status().message


def test_a_data_set_that_is_not_to_be_had_says_what_to_put_where(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.write_text("a file, so that nothing can be put into it, network or not")
    with pytest.raises(
        InputError, match=r"mnist is not in .*root, whole.*Put MNIST/raw with the four idx files"
    ) as caught:
        start.load_dataset("mnist", root, tmp_path / "out")
    assert "Traceback" not in str(caught.value)


def test_local_idx_files_become_an_image_folder(tmp_path: Path) -> None:
    write_idx(tmp_path / "root")
    start.load_dataset("mnist", tmp_path / "root", tmp_path / "out")
    images = open_images(tmp_path / "out")
    expected = (np.arange(6 * 784) % 251).reshape(6, 28, 28, 1)
    np.testing.assert_array_equal(images.pixels[:6], expected)
    assert images.labels.tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 2, 3]
    assert images.official_test.tolist() == [6, 7, 8, 9]
    assert images.names[[0, 6]].tolist() == ["train/0", "test/0"]
    assert images.class_names == tuple("0123456789")


def test_a_second_run_waits_its_turn_says_so_and_can_be_cancelled(tmp_path: Path) -> None:
    project = make_project(tmp_path / "tiny")
    long = TINY.model_copy(update={"epochs": 1_000_000})
    first, second, third = (make_run(project, config, f"00{n}-run") for n, config in ((1, long), (2, TINY), (3, TINY)))
    start.start(project, first.id)
    until(lambda: first.status().state == "running")
    for waiting in (second, third):
        start.start(project, waiting.id)
        until(lambda waiting=waiting: "is training there" in waiting.status().message)  # type: ignore[misc]
    assert second.status().state == "queued"
    assert "Waiting for cpu: 001-run is training there." in second.status().message
    third.request_cancel()
    until(lambda: third.status().state == "cancelled")
    first.request_cancel()
    assert wait(second) == "done"
    assert first.status().state == "cancelled"
    start.start(project, third.id, is_resume=True)
    assert wait(third) == "done"


def until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def set_policy(monkeypatch: pytest.MonkeyPatch, given: str | None) -> None:
    if given is None:
        monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    else:
        monkeypatch.setenv("OMP_WAIT_POLICY", given)


@pytest.mark.parametrize(("given", "expected"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_a_workers_threads_sleep_while_they_wait_unless_the_variable_is_set(
    given: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_policy(monkeypatch, given)
    folder = make_run(make_project(tmp_path / "tiny"), TINY)
    asking = [sys.executable, "-c", "import os; print(os.environ['OMP_WAIT_POLICY'])"]
    monkeypatch.setattr(start, "_WAIT", asking)
    start.start(tmp_path / "tiny", folder.id)
    monkeypatch.setattr(start, "module_command", lambda *_: asking)
    start.start_worker("any", tmp_path / "tiny", "1", tmp_path / "other.log")
    end = time.monotonic() + 60
    while not (folder.log_path.exists() and folder.log_tail() and (tmp_path / "other.log").read_text()):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert folder.log_tail().strip() == (tmp_path / "other.log").read_text().strip() == expected


@pytest.mark.parametrize(("given", "expected"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_of_processes_that_answer_requests_sleep_as_well(
    given: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_policy(monkeypatch, given)
    answering = "import json, os; input(); print(json.dumps({'policy': os.environ['OMP_WAIT_POLICY']}))"
    monkeypatch.setattr(worker_process, "module_command", lambda *_: [sys.executable, "-c", answering])
    assert worker_process.WorkerProcess("is tested", "any").ask({}) == {"policy": expected}
    telling = "import os; input(); print(os.environ['OMP_WAIT_POLICY'] + ' ' + os.environ['OMP_NUM_THREADS'])"
    monkeypatch.setattr(feature_process, "module_command", lambda *_: [sys.executable, "-c", telling])
    with feature_process.FeatureProcess(Extractor("pixels", "1"), tmp_path, 2) as process:
        out, _ = process._process.communicate(b"\n", timeout=60)
    assert out.decode().split() == [expected, "2"]
