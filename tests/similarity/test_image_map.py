"""Maps of a run's images: PCA, PaCMAP in its own process, what is stored."""

import importlib.util
import time

import numpy as np
import pytest

from core import InputError, Project
from core.similarity.image_map import ImageMap
from core.similarity.map_worker import MapWorker


@pytest.fixture
def image_map(trained_project: Project) -> ImageMap:
    return trained_project.review(trained_project.runs()[0].id).map


def test_a_map_has_a_place_for_each_labeled_and_pool_image(trained_project: Project, image_map: ImageMap) -> None:
    places = image_map.coordinates("pca")
    assert places is not None
    assert places.shape == (len(image_map.ids), 2)
    assert np.isfinite(places).all()
    splits = trained_project.splits
    assert np.array_equal(image_map.ids, np.union1d(splits.labeled, splits.pool))


def test_of_a_larger_pool_a_part_is_shown_evenly(
    trained_project: Project, image_map: ImageMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.similarity.image_map.MOST_POINTS", 10)
    shown = np.setdiff1d(image_map.ids, trained_project.splits.labeled)
    pool = trained_project.splits.pool
    assert len(shown) == 10
    assert {shown[0], shown[-1]} == {pool[0], pool[-1]}


def test_hidden_images_leave_a_stored_map_and_the_others_keep_their_places(
    trained_project: Project, image_map: ImageMap
) -> None:
    run, before = trained_project.runs()[0].id, image_map.ids
    stored = np.stack([before, before], axis=1).astype(np.float32)
    np.save(image_map.file(0), stored)
    for gone in (before[[0, 40]], before[[7, 50]]):  # as many images, others
        trained_project.hide_images(gone, "blurred")
        now = trained_project.review(run).map
        assert now.ids.tolist() == np.setdiff1d(before, gone).tolist()
        places = now.coordinates("pacmap")
        assert places is not None
        np.testing.assert_array_equal(places[:, 0], now.ids)
        flat = now.coordinates("pca")
        assert flat is not None
        assert len(flat) == len(now.ids)
        trained_project.undo_hide()


def test_an_unknown_map_is_refused_with_the_known_ones(image_map: ImageMap) -> None:
    with pytest.raises(InputError, match=r"no map called 'tsne'.*pca, pacmap"):
        image_map.coordinates("tsne")


def test_without_the_package_the_sentence_names_the_extra(image_map: ImageMap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert image_map.coordinates("pacmap") is None
    with pytest.raises(InputError, match=r"pip install 'winnow\[map\]'"):
        image_map.start()


def test_too_few_images_are_refused(image_map: ImageMap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr("core.similarity.image_map.FEWEST_POINTS", 10_000)
    with pytest.raises(InputError, match="at least 10000 images"):
        image_map.start()


def fake_coordinates(features: np.ndarray, seed: int, tell: object) -> np.ndarray:
    return np.full((len(features), 2), seed, dtype=np.float32)


def prepared(image_map: ImageMap, monkeypatch: pytest.MonkeyPatch, seed: int) -> str:
    """A queued job whose process has not begun."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr("core.similarity.image_map.start_worker", lambda *arguments: 0)
    status = image_map.start(seed)
    assert status.state == "queued"
    return "001"


def test_the_worker_stores_the_places_of_its_seed_for_all_runs_on_these_features(
    trained_project: Project, image_map: ImageMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = prepared(image_map, monkeypatch, seed=4)
    monkeypatch.setattr("core.similarity.map_worker.pacmap_coordinates", fake_coordinates)
    assert MapWorker(trained_project.path, number).run() == 0
    places = image_map.coordinates("pacmap", 4)
    assert places is not None
    assert (places == 4).all()
    assert image_map.coordinates("pacmap", 0) is None
    status = image_map.status(4)
    assert status is not None
    assert (status.state, status.done, status.total) == ("done", 450, 450)
    assert image_map.status(0) is None


def test_a_cancelled_map_stores_nothing_and_can_be_started_again(
    trained_project: Project, image_map: ImageMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = prepared(image_map, monkeypatch, seed=0)
    image_map.cancel()
    assert MapWorker(trained_project.path, number).run() == 0
    status = image_map.status()
    assert status is not None
    assert status.state == "cancelled"
    assert image_map.coordinates("pacmap") is None
    assert image_map.start().state == "queued"


def test_a_failed_map_says_why(trained_project: Project, image_map: ImageMap, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise ValueError("no neighbors")

    number = prepared(image_map, monkeypatch, seed=0)
    monkeypatch.setattr("core.similarity.map_worker.pacmap_coordinates", fail)
    assert MapWorker(trained_project.path, number).run() == 1
    status = image_map.status()
    assert status is not None
    assert (status.state, "no neighbors" in status.message) == ("failed", True)


@pytest.mark.skipif(importlib.util.find_spec("pacmap") is None, reason="pip install 'winnow[map]'")
def test_pacmap_runs_in_its_own_process_to_the_end(image_map: ImageMap) -> None:
    image_map.start(seed=1)
    end = time.monotonic() + 200
    while (status := image_map.status(1)) is not None and status.state in ("queued", "running"):
        assert time.monotonic() < end
        time.sleep(0.5)
    assert status is not None
    assert status.state == "done", status.message
    places = image_map.coordinates("pacmap", 1)
    assert places is not None
    assert np.isfinite(places).all()
    assert places.std() > 0
