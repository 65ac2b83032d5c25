"""Classes can be added to a project; names are checked, and a class keeps its number."""

from pathlib import Path

import pytest

from core import DataError, InputError, Project
from core.data.classes.added_classes import ADDED, added_names
from core.data.classes.class_names import checked_name, clean_name


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "1 to 200 characters"),
        ("   ", "1 to 200 characters"),
        ("x" * 201, "1 to 200 characters"),
        ("a\x00b", "letters, digits and signs"),
        ("\ud800", "letters, digits and signs"),
        ("CAT", "already a class called cat"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_in_one_sentence(name: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        checked_name(name, ("cat",))


def test_names_of_any_script_are_kept_composed_and_without_space_around() -> None:
    assert checked_name("  Straße  nord ", ()) == "Straße nord"
    assert checked_name("e\u0301te", ()) == "éte"
    assert checked_name("猫", ("犬",)) == "猫"


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "-none-", "+x"])
def test_a_class_is_called_the_same_in_every_export_and_is_no_formula(name: str) -> None:
    assert clean_name(name) == checked_name(name, ()) == f"'{name}"
    assert clean_name(clean_name(name)) == clean_name(name)


@pytest.mark.parametrize("name", ["-1", "+1", "+.5", "=", "-", "a=b", "'=1"])
def test_numbers_signs_and_other_texts_stay_class_names_as_they_are(name: str) -> None:
    assert clean_name(name) == checked_name(name, ()) == name


def test_an_added_class_has_the_next_number_and_every_reader_sees_it(untrained_project: Project) -> None:
    before = untrained_project.class_names
    other = Project(untrained_project.path)
    assert other.class_names == before
    assert untrained_project.add_class("square", "ann") == len(before)
    assert untrained_project.class_names == (*before, "square")
    assert other.class_names == (*before, "square")
    assert other.add_class("star") == len(before) + 1
    assert untrained_project.fingerprint == Project(untrained_project.path).fingerprint


def test_a_damaged_list_of_added_classes_is_told(untrained_project: Project) -> None:
    folder = untrained_project.path / "images"
    untrained_project.add_class("square")
    (folder / ADDED).write_text("no json\n")
    with pytest.raises(DataError, match=ADDED):
        added_names(folder)


def test_a_project_can_begin_with_names_of_classes(pictures: Path, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "named", pictures / "unlabeled", classes=["sun", "moon"])
    assert project.class_names == ("sun", "moon")
    with pytest.raises(InputError, match="already a class"):
        Project.create(tmp_path / "twice", pictures / "unlabeled", classes=["sun", "Sun"])
    assert not (tmp_path / "twice").exists()
