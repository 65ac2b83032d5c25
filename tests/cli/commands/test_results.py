"""`winnow compare`, `control-run`, `review-value` and `export` show what a run gained."""

import json
from pathlib import Path

import pytest

from core import Command, Project, TrainConfig
from tests.cli.shell import Shell, typed

RUN = "001-supervised-mlp"


def test_compare_of_a_run_with_itself_differs_by_nothing(shell: Shell, trained_project: Project) -> None:
    facts = shell.json("compare", trained_project.path, RUN, RUN)
    assert facts["difference"]["value"] == 0
    assert facts["p_value"] == 1


def test_export_writes_where_it_says(shell: Shell, trained_project: Project, tmp_path: Path) -> None:
    facts = shell.json("export", trained_project.path, tmp_path / "out", "--kind", "parquet")
    assert Path(facts["path"]).exists()
    assert shell("export", trained_project.path, tmp_path / "out2", "--kind", "model")[0] == 2


def test_export_takes_a_format_and_a_way_for_the_images(shell: Shell, trained_project: Project, tmp_path: Path) -> None:
    words = ("--format", "image_folder", "--files", "hardlink", "--no-held-out")
    shell.json("export", trained_project.path, tmp_path / "out", *words)
    images = list((tmp_path / "out").rglob("*.png"))
    assert {path.stat().st_nlink > 1 for path in images} == {True}
    code, _, err = shell("export", trained_project.path, tmp_path / "out2", "--format", "coco", "--files", "move")
    assert (code, "no way to export files called 'move'" in err) == (2, True)


@pytest.fixture
def curated_run(trained_project: Project) -> str:
    """Return a run on two single decisions and a bulk accept."""
    project = trained_project
    pool = project.scores(RUN)
    for number in (0, 1):
        image, label = int(pool.ids[number]), int(pool.scores.pseudo_labels[number])
        project.decisions.execute([Command(f"one-{number}", "accept", RUN, "me", image, label, None, {})])
    project.bulk_accept(RUN, "fixed_threshold", threshold=0.5)
    config = TrainConfig(method="self_training", model="mlp", epochs=2)
    run = project.start_run(config, parent=RUN)
    project.wait_run(run.id, timeout=120)
    return run.id


def test_review_value_compares_a_run_with_its_control_run(
    capsys: pytest.CaptureFixture[str], trained_project: Project, curated_run: str
) -> None:
    path = trained_project.path
    code, out, _ = typed(capsys, "review-value", path, curated_run)
    assert code == 0
    assert f"winnow control-run {path} {curated_run}" in out
    code, out, err = typed(capsys, "control-run", path, curated_run, "--json")
    assert code == 0, err
    control = json.loads(out)
    assert control["state"] == "done"
    curated = trained_project.run(curated_run).record
    assert (control["parent"], control["config"]["seed"]) == (curated.parent, curated.config.seed)
    assert control["config"]["epochs"] == curated.config.epochs
    assert sum(control["labels"].get(source, 0) for source in ("accepted", "corrected")) == 0
    facts = json.loads(typed(capsys, "review-value", path, curated_run, "--json")[1])
    value = facts["values"][control["run"]]
    assert (value["arm"], value["num_decisions"]) == ("threshold_only", 2)
    assert value["n"] == len(trained_project.splits.test)
    assert value["low"] <= value["per_100"] <= value["high"]
    assert value["measurable"] == (value["low"] > 0)


def test_a_run_that_can_have_no_control_run_is_a_sentence(
    capsys: pytest.CaptureFixture[str], trained_project: Project
) -> None:
    path = trained_project.path
    for words in ((RUN,), (RUN, "--kind", "wishes"), ("009-none",)):
        code, _, err = typed(capsys, "control-run", path, *words)
        assert code == 2
        assert err.startswith("winnow: ")
    assert len(trained_project.runs()) == 1


def test_compare_shows_the_average_of_both_when_asked(
    capsys: pytest.CaptureFixture[str], shell: Shell, trained_project: Project
) -> None:
    path = trained_project.path
    head = shell.json("train", path, "--method", "head", "--extractor", "pixels")["run"]
    facts = shell.json("compare", path, RUN, head, "--average")
    found = trained_project.compare(RUN, head).average
    assert found is not None
    assert facts["average"]["accuracy"]["value"] == found.accuracy.value
    assert facts["average"]["over_b"]["gained"] == found.over_b.gained
    assert "average" not in shell.json("compare", path, RUN, head)
    said = typed(capsys, "compare", path, RUN, head, "--average")[1]
    assert "average of both" in said
    assert found.over_a.sentence() in said
