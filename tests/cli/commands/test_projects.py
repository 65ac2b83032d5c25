"""`winnow new` makes a project."""

import shutil
from pathlib import Path

import numpy as np

from core import Project
from tests.cli.shell import Shell


def test_new_makes_a_project_with_the_split_that_was_asked_for(shell: Shell, pictures: Path, tmp_path: Path) -> None:
    facts = shell.json(
        *("new", tmp_path / "p", "--source", pictures),
        *("--labeled", 30, "--val", 9, "--calibration", 12, "--test", 6, "--seed", 3),
    )
    assert {name: facts["splits"][name] for name in ("labeled", "val", "calibration", "test")} == {
        "labeled": 30,
        "val": 9,
        "calibration": 12,
        "test": 6,
    }
    assert facts["classes"] == ["circle", "cross", "stripes"]


def test_a_dry_run_shows_the_sizes_and_writes_nothing(shell: Shell, pictures: Path, tmp_path: Path) -> None:
    code, out, _ = shell("new", tmp_path / "p", "--source", pictures, "--dry-run")
    assert code == 0
    assert "nothing was written" in out
    assert "calibration images: target errors below" in out
    assert not (tmp_path / "p").exists()
    facts = shell.json("new", tmp_path / "p", "--source", pictures)
    assert sum(facts["splits"].values()) == 240
    assert facts["splits"]["unlabeled"] == 60  # no label that somebody gave is among them


def test_a_fully_labeled_folder_hides_labels_only_when_asked(shell: Shell, pictures: Path, tmp_path: Path) -> None:
    folder = tmp_path / "labeled"
    folder.mkdir()
    for name in ("circle", "cross"):
        shutil.copytree(pictures / name, folder / name)
    facts = shell.json("new", tmp_path / "p", "--source", folder)
    assert (facts["splits"]["unlabeled"], facts["splits"]["calibration"]) == (0, 0)
    assert any("none is hidden" in note for note in facts["notes"])
    hidden = shell.json("new", tmp_path / "q", "--source", folder, "--hide-labels")
    assert hidden["splits"]["unlabeled"] > 0
    assert any("label that is hidden" in note for note in hidden["notes"])


def test_duplicates_counts_the_stacks_that_python_finds(shell: Shell, trained_project: Project) -> None:
    file = trained_project.path / "images" / "pixels.npy"
    pixels, splits = np.array(np.load(file)), trained_project.splits
    pixels[splits.unlabeled[0]] = pixels[splits.labeled[0]]
    np.save(file, pixels)
    facts = shell.json("duplicates", trained_project.path)
    assert (facts["stacks"], facts["images"]) == (1, 2)
    assert facts["leaks"] == {"any": 1, "val": 0, "calibration": 0, "unlabeled": 1, "test": 0}
    assert facts["first"] == [sorted([int(splits.unlabeled[0]), int(splits.labeled[0])])]
    _, out, _ = shell("duplicates", trained_project.path)
    assert "Stacks of near duplicates: 1, with 2 images. With a labeled image and one of another split: 1." in out


def test_groups_are_looked_at_used_and_mended(untrained_project: Project, shell: Shell) -> None:
    path, rule = str(untrained_project.path), r"pattern:/(\d)"
    seen = shell.json("groups", path, "--by", rule)
    assert (seen["applied"], seen["groups"]) == (False, 10)
    assert untrained_project.groups.current is None
    used = shell.json("groups", path, "--by", rule, "--apply")
    assert used["leaks"]["images"] == seen["leaks"]["images"] > 0
    assert shell.json("status", path)["leaks"]["images"] == used["leaks"]["images"]
    mended = shell.json("groups", path, "--fix", "move")
    assert (mended["leaks"]["images"], mended["fixed"]) == (0, used["leaks"]["images"])
    assert shell.json("groups", path, "--fix", "undo")["leaks"]["images"] == used["leaks"]["images"]
    assert "Add --by" in shell("groups", path, "--apply")[2]
    assert "kind of groups" in shell("groups", path, "--by", "scene")[2]
