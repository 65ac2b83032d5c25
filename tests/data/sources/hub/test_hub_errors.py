"""What goes wrong with a data set of the hub is said in one sentence each."""

import errno
import importlib
import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from typing import Any

import huggingface_hub.constants as hub_constants
import pytest

from core import Project
from core.base.errors import DataError, InputError, WinnowError
from core.data.sources.hub.hub_name import parse_hub_name
from tests.cli.shell import typed
from tests.data.sources.hub.conftest import CARD, write_parquet
from tests.data.sources.hub.fake_hub import FakeHub

NAME = "hf:plants/beans"


def sentence(source: str) -> str:
    with pytest.raises(WinnowError) as caught:
        Project.download(source)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    "name", ["hf:", "hf:a b/c", "hf:a/b/c", "hf:a--b", "hf:a/..", "hf:a/b@", "hf:a/b:", "hf:a/b@x y"]
)
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(InputError, match="is no name of a data set of the Hugging Face hub: write hf:OWNER/NAME"):
        parse_hub_name(name)


def test_parts_of_a_name() -> None:
    for name in ("hf:mnist", "hf:a/b", "hf:a/b@refs/convert/parquet", "hf:a/b:x y", "hf:a/b@v1.0:full"):
        assert str(parse_hub_name(name)) == name
    assert parse_hub_name("hf:a/b@v1.0:full").revision == "v1.0"


def test_client_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def import_none(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", import_none)
    assert "huggingface_hub, which is not installed: pip install 'winnow[hub]'" in sentence(NAME)


def test_offline(hub: FakeHub, beans: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_constants, "HF_HUB_OFFLINE", True)
    assert sentence(NAME).startswith(f"{NAME} is not on this machine, and HF_HUB_OFFLINE forbids to ask the hub")
    assert not hub.asked


def test_no_network(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_constants, "ENDPOINT", "http://127.0.0.1:1")
    assert "the hub cannot be reached" in sentence(NAME)
    assert "check the network" in sentence(NAME)


def test_name_that_does_not_exist_or_is_private(hub: FakeHub) -> None:
    text = sentence("hf:plants/bans")
    assert text.startswith(
        "The hub has no data set hf:plants/bans, or it is private: check the spelling, or log in with"
    )


def test_revision_that_does_not_exist(hub: FakeHub, beans: str) -> None:
    assert sentence(f"{NAME}@v9").startswith(f"{NAME}@v9 has no such revision")


def test_data_set_with_terms_to_accept(hub: FakeHub, beans: str) -> None:
    hub.gated.add("plants/beans")
    assert "given only to people who accept its terms" in sentence(NAME)


def test_no_column_of_images_is_known_before_a_download(hub: FakeHub, tmp_path: Path) -> None:
    write_parquet(tmp_path / "text" / "data" / "train-0.parquet", 2)
    card = CARD.replace("dtype: image", "dtype: string").replace("name: image", "name: text")
    (tmp_path / "text" / "README.md").write_text(card)
    hub.add("plants/text", tmp_path / "text")
    assert sentence("hf:plants/text") == "hf:plants/text has no column of images; its columns are: text, leaf, label."
    assert not hub.sent


def test_no_column_of_images_without_a_card(hub: FakeHub, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "text").mkdir()
    pq.write_table(pa.table({"text": ["a", "b"]}), tmp_path / "text" / "train.parquet")
    hub.add("plants/text", tmp_path / "text")
    with pytest.raises(InputError, match=r"hf:plants/text@\w+ has no column of images in its files"):
        Project.create(tmp_path / "p", "hf:plants/text")
    assert not (tmp_path / "p").exists()


def test_files_that_hold_no_images(hub: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "zip").mkdir()
    for name in ("images.zip", "load.py", "README.md"):
        (tmp_path / "zip" / name).write_bytes(b"x")
    hub.add("plants/zip", tmp_path / "zip")
    text = sentence("hf:plants/zip")
    assert "has no images that can be read here" in text
    assert "1 .zip" in text
    assert text.endswith("hf:plants/zip@refs/convert/parquet")


def test_several_configurations_are_named(hub: FakeHub, tmp_path: Path) -> None:
    for name in ("small", "large"):
        write_parquet(tmp_path / "two" / name / "train-0.parquet", 2)
    configs = "".join(f"- config_name: {name}\n  data_files: {name}/*\n" for name in ("small", "large"))
    card = tmp_path / "two" / "README.md"
    card.write_text(f"---\nconfigs:\n{configs}---\n")
    hub.add("plants/two", tmp_path / "two")
    text = sentence("hf:plants/two")
    assert text == "hf:plants/two has several configurations (small, large): choose one, as in hf:plants/two:small"
    assert sentence("hf:plants/two:huge") == "hf:plants/two has no configuration 'huge'. It has: small, large."
    card.write_text(f"---\nconfigs:\n{configs}  default: true\n---\n")
    assert Project.hub_dataset("hf:plants/two").config == "large"


def test_disk_that_is_too_small(hub: FakeHub, beans: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10_000, 9_000, 1_000))
    with pytest.raises(DataError, match=r"does not fit on the disk of .*: it needs .* kB, 1\.0 kB are free: free some"):
        Project.create(tmp_path / "p", NAME)
    assert not hub.sent
    assert not (tmp_path / "p").exists()


def test_disk_that_fills_up(hub: FakeHub, beans: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def full(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
        if mode == "wb" and path.name.endswith(".incomplete"):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return opened(path, mode, *more, **named)

    monkeypatch.setattr(Path, "open", full)
    assert "does not fit on the disk: free some space, or set HF_HOME" in sentence(NAME)


def test_a_path_of_two_words_may_be_meant_for_the_hub() -> None:
    with pytest.raises(InputError, match="A data set of the Hugging Face hub is named hf:plants/beans"):
        Project.preview("plants/beans")


def test_the_real_command_with_its_own_environment(hub: FakeHub, beans: str, tmp_path: Path) -> None:
    """HF_ENDPOINT, HF_HOME and HF_HUB_OFFLINE are the client's own: it reads them when it is imported."""
    place = os.environ | {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf-home"), "HF_HUB_OFFLINE": "0"}

    def new(name: str, **more: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "core.cli", "new", str(tmp_path / name), "--source", NAME]
        return subprocess.run(words, env=place | more, capture_output=True, text=True, check=False)

    done = new("offline", HF_HUB_OFFLINE="1")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "HF_HUB_OFFLINE" in done.stderr
    done = new("p")
    assert done.returncode == 0, done.stderr
    assert f"are downloaded into {tmp_path / 'hf-home' / 'hub'}." in done.stderr
    assert "32 images, 2 classes" in done.stdout
    hub.asked.clear()
    done = new("again", HF_HUB_OFFLINE="1")
    assert done.returncode == 0, done.stderr
    assert "could not be asked" in done.stdout
    assert not hub.asked


def test_dry_run_as_json(hub: FakeHub, beans: str, capsys: pytest.CaptureFixture[str]) -> None:
    import json

    code, out, _ = typed(capsys, "new", NAME, "--dry-run", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["hub_revision"] == beans
    assert told["images"] == {"train": 24, "validation": 8}
    assert told["bytes_to_download"] == told["bytes"] > 0
