"""Images are decoded again with another size, value range or fit; everything else of the project stays."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import ConfigError, InputError, Project, RunError, TrainConfig
from core.base.types import RunStatus
from core.data.ingestion.redecoded_images import DRAFT, READY
from core.store.files import read_json
from tests.data.decoders.deep_files import gray_source

PROGRAM = """
import sys
from core import Project
def told(done, total):
    print(done, flush=True)
Project.open(sys.argv[1]).change_reading({"fit": "crop"}, 40, on_progress=told)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """40 images of 16 bits and 30 × 20 pixels in two classes, with values from 30,000 to 31,000."""
    source = gray_source(
        tmp_path / "source", 40, lambda rng, number: rng.integers(30_000, 30_500 + 500 * (number % 2), (20, 30))
    )
    return Project.create(tmp_path / "project", source, image_size=32)


def state(project: Project) -> list[object]:
    """Return what a change of the reading leaves as it is."""
    splits = project.splits
    parts = [getattr(splits, name).tolist() for name in ("labeled", "val", "calibration", "test", "unlabeled")]
    return [project.images.names.tolist(), project.images.labels.tolist(), parts, project.class_names]


def made_so(tmp_path: Path, image_size: int | tuple[int, int], **reading: str) -> Project:
    """Return a new project of the same images that was decoded with other settings from the first."""
    return Project.create(tmp_path / "made-so", tmp_path / "source", image_size=image_size, reading=reading)


def test_pixels_and_features_change_and_everything_else_stays(project: Project, tmp_path: Path) -> None:
    before, fingerprint = state(project), project.fingerprint
    old_features = np.array(project.features("pixels"))
    assert project.reading["width"] == 32
    assert project.change_reading({"value_range": "0:65535", "fit": "crop"}, (24, 48)) == []
    again = Project.open(project.path)
    assert state(again) == before
    assert again.images.pixels.shape == (40, 24, 48, 1)
    assert again.reading == {
        "height": 24,
        "width": 48,
        "value_range": [0.0, 65535.0],
        "fit": "crop",
        "background": "white",
    }
    assert again.fingerprint != fingerprint
    assert abs(int(np.median(np.asarray(again.images.pixels))) - 119) < 4  # 30,500 of 65,535
    fresh = made_so(tmp_path, (24, 48), value_range="0:65535", fit="crop")
    assert again.images.names.tolist() == fresh.images.names.tolist()
    assert np.array_equal(again.images.pixels, fresh.images.pixels)
    assert [record.extractor.name for record in again.stored_features()] == ["pixels"]
    assert np.array_equal(again.features("pixels"), fresh.features("pixels"))
    assert not np.array_equal(again.features("pixels")[:, :8], old_features[:, :8])
    assert not (project.path / "images" / READY).exists()


def test_the_preview_is_what_the_change_gives(project: Project) -> None:
    found = project.preview_reading({"value_range": "30000:30400"}, 20)
    pixels = np.array(project.images.pixels)
    project.change_reading({"value_range": "30000:30400"}, 20)
    assert np.array_equal(found.before, pixels[found.ids])
    assert np.array_equal(found.after, project.images.pixels[found.ids])
    assert found.sheet().shape == (52, 32 * 6, 1)


def test_an_unchanged_reading_gives_the_same_pixels(project: Project) -> None:
    pixels = np.array(project.images.pixels)
    project.change_reading({"fit": "crop"})
    assert not np.array_equal(project.images.pixels, pixels)
    project.change_reading({"fit": "pad"})
    assert np.array_equal(project.images.pixels, pixels)


def test_runs_say_how_their_images_were_decoded(project: Project) -> None:
    first = project.wait_run(project.start_run(TrainConfig(method="head", extractor="pixels")).id, timeout=120)
    logits = np.array(first.folder.logits())
    project.change_reading({}, 16)
    second = project.wait_run(project.start_run(TrainConfig(method="head", extractor="pixels")).id, timeout=120)
    widths = [read_json(project.run(run.id).folder.path / "reading.json")["width"] for run in (first, second)]
    assert widths == [32, 16]
    assert np.array_equal(project.run(first.id).folder.logits(), logits)


def test_images_that_are_added_later_are_decoded_in_the_new_way(project: Project, tmp_path: Path) -> None:
    project.change_reading({"value_range": "0:65535"}, 16)
    Image.fromarray(np.full((20, 20), 30_000, np.uint16)).save(tmp_path / "source" / "a" / "new.png")
    assert project.add_images().count == 1
    assert project.images.pixels.shape == (41, 16, 16, 1)
    assert abs(int(project.images.pixels[40].mean()) - 117) < 2


@pytest.mark.parametrize("is_damaged", [True, False])
def test_files_that_are_not_the_same_change_nothing(project: Project, tmp_path: Path, is_damaged: bool) -> None:
    pixels = np.array(project.images.pixels)
    file = tmp_path / "source" / "a" / "0.png"
    if is_damaged:
        file.write_bytes(file.read_bytes()[:60])
    else:
        Image.fromarray(np.full((20, 30), 30_100, np.uint16)).save(file)
    with pytest.raises(InputError, match="Nothing was changed"):
        project.change_reading({}, 16)
    assert np.array_equal(Project.open(project.path).images.pixels, pixels)
    assert not (project.path / "images" / DRAFT).exists()


def test_missing_files_are_counted_before_anything_is_decoded(project: Project, tmp_path: Path) -> None:
    (tmp_path / "source" / "a" / "0.png").unlink()
    with pytest.raises(InputError, match="1 of 40 images are not there"):
        project.change_reading({}, 16)


def test_settings_that_do_not_fit_are_refused(project: Project) -> None:
    with pytest.raises(ConfigError, match="pages cannot be changed"):
        project.change_reading({"pages": "all"})
    with pytest.raises(InputError, match="out of range"):
        project.preview_reading({}, 4)
    with pytest.raises(ConfigError):
        project.preview_reading({"fit": "stretch"})


def test_a_killed_change_goes_on_and_gives_what_an_unbroken_one_gives(project: Project, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for number in range(400):
        Image.fromarray(rng.integers(30_000, 31_000, (60, 60)).astype(np.uint16)).save(
            tmp_path / "source" / "b" / f"more{number}.png"
        )
    project.add_images()
    before = state(project)
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(project.path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if int(line) > 150:
                break
        os.kill(child.pid, signal.SIGKILL)
    assert (project.path / "images" / DRAFT).exists()
    assert Project.open(project.path).images.pixels.shape[1] == 32
    seen: list[int] = []
    again = Project.open(project.path)
    again.change_reading({"fit": "crop"}, 40, on_progress=lambda done, total: seen.append(done))
    assert seen[0] > 64  # not from the beginning
    assert state(again) == before
    pixels = np.array(again.images.pixels)
    again.change_reading({"fit": "pad"}, 32)
    again.change_reading({"fit": "crop"}, 40)
    assert np.array_equal(again.images.pixels, pixels)


@pytest.mark.parametrize("moved", [(), ("pixels.npy",), ("pixels.npy", "meta.json")])
def test_a_change_that_was_killed_while_it_took_its_place_is_finished_when_the_project_opens(
    project: Project, moved: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_folder: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("core.workspace.project_source.move_into_place", killed)
        with pytest.raises(KeyboardInterrupt):
            project.change_reading({}, 16)
    images = project.path / "images"
    for name in moved:
        os.replace(images / READY / name, images / name)
    again = Project.open(project.path)
    assert again.images.pixels.shape == (40, 16, 16, 1)
    assert again.reading["width"] == 16
    assert not (images / READY).exists()


def test_a_training_that_began_while_images_were_decoded_is_not_given_other_pixels(project: Project) -> None:
    run = project.wait_run(project.start_run(TrainConfig(method="head", extractor="pixels")).id, timeout=120)
    done, pixels, path = run.status, np.array(project.images.pixels), project.path

    def begin(num_done: int, _total: int) -> None:
        if num_done == 20:
            run.folder.write_status(RunStatus("running", pid=os.getpid()))

    with pytest.raises(RunError, match="is being trained on these images"):
        project.change_reading({}, 16, on_progress=begin)
    run.folder.write_status(RunStatus("running", pid=os.getpid()))
    again = Project.open(path)  # which takes nothing into its place
    assert np.array_equal(again.images.pixels, pixels)
    with pytest.raises(RunError):
        again.change_reading({}, 16)
    run.folder.write_status(done)
    seen: list[int] = []
    again.change_reading({}, 16, on_progress=lambda num_done, total: seen.append(num_done))
    assert not seen  # all of them had been decoded
    assert again.images.pixels.shape == (40, 16, 16, 1)


def test_images_that_were_added_meanwhile_are_not_lost(project: Project, tmp_path: Path) -> None:
    stale = Project.open(project.path)
    assert len(stale.images.pixels) == 40
    Image.fromarray(np.full((20, 20), 30_000, np.uint16)).save(tmp_path / "source" / "a" / "new.png")
    assert project.add_images().count == 1
    with pytest.raises(InputError, match="Images were added"):
        stale.change_reading({}, 16)
    assert len(Project.open(project.path).images.pixels) == 41


KILLED = """
import os, signal, sys
from core import Project
from core.workspace import project_source
from core.features.progress import Draft

def killed(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

moment, path = sys.argv[1:]
calls = []
compute, finish = project_source.compute_features, Draft.finish
def counted(*args, **kwargs):
    calls.append(1)
    if moment == "before the second" and len(calls) == 2:
        killed()
    found = compute(*args, **kwargs)
    if moment == "after the first":
        killed()
    return found
project_source.compute_features = counted
if moment == "within the first":
    Draft.finish = killed
Project.open(path).change_reading({}, 16)
"""


@pytest.mark.parametrize("moment", ["within the first", "after the first", "before the second"])
def test_a_change_that_was_killed_while_it_computed_features_is_finished_when_the_project_opens(
    project: Project, tmp_path: Path, moment: str
) -> None:
    for name in ("pixels", "hog"):
        project.features(name)
    child = subprocess.run([sys.executable, "-c", KILLED, moment, str(project.path)], check=False)
    assert child.returncode == -signal.SIGKILL
    assert (project.path / "images" / READY).exists()
    again, fresh = Project.open(project.path), made_so(tmp_path, 16)
    assert not (project.path / "images" / READY).exists()
    folders = sorted(folder.name for folder in (project.path / "features").iterdir())
    assert folders == sorted(record.extractor.key for record in again.stored_features())  # nothing stale beside them
    for name in ("pixels", "hog"):
        assert np.array_equal(again.features(name), fresh.features(name))


def test_the_value_range_is_estimated_again_with_new_images(project: Project, tmp_path: Path) -> None:
    assert project.reading["value_range"] == pytest.approx([30_000, 31_000], abs=10)
    rng = np.random.default_rng(1)
    for number in range(3):  # few among many: they are looked at by themselves
        values = rng.integers(30_000, 32_000, (20, 30)).astype(np.uint16)
        Image.fromarray(values).save(tmp_path / "source" / "a" / f"hot{number}.png")
    project.add_images()
    assert project.preview_reading({"value_range": "estimate"}).info["value_range"][1] == pytest.approx(32_000, abs=20)
    project.change_reading({"value_range": "estimate"})
    again, fresh = Project.open(project.path), made_so(tmp_path, 32)
    assert again.reading["value_range"] == fresh.reading["value_range"]
    order = np.argsort(again.images.names), np.argsort(fresh.images.names)
    assert np.array_equal(np.asarray(again.images.pixels)[order[0]], np.asarray(fresh.images.pixels)[order[1]])
    again.change_reading({"value_range": "0:65535"})
    assert Project.open(project.path).reading["value_range"] == [0.0, 65535.0]


def test_eight_bit_images_have_no_value_range_to_estimate(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / "source" / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        Image.new("L", (20, 20), 40 * number).save(tmp_path / "source" / "ab"[number % 2] / f"{number}.png")
    project = Project.create(tmp_path / "project", tmp_path / "source")
    with pytest.raises(InputError, match="more than 8 bits"):
        project.change_reading({"value_range": "estimate"})
