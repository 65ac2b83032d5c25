"""The pool index matches the logits and is rebuilt when they differ.

Where it cannot be kept, everything works without it.
"""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.synthetic import RUN, synthetic_project
from core import PageQuery, Project
from core.scoring.scores import RANKINGS, order
from core.store.files import save_array, write_json
from core.workspace import pool_index
from core.workspace.pool_index import score_images


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(pool_index, "LEAST", 100)
    return synthetic_project(tmp_path / "pool", num_images=2000)


def test_an_index_holds_what_scoring_gives_and_pages_are_the_same(project: Project) -> None:
    folder, ids = project.run(RUN).folder, project.splits.pool
    plain, kept = score_images(folder, ids), pool_index.pool_scores(folder, ids)
    again = pool_index.pool_scores(folder, ids)
    for found in (kept, again):
        np.testing.assert_array_equal(found.ids, plain.ids)
        for name in ("confidence", "entropy", "margin", "pseudo_labels"):
            np.testing.assert_array_equal(getattr(found.scores, name), getattr(plain.scores, name))
        for name in pool_index.ORDERED:
            np.testing.assert_array_equal(found.orders[name], order(RANKINGS[name](plain.scores)))
    assert found.scores.num_classes == plain.scores.num_classes
    bins = project.review(RUN).histogram.counts("entropy")["counts"]
    assert np.sum(bins) == 2000


@pytest.mark.parametrize("what", ["logits", "temperature", "pool", "damage"])
def test_an_index_that_no_longer_fits_is_made_anew(project: Project, what: str) -> None:
    folder, ids = project.run(RUN).folder, project.splits.pool
    pool_index.pool_scores(folder, ids)
    if what == "logits":
        save_array(folder.path / "predictions" / "logits.npy", np.roll(np.array(folder.logits()), 1, axis=1))
    elif what == "temperature":
        write_json(folder.path / "calibration.json", {"temperature": 2.5})
    elif what == "pool":
        ids = ids[5:]
    else:
        (folder.path / "predictions" / "index" / "index.json").write_text("{")
    wanted, found = score_images(folder, ids), pool_index.pool_scores(folder, ids)
    np.testing.assert_array_equal(found.scores.confidence, wanted.scores.confidence)
    np.testing.assert_array_equal(found.scores.pseudo_labels, wanted.scores.pseudo_labels)
    assert found.orders


def test_without_a_place_to_write_the_page_comes_all_the_same(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError("read-only")

    monkeypatch.setattr("core.workspace.pool_index.draft_folder", refuse)
    assert len(project.review(RUN).page(PageQuery()).cards) == 48
    assert not (project.run(RUN).folder.path / "predictions" / "index").exists()
