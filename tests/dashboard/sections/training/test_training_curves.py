"""Training curves: pseudo-labels by epoch and by step."""

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from core import Project, TrainConfig
from tests.dashboard.page_helpers import open_page, texts, trained

BASE = "001-supervised-mlp"
QUICK = TrainConfig(model="mlp", epochs=2, batch_size=15, precision="fp32", device="cpu", seed=7)
FIXMATCH = QUICK.model_copy(update={"method": "fixmatch", "threshold": 0.4, "unlabeled_ratio": 2})


def drawn(test: AppTest, key: str) -> dict[str, dict[str, list[Any]]]:
    """The lines of one chart of the page by their names: where their points are."""
    (chart,) = [json.loads(c.proto.spec) for c in test.get("plotly_chart") if c.proto.id.endswith(f"-{key}")]
    return {line["name"]: {"x": line["x"], "y": line["y"]} for line in chart["data"]}


def test_pseudo_labels_are_drawn_by_epoch_with_their_drift(trained_project: Project) -> None:
    run = trained(trained_project, FIXMATCH)
    test = open_page("train", {"train-run": run.id}, project=trained_project.key)
    assert not test.exception
    assert "Pseudo-labels during training" in [element.value for element in test.header]
    epochs = [line for line in run.metrics() if line["kl_to_prior"] is not None]
    (drift,) = drawn(test, "drift-epoch").values()
    assert drift == {"x": [line["epoch"] for line in epochs], "y": [line["kl_to_prior"] for line in epochs]}
    assert "in bits" in texts(test)
    assert not [toggle for toggle in test.toggle if toggle.key == "by-step"]  # no step was written down
    test = open_page("train", {"train-run": trained_project.runs()[0].id}, project=trained_project.key)
    assert "Pseudo-labels during training" not in [element.value for element in test.header]


def test_every_logged_step_is_drawn(trained_project: Project) -> None:
    run = trained(trained_project, FIXMATCH.model_copy(update={"log_batches": True, "batch_size": 5, "epochs": 3}))
    lines = run.batches()
    assert [line["step"] for line in lines] == list(range(1, 10))
    test = open_page("train", {"train-run": run.id}, project=trained_project.key)
    test.toggle(key="by-step").set_value(True).run()
    assert not test.exception
    kept = drawn(test, "pool-step")["kept"]
    assert kept == {"x": list(range(1, 10)), "y": [line["mask_rate"] for line in lines]}
    known = [line for line in lines if line["class_mix"]]
    for number, name in enumerate(trained_project.class_names):
        assert drawn(test, "mix-step")[name]["y"] == [line["class_mix"][number] for line in known]
    (drift,) = drawn(test, "drift-step").values()
    assert drift["y"] == [line["kl_to_prior"] for line in known]
    assert "right, all (true labels known)" in drawn(test, "pool-step")
