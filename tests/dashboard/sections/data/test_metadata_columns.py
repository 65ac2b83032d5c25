"""Metadata columns on the Start and Data page: named, and charted."""

from pathlib import Path

import numpy as np
from PIL import Image

from core import Project
from dashboard import charts
from tests.dashboard.page_helpers import open_page, texts


def test_a_metadata_column_that_also_groups_keeps_its_name_and_is_charted(tmp_path: Path) -> None:
    rows = [f"{number}.png,{'ab'[number % 2]},{'ABC'[number % 3]},{number}" for number in range(30)]
    for number in range(30):
        Image.new("L", (16, 16), 5 * number).save(tmp_path / f"{number}.png")
    (tmp_path / "labels.csv").write_text("\n".join(["file,label,camera,temperature", *rows]))
    preview = open_page("start")
    preview.text_input(key="images-path").set_value(str(tmp_path / "labels.csv")).run()
    assert "Groups, each of which stays in one part: 3." in texts(preview)
    assert "Metadata columns: camera, temperature." in texts(preview)
    project = Project.create(tmp_path / "project", tmp_path / "labels.csv")
    assert {"camera", "temperature"} <= set(project.metadata.names)
    test = open_page("data", project=project.key)
    test.selectbox(key="data-column").set_value("camera").run()
    assert not test.exception
    assert "camera: text, 3 different values, 0 images without one." in texts(test)
    chart = charts.column_counts(("A", "B"), np.array([2, 3]), "camera")
    assert (list(chart.data[0].x), list(chart.data[0].y)) == (["A", "B"], [2, 3])


def test_without_metadata_there_is_no_chart_of_them(untrained_project: Project) -> None:
    test = open_page("data", project=untrained_project.key)
    assert "data-column" not in [box.key for box in test.selectbox]
