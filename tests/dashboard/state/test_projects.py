"""Open projects: one object per project, data of the Review page preloaded."""

import pytest

from core import Project
from dashboard.state.projects import open_project, preload_review
from tests.dashboard.conftest import ReviewClient


def test_one_project_is_one_object_for_every_page(trained_project: Project) -> None:
    assert open_project(trained_project.key) is open_project(trained_project.key)


def test_what_is_preloaded_is_what_the_first_requests_find(
    review: ReviewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    preload_review(review.project.key)
    monkeypatch.setattr("core.workspace.workspace.pool_scores", None)  # whoever scores the pool now fails
    first = review.page("show=undecided")
    assert len(first["cards"]) == 48
    assert review.get(f"/runs/{review.run}/histogram").json()["total"] == first["total"]
