"""`winnow compare-extractors` prints the table and what it recommends."""

from core import Project
from tests.cli.shell import Shell

BOTH = ("--extractor", "hog", "--extractor", "pixels")


def test_compare_extractors_prints_every_pair_and_marks_one(shell: Shell, untrained_project: Project) -> None:
    code, out, _ = shell("compare-extractors", untrained_project.path, *BOTH)
    assert code == 0
    assert len([line for line in out.splitlines() if line.startswith(("hog ", "pixels "))]) == 6
    assert out.count("recommended") == 1
    table = untrained_project.extractor_comparisons.stored()
    assert table is not None
    assert f"now takes {table.recommended.extractor} and {table.recommended.kind}." in out


def test_compare_extractors_answers_with_one_object(shell: Shell, untrained_project: Project) -> None:
    info = shell.json("compare-extractors", untrained_project.path, *BOTH)
    assert len(info["lines"]) == 6
    assert info["recommended"]["extractor"] in ("hog", "pixels")
    assert {"accuracy", "standard_error", "feature_seconds", "head_seconds"} <= set(info["lines"][0])


def test_an_extractor_that_is_none_is_refused(shell: Shell, untrained_project: Project) -> None:
    code, _, err = shell("compare-extractors", untrained_project.path, "--extractor", "hogg")
    assert code == 2
    assert "There is no feature extractor called 'hogg'" in err
