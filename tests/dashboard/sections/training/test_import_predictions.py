"""Predictions of another model are previewed and imported on the Train page, and shown on every page."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core import Project
from dashboard.views.review import next_config
from tests.dashboard.page_helpers import metrics, open_page, press, texts


@pytest.fixture
def file(untrained_project: Project, tmp_path: Path) -> Path:
    """Probabilities of all images but four."""
    project = untrained_project
    probs = np.random.default_rng(0).dirichlet(np.ones(3), len(project.images.names))
    frame = pd.DataFrame(probs, columns=list(project.class_names)).assign(name=project.images.names)
    frame[4:].to_csv(tmp_path / "net.csv", index=False)
    return tmp_path / "net.csv"


def typed(project: Project, path: object, **values: str) -> AppTest:
    test = open_page("train", project=project.key)
    test.text_input(key="predictions-path").set_value(str(path))
    for name, value in values.items():
        test.selectbox(key=f"predictions-{name}").set_value(value)
    return test.run()


def labels(test: AppTest) -> list[str]:
    return [button.label for button in test.button]


def test_a_file_is_previewed_and_becomes_the_chosen_run(untrained_project: Project, file: Path) -> None:
    test = typed(untrained_project, file)
    num = len(untrained_project.images.names)
    assert f"**Probabilities of {num - 4} of {num} images.** The other 4 stay at the bottom" in texts(test)
    assert untrained_project.runs() == []
    test.text_input(key="predictions-name").set_value("big net").run()
    press(test, "Import")
    assert not test.exception
    (run,) = untrained_project.runs()
    assert run.id == "001-imported-big-net"
    assert test.selectbox(key="train-run").value == run.id
    assert run.id in test.query_params["run"]
    assert f"Predictions of big net: probabilities of {num - 4} of {num} images, from net.csv." in texts(test)
    assert {"Val accuracy", "Temperature"} <= set(metrics(test))
    assert "Epoch" not in metrics(test)
    assert "Imported predictions are not trained, so there are no curves." in texts(test)
    (table,) = [frame for frame in test.dataframe if "what changed" not in frame.value]
    assert dict(zip(table.value["name"], table.value["value"], strict=True)) == {
        "method": "imported", "imported_model": "big net"
    }  # fmt: skip
    assert not {"Cancel", "Resume"} & set(labels(test))


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [("none.csv", "auto", "none.csv does not exist"), ("", "logits", "There is no"), ("FILE", "labels", "not labels")],
)
def test_a_file_that_cannot_be_used_is_a_sentence_without_a_button(
    untrained_project: Project, file: Path, path: str, kind: str, said: str
) -> None:
    test = typed(untrained_project, str(file) if path == "FILE" else path, kind=kind)
    assert [error for error in test.error if said in error.value] or not path
    assert "Import" not in labels(test)
    assert not test.exception


def test_a_file_that_has_changed_is_read_again(untrained_project: Project, file: Path) -> None:
    test = typed(untrained_project, file)
    frame = pd.read_csv(file)
    frame[:-6].to_csv(file, index=False)
    assert "The other 10 stay" in texts(test.run())


def test_the_form_does_not_offer_what_is_not_trained(untrained_project: Project) -> None:
    options = open_page("train", project=untrained_project.key).selectbox(key="train-method").options
    assert "head" in options
    assert "imported" not in options


def test_retrain_fits_a_head_on_the_decisions_about_imported_predictions(
    untrained_project: Project, file: Path
) -> None:
    run = untrained_project.import_predictions(file)
    test = open_page("review", {"review-dialog": "retrain"}, project=untrained_project.key, run=run.id)
    assert "This run was imported, so there is no model to train again" in texts(test)
    assert "Warm start" not in [toggle.label for toggle in test.toggle]
    assert next_config(run.record.config, is_warm=False).is_head


@pytest.mark.parametrize("page", ["data", "scores", "audit", "compare", "export", "simulate"])
def test_every_page_shows_an_imported_run(untrained_project: Project, file: Path, page: str) -> None:
    for name in ("first", "second"):
        run = untrained_project.import_predictions(file, name)
    test = open_page(page, project=untrained_project.key, run=run.id)
    assert not test.exception
    assert not test.error
    if page == "compare":
        assert "(imported from first)" in texts(test)
        assert "Heads and imported predictions are there at once and have no curves" in texts(test)
