"""Uploads are stored whole or not at all; archives cannot leave their folder or fill the disk."""

import io
import zipfile
from pathlib import Path

import pytest

from core import InputError, recent_projects
from dashboard.state import uploads


def _zip(*members: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


def _tree(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def _stored() -> list[Path]:
    folder = recent_projects.home() / "uploads"
    return list(folder.iterdir()) if folder.exists() else []


def test_images_keep_their_names_and_a_second_one_of_a_name_is_kept_too() -> None:
    folder = uploads.store([("a.png", b"1"), ("a.png", b"2"), ("b.png", b"3")], "pets")
    assert _tree(folder) == {"a.png": b"1", "a-2.png": b"2", "b.png": b"3"}


def test_an_archive_keeps_its_folders_and_its_outermost_single_folder_is_entered() -> None:
    archive = _zip(("pets/cat/1.png", b"1"), ("pets/dog/2.png", b"2"), ("__MACOSX/pets/cat/._1.png", b"x"))
    assert _tree(uploads.store([("pets.zip", archive)], "pets")) == {"cat/1.png": b"1", "dog/2.png": b"2"}


def test_the_same_files_are_stored_once_and_others_beside_them() -> None:
    first = uploads.store([("a.png", b"1")], "pets")
    assert uploads.store([("a.png", b"1")], "pets") == first
    assert uploads.store([("a.png", b"2")], "pets") != first
    assert len(_stored()) == 2


@pytest.mark.parametrize("name", ["../up.png", "/etc/up.png", "a/../../up.png", "..\\up.png", "C:/up.png"])
def test_an_archive_that_names_files_outside_its_folder_stores_nothing(name: str, winnow_home: Path) -> None:
    with pytest.raises(InputError, match="outside its folder"):
        uploads.store([("first.png", b"1"), ("bad.zip", _zip(("ok.png", b"1"), (name, b"2")))], "bad")
    assert _stored() == []
    assert not list(winnow_home.parent.rglob("up.png"))


def test_the_real_size_of_an_archive_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 1_000)
    content = _zip(("zeros.png", bytes(100_000)))
    declared = content.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    for archive in (content, declared):
        with pytest.raises(InputError, match=r"bomb\.zip (unpacks to more|cannot be unpacked)"):
            uploads.store([("bomb.zip", archive)], "bomb")
    assert _stored() == []


def test_all_archives_of_an_upload_share_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 1_000)
    archives = [(f"{number}.zip", _zip((f"{number}.png", bytes(600)))) for number in (1, 2)]
    with pytest.raises(InputError, match=r"2\.zip unpacks to more than"):
        uploads.store(archives, "two")
    assert _stored() == []


def test_an_archive_of_too_many_files_stores_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_FILES", 2)
    with pytest.raises(InputError, match="more than 2 files"):
        uploads.store([("many.zip", _zip(*((f"{number}.png", b"") for number in range(3))))], "many")
    assert _stored() == []


_GOOD = _zip(("a.png", bytes(range(200))))


@pytest.mark.parametrize(
    "content", [b"no archive", _GOOD[:30], _GOOD.replace(b"a.png", b"b.png", 1)], ids=["text", "cut", "changed"]
)
def test_a_damaged_archive_is_a_sentence_and_stores_nothing(content: bytes) -> None:
    with pytest.raises(InputError, match=r"pets\.zip cannot be unpacked"):
        uploads.store([("pets.zip", content)], "pets")
    assert _stored() == []


def test_a_file_that_is_also_a_folder_is_a_sentence() -> None:
    with pytest.raises(InputError, match="cannot be stored"):
        uploads.store([("odd.zip", _zip(("a", b"1"), ("a/b.png", b"2")))], "odd")
    assert _stored() == []


@pytest.mark.parametrize(
    ("name", "kept"), [("Blätter 2", "Blätter 2"), ("../x", "___x"), ("", "images"), ("   ", "images")]
)
def test_a_name_of_any_letters_is_a_folder_name(name: str, kept: str) -> None:
    assert uploads.file_name(name) == kept
    assert len(uploads.file_name(100 * "字").encode()) <= 60
