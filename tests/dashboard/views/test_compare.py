"""Compare page: two runs on the test images."""

import csv
from pathlib import Path
from typing import Any

import pytest

from core import Project, TrainConfig
from core.quality.model_comparison import compare_runs
from dashboard import formatting
from dashboard.changed_predictions import changed_predictions
from tests.conftest import SMALL
from tests.dashboard.page_helpers import metrics, open_page, texts

QUICK = TrainConfig(model="mlp", epochs=2, batch_size=15, precision="fp32", device="cpu", seed=7)


def test_two_runs_are_compared_on_test(trained_project: Project) -> None:
    trained_project.wait_run(trained_project.start_run(QUICK).id, timeout=120)
    first, second = (run.id for run in trained_project.runs())
    found = trained_project.compare(first, second)
    test = open_page("compare", project=trained_project.key)
    assert metrics(test)["Difference (points)"] == formatting.points(found.comparison.difference)
    for run in trained_project.runs():
        best, last = formatting.percent(run.status.best_val_accuracy), formatting.percent(run.last_val_accuracy)
        assert f"best {best}, median of last 5 {last}" in texts(test)
    kinds = changed_predictions(found, trained_project)
    assert len(kinds["gained"]) == found.comparison.gained
    assert len(kinds["lost"]) == found.comparison.lost
    assert sum(map(len, kinds.values())) == len(found.comparison.flips)
    assert not any("class group" in frame.value for frame in test.dataframe)
    trained_project.group_classes([0, 2], "round")
    test = open_page("compare", project=trained_project.key)
    (rows,) = [frame.value for frame in test.dataframe if "class group" in frame.value]
    assert rows["class group"].tolist() == ["round", "(no group)"]
    assert rows["B within the group"].tolist()[1] == ""
    assert rows["error of A"].tolist()[1] == formatting.estimate(
        trained_project.compare_class_groups(found)[1].errors_a.error
    )


def test_a_head_has_one_val_accuracy_and_no_curves(trained_project: Project) -> None:
    run = trained_project.wait_run(
        trained_project.start_run(TrainConfig(method="head", extractor="pixels")).id, timeout=120
    )
    said = texts(open_page("compare", project=trained_project.key))
    assert run.cross_validated is not None  # twelve val images say little
    crossed = f"cross-validated {formatting.estimate(run.cross_validated)} labels"
    assert f"B {formatting.percent(run.status.best_val_accuracy)} (head on pixels; {crossed})." in said
    assert f"Heads and imported predictions are there at once and have no curves: {run.id}." in said


def test_the_average_of_a_network_and_a_head_is_a_third_arm(trained_project: Project) -> None:
    head = trained_project.wait_run(
        trained_project.start_run(TrainConfig(method="head", extractor="pixels")).id, timeout=120
    ).id
    network = trained_project.runs()[0].id
    average = trained_project.compare(network, head).average
    assert average is not None
    test = open_page("compare", project=trained_project.key)
    said = texts(test)
    assert formatting.estimate(average.accuracy) in said
    assert average.over_a.sentence() in said
    assert average.over_b.sentence() in said
    found = trained_project.compare_with_head(network, head)
    assert found is not None
    assert found.sentence in said


def test_values_of_the_metadata_are_compared_once_and_can_be_downloaded(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = sorted(pictures.rglob("*.png"))
    table = tmp_path / "images.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "class", "light"])
        writer.writerows((str(f), f.parent.name, ("day", "night")[n % 2]) for n, f in enumerate(files))
    project = Project.create(tmp_path / "made", table, split=SMALL)
    for extractor in ("pixels", "hog"):
        config = TrainConfig(method="head", extractor=extractor)
        project.wait_run(project.start_run(config).id, timeout=120)
    found: list[object] = []

    def counted(*args: Any, **options: Any) -> object:
        found.append(args)
        return compare_runs(*args, **options)

    monkeypatch.setattr("core.project.project_results.compare_runs", counted)
    test = open_page("compare", project=project.key)
    assert not test.exception
    assert len(found) == 1
    (rows,) = [frame.value for frame in test.dataframe if "light" in frame.value]
    assert set(rows["light"]) == {"day", "night"}
    assert "csv-accuracy-by-metadata" in [button.key for button in test.get("download_button")]
