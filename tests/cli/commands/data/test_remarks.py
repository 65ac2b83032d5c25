"""`winnow note` and `winnow flag` write, list and remove; `winnow queue --show` lists the images."""

import pytest

from core import Project
from tests.cli.shell import Shell

RUN = "001-supervised-mlp"


def test_a_note_is_written_listed_replaced_and_removed(shell: Shell, trained_project: Project) -> None:
    path, image = trained_project.path, int(trained_project.splits.pool[0])
    assert shell("note", path)[1] == "There are no notes.\n"
    written = shell.json("note", path, "--image", image, "--text", "a seam, no crack", "--reviewer", "ann")
    assert written["saved"] == 1
    (row,) = shell.json("note", path)["notes"]
    assert (row["image_id"], row["text"], row["reviewer"]) == (image, "a seam, no crack", "ann")
    assert shell.json("note", path, "--image", image, "--text", "a crack")["notes"][0]["text"] == "a crack"
    assert [row["image_id"] for row in shell.json("queue", path, RUN, "--show", "noted")["images"]] == [image]
    assert "a crack" in shell("note", path)[1]
    assert shell.json("note", path, "--image", image, "--remove") == {"notes": [], "saved": 3}
    assert shell.json("decide", path, RUN, "--undo")["verdict"] == "undo"
    assert shell.json("note", path)["notes"][0]["text"] == "a crack"


def test_a_flag_is_set_listed_and_taken_away(shell: Shell, trained_project: Project) -> None:
    path, image = trained_project.path, int(trained_project.splits.pool[0])
    shell.json("flag", path, "--image", image, "--reviewer", "ann")
    assert [(row["image_id"], row["reviewer"]) for row in shell.json("flag", path)["flags"]] == [(image, "ann")]
    assert [row["image_id"] for row in shell.json("queue", path, RUN, "--show", "flagged")["images"]] == [image]
    assert shell("flag", path, "--image", image, "--remove")[1] == "saved #2\n"
    assert shell("flag", path)[1] == "There are no flags.\n"


@pytest.mark.parametrize(
    "words",
    [
        ("note", "--text", "x"),
        ("note", "--image", 0, "--text", " "),
        ("note", "--image", 0, "--text", "x", "--remove"),
        ("note", "--image", 10**9, "--text", "x"),
        ("note", "--image", 0, "--text", "x" * 1001),
        ("flag", "--remove"),
        ("flag", "--image", 10**9),
    ],
)
def test_what_makes_no_sense_is_refused(shell: Shell, trained_project: Project, words: tuple[object, ...]) -> None:
    code, _, error = shell(words[0], trained_project.path, *words[1:])
    assert (code, error.count("\n")) == (2, 1)
    assert trained_project.decisions.with_remarks() == []
