"""Export page: written files and counts."""

import json
from pathlib import Path

from core import Project
from tests.dashboard.page_helpers import metrics, open_page, press


def test_an_export_writes_what_the_page_counts(trained_project: Project, tmp_path: Path) -> None:
    run = trained_project.runs()[0].id
    trained_project.bulk_accept(run, "top_per_class", count=2)
    test = open_page("export", project=trained_project.key)
    folder = tmp_path / "out"
    next(field for field in test.text_input if field.label.startswith("Folder")).set_value(str(folder)).run()
    press(test, "Export")
    assert not test.exception
    labels = json.loads((folder / "manifest.json").read_text())["labels"]
    assert metrics(test)["Bulk-accepted"] == f"{labels['bulk']:,}" != "0"
    assert metrics(test)["Given"] == f"{labels['given']:,}"


def test_the_page_writes_each_format_with_its_options(trained_project: Project, tmp_path: Path) -> None:
    run = trained_project.runs()[0].id
    test = open_page("export", project=trained_project.key)
    test.selectbox(key="export-kind").set_value("label_studio").run()
    assert "predictions" in " ".join(caption.value for caption in test.caption)
    test.selectbox(key="export-files").set_value("symlink").run()
    test.selectbox(key="export-predictions").set_value(run).run()
    field = next(field for field in test.text_input if field.label.startswith("Folder"))
    field.set_value(str(tmp_path / "out")).run()
    press(test, "Export")
    assert not test.exception
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text())
    assert any(not task["annotations"] and task["predictions"] for task in tasks)
    assert all(path.is_symlink() for path in (tmp_path / "out" / "images").iterdir())
