"""Every page opens, and pages without data link to the next step."""

import pytest

from core import Project
from tests.dashboard.page_helpers import open_page, texts

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
