"""Map page: data for the component, PaCMAP with and without its package."""

import importlib.util
import json

import pytest

from core import Project
from tests.dashboard.page_helpers import open_page, texts


def test_the_component_is_told_run_method_and_classes(trained_project: Project) -> None:
    test = open_page("map", project=trained_project.key)
    assert not test.exception
    (component,) = test.get("bidi_component")
    data = json.loads(component.proto.json)
    assert (data["run"], data["method"]) == (trained_project.runs()[0].id, "pca")
    assert data["classes"] == list(trained_project.class_names)
    assert len(component.proto.json) < 2_000


def test_without_the_package_the_page_says_which_extra_to_install(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    test = open_page("map", project=trained_project.key)
    test.session_state["map-method"] = "pacmap"
    test.run()
    assert not test.exception
    assert "pip install 'winnow[map]'" in test.info[0].value
    assert not test.get("bidi_component")


def test_with_the_package_pacmap_is_computed_at_a_press(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr("core.similarity.image_map.ImageMap.problem", "")
    monkeypatch.setattr("core.similarity.image_map.ImageMap.start", lambda self, seed: started.append(seed))
    test = open_page("map", project=trained_project.key)
    test.session_state["map-method"] = "pacmap"
    test.run()
    test.button(key="map-compute").click().run()
    assert started == [0]


def test_without_a_project_the_page_points_to_start() -> None:
    assert "page **Start**" in texts(open_page("map"))


def test_without_a_run_the_page_points_to_train(untrained_project: Project) -> None:
    assert "page **Train**" in texts(open_page("map", project=untrained_project.key))
