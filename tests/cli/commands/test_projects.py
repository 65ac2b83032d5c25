"""`winnow new` makes a project."""

from pathlib import Path

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
