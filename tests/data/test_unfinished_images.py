"""An ingest that is killed goes on from the last image that it wrote, and ends with the same bytes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import InputError, Project
from core.data.ingestion import ingest, ingest_workers, unfinished_images
from core.data.ingestion.ingest import ingest_images
from core.data.ingestion.npy_writer import NpyWriter
from core.data.ingestion.unfinished_images import JOURNAL
from core.data.sources.folder_layout import scan_folder
from core.store.file_lock import try_lock

NUM = 300
_KILLED = """
import os, signal, sys
from core.workspace.creation import create_project
def progress(done, total):
    if done == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
create_project(__import__("pathlib").Path(sys.argv[1]), sys.argv[2], name=None, split=None, image_size=16, root=None,
               progress=progress)
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rng = tmp_path_factory.mktemp("many") / "in", np.random.default_rng(0)
    for number in range(NUM):
        file = folder / f"class{number % 3}" / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(file)
    (folder / "class1" / "100.png").write_bytes(b"\x89PNG\r\n\x1a\n cut short")
    return folder


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the number of images which each ingest decodes."""
    counts: list[int] = []
    original: Callable[..., object] = ingest_workers.pixels_of

    def counted(files: object, positions: list[int], *rest: object) -> object:
        counts.append(len(positions))
        return original(files, positions, *rest)

    monkeypatch.setattr(ingest, "pixels_of", counted)
    return counts


def arrays(project: Path) -> dict[str, bytes]:
    files = (*(project / "images").iterdir(), project / "splits.npz", project / "left_out.csv")
    found = {str(path.relative_to(project)): path.read_bytes() for path in files}
    with np.load(project / "splits.npz") as splits:  # a zip archive holds the time of its making
        found["splits.npz"] = b"".join(splits[name].tobytes() for name in splits.files)
    return found


def killed_at(place: int, project: Path, source: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED, str(project), str(source), str(place)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not project.exists()


def test_a_killed_creation_goes_on_where_it_was_and_ends_with_the_same_bytes(
    source: Path, tmp_path: Path, decoded: list[int]
) -> None:
    killed_at(200, tmp_path / "killed", source)
    Project.create(tmp_path / "killed", source, image_size=16)
    Project.create(tmp_path / "whole", source, image_size=16)
    assert decoded[0] <= NUM - 200 + unfinished_images._LINES, "what was written is not decoded again"
    assert decoded[1] == NUM - 1, "one file has no header"
    assert arrays(tmp_path / "killed") == arrays(tmp_path / "whole")
    assert not list(tmp_path.glob(".*")), "nothing is left behind"


def test_another_size_or_a_changed_file_begins_anew(source: Path, tmp_path: Path, decoded: list[int]) -> None:
    killed_at(200, tmp_path / "killed", source)
    Project.create(tmp_path / "killed", source, image_size=24)
    assert decoded == [NUM - 1]
    file = source / "class0" / "0.png"
    killed_at(200, tmp_path / "changed", source)
    os.utime(file, ns=(1, 1))
    Project.create(tmp_path / "changed", source, image_size=16)
    assert decoded == [NUM - 1, NUM - 1]


@pytest.mark.parametrize("rows", [0, 10, 70])
def test_a_journal_that_knows_more_rows_than_the_disk_kept_is_cut(
    source: Path, tmp_path: Path, rows: int, decoded: list[int]
) -> None:
    killed_at(200, tmp_path / "project", source)
    draft = tmp_path / ".project-unfinished" / ".images-unfinished"
    with NpyWriter(tmp_path / "empty.npy", (16, 16, 3)):
        pass
    header = (tmp_path / "empty.npy").stat().st_size
    os.truncate(draft / "pixels.npy", header + rows * 16 * 16 * 3 + 5)
    with (draft / JOURNAL).open("a", encoding="utf-8") as journal:
        journal.write('{"digest": "ab')
    Project.create(tmp_path / "project", source, image_size=16)
    expected = ingest_images(scan_folder(source), tmp_path / "expected", image_size=16)
    np.testing.assert_array_equal(np.load(tmp_path / "project/images/pixels.npy"), expected.pixels)
    assert decoded[0] == NUM - 1 - rows


def test_two_processes_do_not_make_one_project(source: Path, tmp_path: Path) -> None:
    import fcntl

    (tmp_path / ".project-unfinished").mkdir()
    with (tmp_path / ".project-unfinished" / ".lock").open("a") as lock:
        assert try_lock(lock, fcntl.LOCK_EX, seconds=0)
        with pytest.raises(InputError, match="Another process is making a project"):
            Project.create(tmp_path / "project", source)
    Project.create(tmp_path / "project", source, image_size=16)
