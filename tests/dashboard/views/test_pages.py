"""Every page opens, and pages without data link to the next step."""

from pathlib import Path

import pytest

from core import Project, TrainConfig
from tests.dashboard.page_helpers import open_page, press, texts

NAMES = ("data", "train", "scores", "audit", "compare", "simulate", "export")


@pytest.mark.parametrize("name", NAMES)
def test_every_page_can_be_shown(name: str, trained_project: Project) -> None:
    test = open_page(name, project=trained_project.key)
    assert not test.exception
    assert not test.error
    assert test.title[0].value == name.title()
    assert test.caption[0].value.endswith("?"), "the question that the page answers"


@pytest.mark.parametrize("name", [name for name in NAMES if name != "data"])
def test_without_a_project_every_page_points_to_start(
    name: str,
) -> None:
    assert "page **Start**" in texts(open_page(name))


def test_without_a_run_scores_point_to_train(untrained_project: Project) -> None:
    assert "page **Train**" in texts(open_page("scores", project=untrained_project.key))


def test_comparing_one_run_points_to_train(trained_project: Project) -> None:
    assert "page **Train**" in texts(open_page("compare", project=trained_project.key))


OF_A_RUN = ("scores", "audit", "map", "review")


@pytest.mark.parametrize("name", OF_A_RUN)
def test_without_a_run_a_page_says_why_it_is_empty_and_offers_suggestions(
    name: str, untrained_project: Project
) -> None:
    test = open_page(name, project=untrained_project.key)
    assert "No run has finished yet" in texts(test)
    assert "Suggest labels now" in [button.label for button in test.button]


def test_the_offer_of_an_empty_page_fills_it(untrained_project: Project) -> None:
    test = open_page("scores", project=untrained_project.key)
    press(test, "Suggest labels now")
    assert not test.exception
    assert not test.error
    assert "No run has finished yet" not in texts(test)


@pytest.fixture
def unlabeled(pictures: Path, tmp_path: Path) -> Project:
    """A project without any label."""
    return Project.create(tmp_path / "pile", pictures / "unlabeled")


@pytest.mark.parametrize("name", [*NAMES, "map", "review", "start"])
def test_without_a_label_every_page_says_what_to_do(name: str, unlabeled: Project) -> None:
    test = open_page(name, project=unlabeled.key)
    assert not test.exception
    assert not test.error
    if name in OF_A_RUN:
        assert "Start labeling" in [button.label for button in test.button]


def test_without_a_label_but_with_features_every_page_still_opens(unlabeled: Project) -> None:
    unlabeled.wait_run(unlabeled.start_run(TrainConfig(method="head")).id, timeout=120)
    for name in (*NAMES, "start"):
        test = open_page(name, project=unlabeled.key)
        assert not test.exception, name
        assert not test.error, (name, [error.value for error in test.error])
