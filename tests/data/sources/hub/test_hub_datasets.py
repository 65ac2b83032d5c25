"""Data sets of the Hugging Face hub arrive by name, with classes, splits, columns, revision and licence."""

import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import huggingface_hub.constants as hub_constants
import pytest

from core import Project
from core.base.errors import InputError
from core.data.sources.hub import hub_download
from tests.cli.shell import typed
from tests.data.sources.hub.conftest import CARD, CLASSES, write_parquet
from tests.data.sources.hub.fake_hub import FakeHub

NAME = "hf:plants/beans"


def test_looking_up_tells_all_and_downloads_nothing(hub: FakeHub, beans: str, tmp_path: Path) -> None:
    found = Project.hub_dataset(NAME)
    assert (found.name, found.revision, found.licence, found.config) == ("plants/beans", beans, "mit", "default")
    assert found.told.class_names == {"label": CLASSES}
    assert found.told.num_examples == {"train": 24, "validation": 8}
    assert found.num_missing_bytes == found.num_bytes == sum(p.stat().st_size for p in files(tmp_path / "beans"))
    assert found.folder is None
    assert not hub.sent


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_dry_run_says_what_the_hub_says_and_downloads_nothing(
    hub: FakeHub, beans: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = typed(capsys, "new", tmp_path / "p", "--source", NAME, "--dry-run")
    assert (code, err) == (0, "")
    assert f"hf:plants/beans@{beans}" in out
    assert "licence mit" in out
    assert "24  images in train" in out
    assert "2 classes in label: healthy, rust" in out
    assert "nothing was downloaded" in out
    assert not hub.sent
    assert not (tmp_path / "p").exists()


def test_a_project_has_classes_splits_columns_and_says_where_it_came_from(
    hub: FakeHub, beans: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = typed(capsys, "new", tmp_path / "p", "--source", NAME)
    assert code == 0, err
    first = err.splitlines()[0]
    assert first.startswith(f"{NAME}: ")
    assert "kB in 3 files are downloaded into" in first
    assert f"Hugging Face hub: plants/beans, revision {beans[:12]}, licence mit." in out
    project = Project.open(tmp_path / "p")
    assert project.class_names == CLASSES
    assert len(project.images.labels) == 32
    assert len(project.splits.val) == 8
    assert project.metadata.names == ("leaf",)
    assert project.images.pixels[5, 8, 8].tolist() == [15, 15, 15]
    info = tomllib.loads((tmp_path / "p" / "project.toml").read_text())
    assert (info["hub_dataset"], info["hub_revision"], info["hub_licence"]) == ("plants/beans", beans, "mit")
    assert Path(info["source"]).is_relative_to(tmp_path / "hub-cache")


def test_size_is_told_before_the_download_begins(hub: FakeHub, beans: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent_when_told: list[int] = []
    monkeypatch.setattr("builtins.print", lambda *_, **__: sent_when_told.append(len(hub.sent)))
    Project.download(NAME)
    assert sent_when_told == [0]
    assert len({path for path in hub.sent if "/cdn/" in path}) == 2


def test_once_here_nothing_is_downloaded_again_and_the_preview_shows_all(
    hub: FakeHub, beans: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match=r"not whole on this machine: .* kB in 3 files would be downloaded"):
        Project.preview(NAME)
    Project.download(NAME)
    hub.asked.clear()
    found = Project.preview(NAME)
    assert dict(found.classes) == {"healthy": 16, "rust": 16}
    assert dict(found.splits) == {"train": 24, "val": 8}
    assert not hub.sent
    code, out, _ = typed(capsys, "new", NAME, "--dry-run")
    assert code == 0
    assert "given splits: 24 train, 8 val" in out


def test_offline_what_is_here_is_read_and_the_report_says_so(
    hub: FakeHub, beans: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Project.download(NAME)
    monkeypatch.setattr(hub_constants, "HF_HUB_OFFLINE", True)
    found = Project.preview(NAME)
    assert found.num_images == 32
    assert any("could not be asked" in text for text in found.remarks)
    assert Project.hub_dataset(NAME).licence == "mit"


def test_an_older_commit_stays_what_it_was(hub: FakeHub, beans: str, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p", f"{NAME}@{beans}")
    old = tmp_path / "old"
    shutil.copytree(tmp_path / "beans", old)
    hub.add("plants/beans", old, "v1")
    write_parquet(tmp_path / "beans" / "data" / "train-00000-of-00001.parquet", 40)
    assert Project.hub_dataset(NAME).revision != beans
    assert Project.hub_dataset(f"{NAME}@v1").revision == beans
    hub.asked.clear()
    assert project.add_images("").count == 0  # its own source is the commit, which is here
    assert not hub.asked


def test_add_takes_what_a_newer_revision_has_more(hub: FakeHub, beans: str, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p", NAME)
    write_parquet(tmp_path / "beans" / "data" / "train-00001-of-00002.parquet", 6, first=100)
    grown = project.add_images(NAME)
    assert (grown.count, grown.num_known) == (6, 32)


def test_the_card_tells_splits_and_classes_that_the_files_do_not(hub: FakeHub, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    folder = tmp_path / "plain"
    for part, first in (("a", 0), ("b", 10)):
        write_parquet(folder / f"{part}.parquet", 10, first)
        table = pq.read_table(folder / f"{part}.parquet")
        pq.write_table(table.replace_schema_metadata(None), folder / f"{part}.parquet")
    (folder / "README.md").write_text(CARD.replace("data/train-*", "a.parquet").replace("data/validation-*", "b.*"))
    hub.add("plants/plain", folder)
    Project.download("hf:plants/plain")
    found = Project.preview("hf:plants/plain")
    assert dict(found.classes) == {"healthy": 10, "rust": 10}
    assert dict(found.splits) == {"train": 10, "val": 10}


def test_a_data_set_of_image_files_has_originals(
    hub: FakeHub, image_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = image_folder("photos")
    (folder / "README.md").write_text("---\nlicense: other\nlicense_name: leaves-1.0\n---\n")
    hub.add("plants/photos", folder)
    project = Project.create(tmp_path / "p", "hf:plants/photos", image_size=16)
    assert project.class_names == CLASSES
    assert project.original(3).shape == (20, 20, 3)
    project.export("csv", tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["hub_dataset"], manifest["hub_licence"]) == ("plants/photos", "leaves-1.0")
    assert manifest["hub_revision"] == Project.hub_dataset("hf:plants/photos").revision


def test_many_files_are_asked_for_by_the_ends_of_their_names(
    hub: FakeHub, image_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("plants/many", image_folder("many"))
    monkeypatch.setattr(hub_download, "_EXACT", 3)
    Project.download("hf:plants/many")
    assert Project.preview("hf:plants/many").num_images == 12


def test_a_download_that_broke_off_goes_on(hub: FakeHub, beans: str) -> None:
    folder = Project.download(NAME).folder
    assert folder is not None
    lost = folder / "data" / "validation-00000-of-00001.parquet"
    lost.resolve().unlink()
    lost.unlink()
    assert Project.hub_dataset(NAME).missing == ("data/validation-00000-of-00001.parquet",)
    hub.asked.clear()
    assert Project.download(NAME).missing == ()
    assert {path for path in hub.sent if "train" in path} == set()
    assert Project.preview(NAME).num_images == 32


def test_configurations_of_folders_stay_apart(
    hub: FakeHub, image_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    for name in ("two/small", "two/large"):
        image_folder(name)
    shutil.rmtree(tmp_path / "two" / "large" / "rust")
    (tmp_path / "two" / "README.md").write_text(
        "---\nconfigs:\n- config_name: small\n  data_files: small/**\n- config_name: large\n  data_dir: large\n---\n"
    )
    hub.add("plants/two", tmp_path / "two")
    Project.download("hf:plants/two:large")
    assert dict(Project.preview("hf:plants/two:large").classes) == {"healthy": 6}
    Project.download("hf:plants/two:small")
    assert dict(Project.preview("hf:plants/two:small").classes) == {"healthy": 6, "rust": 6}
    assert not any("small" in path for path in Project.hub_dataset("hf:plants/two:large").files)


def test_the_copy_that_the_hub_converts_has_a_configuration_a_folder(hub: FakeHub, beans: str, tmp_path: Path) -> None:
    folder = tmp_path / "converted"
    write_parquet(folder / "default" / "train" / "0000.parquet", 8)
    write_parquet(folder / "default" / "test" / "0000.parquet", 4, first=8)
    write_parquet(folder / "tiny" / "train" / "0000.parquet", 2)
    hub.add("plants/beans", folder, "refs/convert/parquet")
    source = "hf:plants/beans@refs/convert/parquet"
    Project.download(source)
    assert dict(Project.preview(source).splits) == {"train": 8, "test": 4}
    assert Project.hub_dataset(f"{source}:tiny").configs == ("default", "tiny")
    pinned = Project.download(f"{source}:tiny").source
    assert Project.preview(pinned).num_images == 2


def test_shards_of_a_data_set_are_read(hub: FakeHub, image_folder: Callable[[str], Path], tmp_path: Path) -> None:
    import io
    import tarfile

    folder = image_folder("files")
    (tmp_path / "web" / "shards").mkdir(parents=True)
    with tarfile.open(tmp_path / "web" / "shards" / "train-000.tar", "w") as tar:
        for file in sorted(folder.rglob("*.png")):
            tar.add(file, f"{file.stem}.png")
            label = file.parent.name.encode()
            member = tarfile.TarInfo(f"{file.stem}.cls")
            member.size = len(label)
            tar.addfile(member, io.BytesIO(label))
    hub.add("plants/web", tmp_path / "web")
    Project.download("hf:plants/web")
    found = Project.preview("hf:plants/web")
    assert (dict(found.classes), dict(found.splits)) == ({"healthy": 6, "rust": 6}, {"train": 12})
