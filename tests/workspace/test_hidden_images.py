"""Hidden images leave every part of a project, wherever it is read, and come back as they were."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from core import Command, PageQuery, Project, RunError
from core.cli.app import app
from core.data.label_corrections import with_corrections
from core.store.project_backup import back_up, restore
from core.workspace.pool_index import pool_scores
from tests.conftest import QUICK, SMALL
from tests.live.test_live_model import HEAD, decide, fitted
from tests.live.test_live_model import RUN as HEAD_RUN


def run_of(project: Project) -> str:
    (run,) = project.runs()
    return run.id


def some(project: Project) -> np.ndarray:
    """Two images of each part."""
    splits = project.splits
    return np.concatenate(
        [getattr(splits, name)[:2] for name in ("labeled", "val", "calibration", "unlabeled", "test")]
    )


def test_hidden_images_are_in_no_part_no_queue_and_no_scores(trained_project: Project) -> None:
    project, run = trained_project, run_of(trained_project)
    before, num_pool = project.splits, len(project.scores(run).ids)
    ids = some(project)
    assert project.hide_images(ids, "blurred", "ann").tolist() == np.sort(ids).tolist()
    for name in ("labeled", "val", "calibration", "unlabeled", "test"):
        assert getattr(project.splits, name).tolist() == getattr(before, name)[2:].tolist(), name
    pool = project.scores(run)
    assert len(pool.ids) == num_pool - 4
    shown = [card.id for card in project.review(run).page(PageQuery(count=500)).cards]
    assert sorted(shown) == pool.ids.tolist()
    assert not set(ids.tolist()) & set(shown)
    assert sum(project.decisions.counts().values()) == num_pool - 4
    other = Project.open(project.path)  # another process
    np.testing.assert_array_equal(other.splits.pool, project.splits.pool)
    project.undo_hide()
    assert project.splits.pool.tolist() == before.pool.tolist()
    assert len(project.scores(run).ids) == num_pool
    assert len(project.review(run).page(PageQuery(count=500)).cards) == num_pool
    assert len(other.scores(run).ids) == num_pool


def test_decisions_about_hidden_images_do_not_count_until_they_are_shown_again(trained_project: Project) -> None:
    project, run = trained_project, run_of(trained_project)
    decide(project, run, 6)
    before = project.curate()
    image = int(before.ids[before.decisions > 0][0])
    project.hide_images([image], "private")
    assert image not in project.curate().ids
    assert not project.decisions.is_open()[image]
    assert image not in project.decisions.trained_ids()
    assert len(project.decisions.all()) == 6, "the log keeps them"
    outcome = project.decisions.execute([Command("c", "none", run, "bob", image, 0)])[0]
    assert (outcome.status, "private" in outcome.reason, "hidden by me" in outcome.reason) == ("refused", True, True)
    project.show_images([image])
    assert project.curate().digest == before.digest


def test_a_run_is_prepared_without_hidden_images_and_keeps_to_what_it_began_with(untrained_project: Project) -> None:
    project = untrained_project
    labeled, val = int(project.splits.labeled[0]), int(project.splits.val[0])
    project.hide_images([labeled, val], "damaged")
    run = project.wait_run(project.start_run(QUICK).id, timeout=120)
    assert run.status.state == "done"
    frozen = run.folder.curated()
    assert frozen is not None
    assert labeled not in frozen.ids
    assert len(frozen.ids) == len(project.splits.labeled)
    project.undo_hide()
    assert labeled in project.curate().ids
    _, parts = with_corrections(project.images, project.workspace.original_splits, run.folder.path)
    assert val not in parts.val, "what its worker reads when it goes on"
    assert val in project.splits.val
    again = run.folder.curated()
    assert again is not None
    assert again.digest == frozen.digest


def test_exports_and_predictions_are_without_hidden_images(trained_project: Project, tmp_path: Path) -> None:
    project, run = trained_project, run_of(trained_project)
    ids = some(project)
    decide(project, run, 10)
    project.hide_images(ids, "blurred")
    for what in ("labels", "held-out"):
        project.export("csv", tmp_path / what, run, held_out=what == "held-out")
        with next((tmp_path / what).glob("*.csv")).open(encoding="utf-8", newline="") as file:
            found = {int(row["image_id"]) for row in csv.DictReader(file)}
        assert found
        assert not found & set(ids.tolist()), what
    manifest = json.loads((tmp_path / "labels" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["hidden"] == {"images": len(ids), "reasons": {"blurred": len(ids)}}


def test_versions_from_before_a_hiding_are_made_again_to_the_same_bytes(pictures: Path, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "shapes", pictures, split=SMALL)
    project.wait_run(project.start_run(HEAD).id, timeout=120)
    decide(project, HEAD_RUN, 10)
    project.live.refresh(HEAD_RUN)
    fitted(project)
    first = project.run(f"{HEAD_RUN}@10").folder
    bytes_before = (first.path / "predictions" / "logits.npy").read_bytes()
    decided = int(np.flatnonzero(project.decisions.state().verdict)[0])
    project.hide_images([decided, int(project.splits.labeled[0])], "blurred")
    decide(project, HEAD_RUN, 5)
    project.live.refresh(HEAD_RUN)
    fitted(project)
    later = project.run(f"{HEAD_RUN}@15").folder
    shutil.rmtree(first.path / "predictions")
    Project.open(project.path).run(f"{HEAD_RUN}@10")
    assert (first.path / "predictions" / "logits.npy").read_bytes() == bytes_before
    record = json.loads((later.path / "version.json").read_text())
    assert record["num_clicks"] == 14, "of 15 decisions one is about a hidden image"
    assert record["labels"] == project.curate().digest, "nor does it learn the given label that is hidden"


def test_val_images_of_a_version_are_those_of_its_time(trained_project: Project) -> None:
    project, run = trained_project, run_of(trained_project)
    decide(project, run, 3)
    val, before = int(project.splits.val[0]), project.decisions.last_id()
    project.hide_images([val], "blurred")
    decide(project, run, 2)
    assert val in project.decisions.val_items(before)[0]
    assert val not in project.decisions.val_items(project.decisions.last_id())[0]
    assert val not in project.decisions.val_items()[0]


def test_a_pool_that_grows_keeps_what_is_hidden(trained_project: Project, pictures: Path, tmp_path: Path) -> None:
    image = int(trained_project.splits.unlabeled[0])
    trained_project.hide_images([image], "copy")
    more = tmp_path / "more"
    more.mkdir()
    file = next(path for path in sorted(pictures.rglob("*.png")))
    shutil.copy(file, more / "new.png")
    trained_project.add_images(more)
    project = Project.open(trained_project.path)
    assert project.hidden_images.ids.tolist() == [image]
    assert image not in project.splits.pool
    project.undo_hide()
    assert image in project.splits.pool


def test_scores_of_an_index_without_some_rows_are_those_of_the_rest(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.workspace.pool_index.LEAST", 10)
    folder, ids = trained_project.run(run_of(trained_project)).folder, trained_project.splits.pool
    gone = ids[::3]
    left = pool_scores(folder, ids).without(gone)
    fresh = pool_scores(folder, np.setdiff1d(ids, gone))
    np.testing.assert_array_equal(left.ids, fresh.ids)
    np.testing.assert_array_equal(left.scores.entropy, fresh.scores.entropy)
    for name, order in fresh.orders.items():
        np.testing.assert_array_equal(left.orders[name], order)
        np.testing.assert_array_equal(left.bins[name], fresh.bins[name])


def test_given_labels_and_counts_of_parts_are_without_hidden_images(trained_project: Project) -> None:
    ids, before = some(trained_project), trained_project.summary().split_sizes["labeled"]
    trained_project.hide_images(ids, "blurred")
    assert not np.isin(ids, trained_project.workspace.given_ids()).any()
    assert not trained_project.workspace.is_given(int(ids[0]))
    assert trained_project.summary().split_sizes["labeled"] == before - 2


def test_a_backup_keeps_what_is_hidden(trained_project: Project, tmp_path: Path) -> None:
    trained_project.hide_images([3, 4], "blurred")
    back_up(trained_project.path, tmp_path / "backup.tar")
    restore(tmp_path / "backup.tar", tmp_path / "restored")
    assert Project.open(tmp_path / "restored").hidden_images.by_reason()["blurred"].tolist() == [3, 4]


def test_a_run_of_a_method_on_features_after_hiding(untrained_project: Project) -> None:
    untrained_project.hide_images(some(untrained_project), "blurred")
    run = untrained_project.wait_run(untrained_project.start_run(HEAD).id, timeout=120)
    assert run.status.state == "done"
    assert len(untrained_project.scores(run.id).ids) == len(untrained_project.splits.pool)


def test_a_run_of_a_project_whose_images_are_all_hidden_ends_in_a_sentence(untrained_project: Project) -> None:
    untrained_project.hide_images(np.arange(len(untrained_project.images.labels)), "private")
    assert not len(untrained_project.splits.pool)
    with pytest.raises(RunError, match="There is no labeled image to train on"):
        untrained_project.wait_run(untrained_project.start_run(QUICK).id, timeout=120)


def test_the_command_hides_lists_shows_and_takes_back(trained_project: Project) -> None:
    path, runner = str(trained_project.path), CliRunner()

    def winnow(*words: str) -> tuple[int, str]:
        done = runner.invoke(app, ["hide", path, *words])
        return done.exit_code, done.output

    assert winnow() == (0, "No image is hidden.\n")
    code, text = winnow("--image", "3", "--image", "4", "--reason", "blurred")
    assert code == 0
    assert "2 images hidden." in text
    assert "blurred" in text
    name = str(trained_project.images.names[7])
    found = json.loads(winnow("--name", name, "--reason", "private", "--json")[1])
    assert found["changed"] == [7]
    assert {row["reason"]: row["images"] for row in found["reasons"]} == {"blurred": [3, 4], "private": [7]}
    assert "1 of the named were hidden already" in winnow("--image", "3", "--image", "5", "--reason", "x")[1]
    assert "1 image shown again" in winnow("--image", "5", "--show")[1]
    assert "taken back" in winnow("--undo")[1]
    assert trained_project.hidden_images.ids.tolist() == [3, 4, 5, 7]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--image", "3"], "Say why"),
        (["--image", "100000", "--reason", "x"], "no image 100000"),
        (["--name", "nothing*", "--reason", "x"], "No image is named nothing*"),
        (["--reason", "x"], "Which images?"),
        (["--show"], "Which images?"),
        (["--undo"], "nothing to take back"),
        (["--undo", "--image", "3"], "name no images"),
        (["--show", "--image", "3", "--reason", "x"], "leave --reason out"),
        (["--image", "3", "--reason", "x" * 300], "300 characters"),
    ],
)
def test_what_the_command_cannot_do_is_a_sentence_and_hides_nothing(
    trained_project: Project, words: list[str], sentence: str
) -> None:
    done = CliRunner().invoke(app, ["hide", str(trained_project.path), *words])
    text = str(done.exception) + done.output
    assert done.exit_code != 0
    assert sentence in text
    assert not len(trained_project.hidden_images)
