"""`winnow import-predictions` and `winnow features` take and list a person's own arrays."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import Project
from tests.cli.shell import Shell


@pytest.fixture
def table(untrained_project: Project, tmp_path: Path) -> Path:
    """Probabilities of all images but the first four, one of them of an image that is not the project's."""
    project = untrained_project
    probs = np.random.default_rng(0).dirichlet(np.ones(3), len(project.images.names))
    frame = pd.DataFrame(probs, columns=list(project.class_names)).assign(file=project.images.names)
    frame.loc[3, "file"] = "else.png"
    frame[3:].to_csv(tmp_path / "net.csv", index=False)
    return tmp_path / "net.csv"


def test_import_predictions_says_what_it_found(shell: Shell, untrained_project: Project, table: Path) -> None:
    code, out, err = shell("import-predictions", untrained_project.path, table)
    assert (code, err) == (0, "")
    num = len(untrained_project.images.names)
    assert out.startswith("001-imported-net  val ")
    assert f"probabilities of {num - 4} of {num} images" in out
    assert "4 images without a row: all classes equally likely" in out
    assert "1 rows left out" in out
    code, out, _ = shell("status", untrained_project.path)
    assert "001-imported-net  done  imported net  val " in out
    assert "epoch" not in out
    assert "seed" not in out


def test_import_predictions_answers_in_json(shell: Shell, untrained_project: Project, table: Path) -> None:
    info = shell.json("import-predictions", untrained_project.path, table, "--name", "big net", "--kind", "logits")
    assert (info["run"], info["kind"], info["model"]) == ("001-imported-big-net", "logits", "big net")
    assert shell.json("select", untrained_project.path, info["run"], "--param", "threshold=0.5")["count"] > 0


def test_unknown_classes_are_refused_or_left_out(shell: Shell, untrained_project: Project, table: Path) -> None:
    table.write_text(table.read_text().replace("stripes,file", "star,file"))
    code, _, err = shell("import-predictions", untrained_project.path, table)
    assert code == 2
    assert "net.csv has classes that this project does not have: star" in err
    assert shell("status", untrained_project.path)[1].startswith("No runs yet")
    code, out, _ = shell("import-predictions", untrained_project.path, table, "--ignore-unknown")
    assert code == 0
    assert "classes without a column: stripes" in out
    assert "classes left out: star" in out


def test_a_file_that_is_not_there_is_named(shell: Shell, untrained_project: Project) -> None:
    code, _, err = shell("import-predictions", untrained_project.path, "none.csv")
    assert code == 2
    assert err.startswith("winnow: none.csv does not exist")
    code, _, err = shell("train", untrained_project.path, "--method", "imported")
    assert code == 2
    assert "'imported' is not one of 'supervised'" in err


def test_features_are_computed_once_and_listed(shell: Shell, untrained_project: Project) -> None:
    path = untrained_project.path
    code, out, _ = shell("features", path)
    assert code == 0
    assert "No features yet" in out
    info = shell.json("features", path, "--extractor", "pixels")
    assert (info["is_new"], info["num_images"], info["num_features"]) == (True, 240, 784)
    assert shell.json("features", path, "--extractor", "pixels")["is_new"] is False
    (stored,) = shell.json("features", path)["stored"]
    assert (stored["name"], stored["features"], stored["licence"]) == ("pixels", 784, "Apache-2.0")
    assert "are there already" in shell("features", path, "--extractor", "pixels")[1]


def test_own_features_are_stored_with_their_digest(shell: Shell, untrained_project: Project, tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(240, 5))
    frame = pd.DataFrame(values).assign(name=untrained_project.images.names)
    frame.to_csv(tmp_path / "mine.csv", index=False)
    code, out, err = shell("features", untrained_project.path, "--own", tmp_path / "mine.csv")
    assert (code, err) == (0, "")
    assert f"240 × 5 features of own:{tmp_path / 'mine.csv'} stored" in out
    assert "own:mine.csv" in out
    assert "sha256" in out
    assert np.allclose(untrained_project.features(f"own:{tmp_path / 'mine.csv'}"), values, atol=1e-2)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--extractor", "hogg"], "There is no feature extractor called 'hogg'"),
        (["--own", "none.npy"], "none.npy does not exist"),
        (["--own", "none.npy", "--extractor", "hog"], "Give either --extractor or --own"),
    ],
)
def test_features_that_cannot_be_had_are_a_sentence(
    shell: Shell, untrained_project: Project, words: list[str], sentence: str
) -> None:
    code, _, err = shell("features", untrained_project.path, *words)
    assert code == 2
    assert sentence in err
