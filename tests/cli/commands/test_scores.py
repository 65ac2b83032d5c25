"""`winnow score`, `select`, `ood` and `label-issues` print what Python returns."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from core import Project, TrainConfig
from tests.cli.shell import Shell, typed

RUN = "001-supervised-mlp"


def test_select_prints_what_python_returns(shell: Shell, trained_project: Project) -> None:
    facts = shell.json("select", trained_project.path, RUN, "--param", "threshold=0.5")
    selection = trained_project.select(RUN, "fixed_threshold", threshold=0.5)
    assert facts["count"] == selection.count
    assert facts["error"]["n"] == selection.error.n
    assert facts["coverage"] == pytest.approx(selection.coverage)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--rule", "best_guess"), "best_guess"),
        (("--param", "threshold=2"), "threshold"),
        (("--param", "threshold"), "name=number"),
        (("--param", "tau=0.5"), "tau"),
    ],
)
def test_a_wrong_rule_or_parameter_is_a_sentence(
    shell: Shell, trained_project: Project, words: tuple[str, ...], sentence: str
) -> None:
    code, _, err = shell("select", trained_project.path, RUN, *words)
    assert code == 2
    assert sentence in err


def test_score_lists_the_least_certain_first(shell: Shell, trained_project: Project) -> None:
    images = shell.json("score", trained_project.path, RUN, "--count", 5)["images"]
    entropies = [image["entropy"] for image in images]
    assert entropies == sorted(entropies, reverse=True)
    assert entropies[0] == pytest.approx(float(trained_project.scores(RUN).scores.entropy.max()))


def test_ood_prints_medians_and_auroc_of_every_score(shell: Shell, trained_project: Project) -> None:
    code, out, err = shell("ood", str(trained_project.path), RUN)
    assert code == 0, err
    assert [line.split()[0] for line in out.splitlines()] == ["entropy", "energy", "neighbor"]
    assert "AUROC" in out


def test_a_target_error_that_no_threshold_reaches_says_what_to_do(
    capsys: pytest.CaptureFixture[str], trained_project: Project
) -> None:
    code, _, err = typed(capsys, "select", trained_project.path, RUN, "--target-error", "0.001")
    assert code == 2
    assert "allow more, or label more" in err
    cut = trained_project.quality.conformal_threshold(RUN, 0.5)
    facts = json.loads(typed(capsys, "select", trained_project.path, RUN, "--target-error", "0.5", "--json")[1])
    assert facts["parameters"] == {"threshold": cut.threshold}


def said(shell: Shell, *words: str) -> str:
    code, out, err = shell(*words)
    assert code == 0, err
    return out


def test_select_estimate_status_decide_and_export_say_what_holds_for_the_error(
    trained_project: Project, shell: Shell, tmp_path: Path
) -> None:
    path = str(trained_project.path)
    words = "estimated: 18 calibration images are too few to test"
    assert words.capitalize() in said(shell, "select", path, RUN, "--param", "threshold=0.4")
    assert words.capitalize() in said(shell, "estimate", path, RUN)
    assert words in said(shell, "status", path)
    assert shell.json("select", path, RUN, "--param", "threshold=0.4")["state"] == "estimated"
    assert shell.json("status", path)["runs"][0]["error_state"]["state"] == "estimated"
    accepted = said(shell, "decide", path, RUN, "--bulk-accept", "--param", "threshold=0.4")
    assert words.capitalize() in accepted
    assert words in said(shell, "export", path, str(tmp_path / "labels"))
    manifest = json.loads((tmp_path / "labels" / "manifest.json").read_text())
    assert manifest["error_states"][RUN]["state"] == "estimated"


def test_a_class_mix_threshold_is_a_guarantee_by_name(trained_project: Project, shell: Shell) -> None:
    path = str(trained_project.path)
    found = shell.json("select", path, RUN, "--target-error", "0.5", "--guarantee", "class-mix")
    assert found["parameters"]["threshold"] > 0


def test_label_issues_lists_doubtful_labels_and_contradictions(shell: Shell, trained_project: Project) -> None:
    file = trained_project.path / "images" / "labels.npy"
    labels = np.array(np.load(file))
    image = int(trained_project.splits.labeled[0])
    labels[image] = (labels[image] + 1) % 3
    np.save(file, labels)
    facts = shell.json("label-issues", trained_project.path, "--count", 3)
    assert facts["checked"] == 75
    assert facts["first"][0]["id"] == image
    assert facts["first"][0]["given"] != facts["first"][0]["likely"]
    assert len(facts["first"][0]["neighbors"]) == 3
    assert facts["contradictions"] == []
    decided = ("decide", trained_project.path, "label_issues", "--image", image, "--reviewer", "ann")
    assert shell(*decided)[0] == 0
    _, out, _ = shell("label-issues", trained_project.path)
    assert "1 given label was corrected or withdrawn (1 labeled)" in out
    code, _, err = shell("label-issues", trained_project.path, "--extractor", "nothing")
    assert code == 2
    assert "nothing" in err


def test_score_of_a_project_without_a_pool_lists_the_given_labels(shell: Shell, pictures: Path, tmp_path: Path) -> None:
    source = tmp_path / "labeled"
    for name in ("circle", "cross"):
        shutil.copytree(pictures / name, source / name)
    project = Project.create(tmp_path / "full", source)
    run = project.wait_run(project.start_run(TrainConfig(method="head")).id, timeout=120).id
    facts = shell.json("score", project.path, run, "--count", "3")
    assert (facts["of"], facts["total"], len(facts["images"])) == ("given labels", 120, 3)
    first = facts["images"][0]
    assert first["given"] == project.class_names[project.images.labels[first["image_id"]]]
    assert "winnow label-issues" in shell("score", project.path, run)[1]
    assert "winnow label-issues" in shell("queue", project.path, run, "--ranking", "entropy")[1]
    shell.json("decide", project.path, run, "--image", str(first["image_id"]), "--verdict", "relabel", "--label", "zz")
    assert project.class_names[project.images.labels[first["image_id"]]] == "zz"
