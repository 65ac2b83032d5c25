"""Stored once: resumed to the same bits, parallel as serial, appended as whole, cancelled, told."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import Cancelled, DataError, InputError, RunError
from core.data.image_store import open_images
from core.features import feature_process
from core.features.compute import compute_features, request_cancel, start_compute
from core.features.extractors import Extractor, handcrafted
from core.features.onnx_backbones import onnx_extractor
from core.features.progress import CHUNK, locked
from core.features.store import FeatureStatus, feature_status, open_features, read_record
from tests.features.conftest import MakeImages, MakeNetwork

HOG = handcrafted("hog")
NUM = 4 * CHUNK + 50
KILLED = """
import os, signal, sys
from pathlib import Path
from core.features.compute import compute_features
from core.features.extractors import handcrafted
from core.features import progress

seen, before = [], os.pwrite

def pwrite(*arguments):  # the numbers of the third chunk are written, its byte is not
    seen.append(1)
    if len(seen) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return before(*arguments)

progress.os.pwrite, progress.SYNC_SECONDS = pwrite, 0
compute_features(handcrafted("hog"), Path(sys.argv[1]), Path(sys.argv[2]), workers=int(sys.argv[3]))
"""


@pytest.fixture
def images(make_images: MakeImages) -> Path:
    return make_images("images", NUM)


def whole(images: Path, root: Path) -> np.ndarray:
    """Features computed in one go in this process."""
    return np.asarray(compute_features(HOG, images, root, workers=1).values)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_computation_is_gone_on_with_to_the_same_bits(images: Path, tmp_path: Path, workers: int) -> None:
    root = tmp_path / "features"
    command = [sys.executable, "-c", KILLED, str(images), str(root), str(workers)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert (root / HOG.key / "chunks").read_bytes().count(b"\1") == 2
    status = feature_status(root / HOG.key)
    assert status is not None
    assert status.state == "lost"
    with pytest.raises(DataError):
        open_features(root / HOG.key, open_images(images))
    seen: list[FeatureStatus] = []
    found = compute_features(HOG, images, root, workers=workers, on_progress=seen.append)
    assert seen[0].done >= 2 * CHUNK
    assert np.array_equal(found.values, whole(images, tmp_path / "whole"))
    left = {path.name for path in (root / HOG.key).iterdir()}
    assert left == {"features.npy", "record.json", "status.json", "lock"}


def test_two_processes_give_what_one_gives(images: Path, tmp_path: Path) -> None:
    found = compute_features(HOG, images, tmp_path / "parallel", workers=2)
    assert np.array_equal(found.values, whole(images, tmp_path / "serial"))


def test_features_of_added_images_are_appended_and_equal_the_whole(make_images: MakeImages, tmp_path: Path) -> None:
    few, many, root = make_images("few", CHUNK + 30), make_images("many", NUM), tmp_path / "features"
    before = np.array(whole(few, root))
    with pytest.raises(DataError, match=f"lacks the features of {NUM - CHUNK - 30} images"):
        open_features(root / HOG.key, open_images(many))
    assert len(open_features(root / HOG.key, open_images(many), allow_fewer=True).values) == CHUNK + 30
    seen: list[FeatureStatus] = []
    after = compute_features(HOG, many, root, workers=1, on_progress=seen.append)
    assert seen[0].done == CHUNK + 30
    assert np.array_equal(after.values[: CHUNK + 30], before)
    assert np.array_equal(after.values, whole(many, tmp_path / "whole"))


def test_features_that_are_there_are_not_computed_again(images: Path, tmp_path: Path) -> None:
    whole(images, tmp_path / "features")
    seen: list[FeatureStatus] = []
    compute_features(HOG, images, tmp_path / "features", on_progress=seen.append)
    assert seen == []


def test_progress_says_images_a_second_and_time_left(images: Path, tmp_path: Path) -> None:
    seen: list[FeatureStatus] = []
    compute_features(HOG, images, tmp_path, workers=1, on_progress=seen.append)
    assert [status.done for status in seen] == [0, *range(CHUNK, NUM, CHUNK), NUM, NUM]
    assert all(status.images_per_second > 0 and status.eta_seconds is not None for status in seen[1:])
    last = feature_status(tmp_path / HOG.key)
    assert last is not None
    assert (last.state, last.done, last.total, last.eta_seconds) == ("done", NUM, NUM, 0.0)
    record = read_record(tmp_path / HOG.key)
    assert (record.num_images, record.num_features, record.extractor) == (NUM, 36 * 36 + 196, HOG)


def test_a_cancelled_computation_keeps_what_it_has(images: Path, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        compute_features(HOG, images, tmp_path, workers=2, should_stop=lambda: True)
    status = feature_status(tmp_path / HOG.key)
    assert status is not None
    assert (status.state, status.done) == ("cancelled", min(status.done, NUM))
    assert status.done >= 50
    assert (tmp_path / HOG.key / "chunks").read_bytes().count(b"\1") >= 1
    assert np.array_equal(compute_features(HOG, images, tmp_path).values, whole(images, tmp_path / "whole"))


def test_a_damaged_draft_is_begun_anew(images: Path, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        compute_features(HOG, images, tmp_path, should_stop=lambda: True)
    (tmp_path / HOG.key / ".features.npy-draft").write_bytes(b"nothing")
    assert np.array_equal(compute_features(HOG, images, tmp_path).values, whole(images, tmp_path / "whole"))


def test_an_append_that_died_before_its_record_is_read_as_before(make_images: MakeImages, tmp_path: Path) -> None:
    few, many, root = make_images("few", 100), make_images("many", 300), tmp_path / "features"
    whole(few, root)
    record = (root / HOG.key / "record.json").read_bytes()
    whole(many, root)
    (root / HOG.key / "record.json").write_bytes(record)
    assert len(open_features(root / HOG.key, open_images(few)).values) == 100
    assert np.array_equal(whole(many, root), whole(many, tmp_path / "whole"))


def test_a_process_of_its_own_computes_and_can_be_cancelled(images: Path, tmp_path: Path) -> None:
    root, folder = tmp_path / "features", tmp_path / "features" / HOG.key
    folder.mkdir(parents=True)
    process = start_compute(HOG, images, root)
    request_cancel(folder)
    deadline = time.monotonic() + 60
    while (status := feature_status(folder)) is None or status.state == "running":
        assert time.monotonic() < deadline, (folder / "log.txt").read_text()
        time.sleep(0.05)
    assert status.state in ("cancelled", "done")
    assert status.pid == process
    while Path(f"/proc/{process}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert np.array_equal(compute_features(HOG, images, root).values, whole(images, tmp_path / "whole"))


def test_two_computations_of_the_same_features_do_not_meet(images: Path, tmp_path: Path) -> None:
    with locked(tmp_path / HOG.key), pytest.raises(RunError, match="already being computed"):
        compute_features(HOG, images, tmp_path)


def test_a_worker_that_dies_is_told_and_the_rest_is_kept(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = feature_process.FeatureProcess.compute

    def dying(self: feature_process.FeatureProcess, start: int, stop: int) -> np.ndarray:
        if start == 2 * CHUNK:
            self._process.kill()
        return before(self, start, stop)

    monkeypatch.setattr(feature_process.FeatureProcess, "compute", dying)
    with pytest.raises(RunError, match="is gone"):
        compute_features(HOG, images, tmp_path, workers=2)
    monkeypatch.undo()
    status = feature_status(tmp_path / HOG.key)
    assert status is not None
    assert status.state == "failed"
    assert np.array_equal(compute_features(HOG, images, tmp_path).values, whole(images, tmp_path / "whole"))


@pytest.mark.parametrize("workers", [1, 2])
def test_weights_that_hold_nan_are_refused(
    make_network: MakeNetwork, images: Path, tmp_path: Path, workers: int
) -> None:
    facts = {"input": '{"side": 12, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}', "name": "net"}
    extractor = onnx_extractor(make_network(damaged=True, metadata=facts))
    with pytest.raises(InputError, match="net gives features that are not numbers"):
        compute_features(extractor, images, tmp_path / "features", workers=workers)
    status = feature_status(tmp_path / "features" / extractor.key)
    assert status is not None
    assert "NaN" in status.message


def test_a_network_in_two_processes_gives_what_one_gives_and_appends(
    make_network: MakeNetwork, make_images: MakeImages, tmp_path: Path
) -> None:
    facts = {"input": '{"side": 16, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}'}
    extractor = onnx_extractor(make_network(metadata=facts))
    few, many = make_images("few", 300, channels=3), make_images("many", 700, channels=3)
    serial = compute_features(extractor, many, tmp_path / "serial", workers=1)
    assert np.array_equal(compute_features(extractor, many, tmp_path / "parallel", workers=2).values, serial.values)
    compute_features(extractor, few, tmp_path / "appended", workers=1)
    assert np.array_equal(compute_features(extractor, many, tmp_path / "appended").values, serial.values)


def test_an_extractor_is_read_back_from_its_facts_and_its_key_tells_versions_apart() -> None:
    assert Extractor.from_facts(HOG.facts()) == HOG
    assert Extractor("hog", "2").key != HOG.key
    with pytest.raises(InputError, match="no description"):
        Extractor.from_facts({"name": "hog"})


def test_a_worker_ends_quietly_when_the_process_that_asked_is_gone(images: Path) -> None:
    facts = {"extractor": HOG.facts(), "images": str(images), "threads": 1, "device": "cpu"}
    command = [sys.executable, "-m", "core.features.feature_process", json.dumps(facts)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
        process.stdout.close()
        process.stdin.write(b"0 256\n0 256\n")
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 1
