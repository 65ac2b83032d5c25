"""Runs can be named, noted, starred, deleted and restored; nothing about them is lost."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from core import DataError, InputError, Project, RunError
from core.cli.app import app
from core.project.run_table import changes_between
from core.store.files import load_array, read_json, save_array, write_json
from core.store.run_folder import RunFolder, next_run_id
from core.workspace.growth import _grow_runs
from dashboard.state import project_cards

BASE, CHILD = "001-supervised-mlp", "002-supervised-mlp"


def add_child(project: Project, parent: str | None = BASE, **labels: int) -> None:
    """Copy the trained run as a second one."""
    runs = project.path / "runs"
    shutil.copytree(runs / BASE, runs / CHILD)
    facts = read_json(runs / CHILD / "run.json")
    counts = facts["num_labels"] | labels
    write_json(runs / CHILD / "run.json", facts | {"run_id": CHILD, "parent": parent, "num_labels": counts})


def test_name_note_and_star_are_kept_beside_the_facts_and_the_name_is_shown(trained_project: Project) -> None:
    facts = (trained_project.path / "runs" / BASE / "run.json").read_bytes()
    table = trained_project.run_table
    table.rename(BASE, "  First try ")
    table.note(BASE, "blurred images\nleft out")
    table.star(BASE)
    reopened = Project.open(trained_project.path)
    (row,) = reopened.run_table.rows()
    assert (row.notes.name, row.notes.note, row.notes.is_starred) == ("First try", "blurred images\nleft out", True)
    assert reopened.run(BASE).title == f"First try · {BASE}"
    assert (trained_project.path / "runs" / BASE / "run.json").read_bytes() == facts
    table.rename(BASE, "")
    assert table.star(BASE, False).title == BASE
    assert table.rows()[0].notes.note == "blurred images\nleft out"


def test_a_network_with_few_val_images_says_so_and_what_to_do(trained_project: Project) -> None:
    run, num_val = trained_project.run(BASE), len(trained_project.splits.val)
    assert num_val < 50
    note = run.val_note(num_val)
    assert note.startswith(f"Only {num_val} val images say the accuracy: ")
    assert note.endswith("fit a head, whose accuracy is cross-validated over its labels.")
    (row,) = trained_project.run_table.rows()
    assert row.val_note == note
    for command in ("status", "runs"):
        assert note in CliRunner().invoke(app, [command, str(trained_project.path)]).output
    assert f"right on only {num_val} val images" in project_cards._run_line(trained_project)
    assert run.val_note(50) == "", "enough"
    write_json(run.folder.path / "cross_validation.json", {"right": 9, "n": 10})
    assert run.val_note(num_val) == "", "said otherwise"


@pytest.mark.parametrize("name", ["x" * 81, "two\nlines", "\x00"])
def test_a_name_that_cannot_be_shown_is_refused(trained_project: Project, name: str) -> None:
    with pytest.raises(InputError, match="one line of at most 80 characters"):
        trained_project.run_table.rename(BASE, name)
    with pytest.raises(InputError, match="at most 2,000 characters"):
        trained_project.run_table.note(BASE, "x" * 2_001)
    with pytest.raises(InputError, match="no run called"):
        trained_project.run_table.star("009-none")


@pytest.mark.parametrize("content", ["{", "[]", '{"name": 3}', '{"star": "yes"}'])
def test_a_damaged_file_of_notes_is_one_sentence_and_the_run_stays_whole(
    trained_project: Project, content: str
) -> None:
    file = trained_project.path / "runs" / BASE / "notes.json"
    file.write_text(content)
    (row,) = trained_project.run_table.rows()
    assert row.problem is not None
    assert "notes.json cannot be read" in row.problem
    assert row.run.title == BASE
    assert not trained_project.broken_runs()
    with pytest.raises(DataError, match=r"notes\.json cannot be read"):
        trained_project.run_table.star(BASE)
    assert file.read_text() == content, "nothing is written over it"


def test_a_setting_that_the_later_run_does_not_read_is_no_change(trained_project: Project) -> None:
    before = trained_project.run(BASE).record
    config = before.config.model_copy(update={"threshold": 0.5, "wrn_depth": 40, "epochs": 9})
    assert changes_between(before, replace(before, config=config)) == (f"epochs {before.config.epochs} → 9",)


def test_the_changes_are_those_against_the_parent(trained_project: Project) -> None:
    add_child(trained_project, accepted=40)
    first, second = trained_project.run_table.rows()
    assert (first.compared_with, first.changes) == (None, ())
    assert (second.compared_with, second.changes) == (BASE, ("+40 accepted",))
    assert second.num_labels == first.num_labels + 40
    folder = trained_project.path / "runs" / CHILD
    facts = read_json(folder / "run.json")
    config = facts["config"] | {"epochs": facts["config"]["epochs"] + 1}
    write_json(folder / "run.json", facts | {"config": config})
    assert trained_project.run_table.rows()[1].changes == (
        f"epochs {facts['config']['epochs']} → {config['epochs']}",
        "+40 accepted",
    )


def test_the_accuracy_has_the_exact_interval_of_its_val_images(trained_project: Project) -> None:
    (row,) = trained_project.run_table.rows()
    assert row.val_accuracy is not None
    assert row.val_accuracy.n == len(trained_project.splits.val)
    assert row.val_accuracy.low <= row.val_accuracy.value <= row.val_accuracy.high
    assert row.val_accuracy.value == pytest.approx(
        trained_project.runs()[0].last_val_accuracy, abs=0.5 / row.val_accuracy.n
    )


def test_a_deleted_run_is_listed_nowhere_but_found_by_name_and_comes_back_whole(trained_project: Project) -> None:
    add_child(trained_project, parent=None)
    runs = trained_project.path / "runs"
    before = {file.relative_to(runs): file.read_bytes() for file in (runs / CHILD).rglob("*") if file.is_file()}
    trained_project.run_table.delete(CHILD)
    assert [run.id for run in trained_project.runs()] == [BASE]
    assert [run.id for run in trained_project.run_table.deleted()] == [CHILD]
    assert trained_project.run(CHILD).record.run_id == CHILD, "the log and exports still find it"
    assert trained_project.run_table.restore(CHILD).id == CHILD
    after = {file.relative_to(runs): file.read_bytes() for file in (runs / CHILD).rglob("*") if file.is_file()}
    assert after == before
    assert not trained_project.run_table.deleted()


def test_the_number_of_a_deleted_run_stays_taken(trained_project: Project) -> None:
    add_child(trained_project, parent=None)
    config = trained_project.run(CHILD).record.config
    trained_project.run_table.delete(CHILD)
    assert next_run_id(trained_project.path / "runs", config).startswith("003-")


def test_labels_of_a_deleted_run_can_still_be_exported(trained_project: Project, tmp_path: Path) -> None:
    image = int(trained_project.splits.pool[0])
    trained_project.decide(BASE, "accept", image)
    before = trained_project.export("csv", tmp_path / "before").read_bytes()
    trained_project.run_table.delete(BASE)
    assert Project.open(trained_project.path).export("csv", tmp_path / "after").read_bytes() == before


def test_a_run_that_another_depends_on_says_which(trained_project: Project) -> None:
    add_child(trained_project)
    table = trained_project.run_table
    with pytest.raises(RunError, match=f"{CHILD} follows {BASE}"):
        table.delete(BASE)
    table.delete(CHILD)
    table.delete(BASE)
    with pytest.raises(RunError, match=f"restore {BASE} first"):
        table.restore(CHILD)
    table.restore(BASE)
    table.restore(CHILD)
    write_json(trained_project.path / "runs" / CHILD / "arm.json", {"arm": "random_clicks", "control_of": BASE})
    facts = read_json(trained_project.path / "runs" / CHILD / "run.json")
    write_json(trained_project.path / "runs" / CHILD / "run.json", facts | {"parent": None})
    with pytest.raises(RunError, match=f"{CHILD} is a control of {BASE}"):
        table.delete(BASE)


def test_a_live_run_is_not_deleted(trained_project: Project) -> None:
    record = replace(trained_project.run(BASE).record, run_id=CHILD)
    RunFolder.create(trained_project.path / "runs", record)
    with pytest.raises(RunError, match="is queued: cancel it"):
        trained_project.run_table.delete(CHILD)


def test_a_deleted_run_gets_rows_for_new_images_as_well(trained_project: Project) -> None:
    file = trained_project.run(BASE).folder.path / "predictions" / "logits.npy"
    whole = load_array(file)
    shape, fewer = whole.shape, np.array(whole[:-3])
    save_array(file, fewer)
    trained_project.run_table.delete(BASE)
    _grow_runs(trained_project.workspace)
    logits = load_array(trained_project.run_table.restore(BASE).folder.path / "predictions" / "logits.npy")
    assert logits.shape == shape
    assert np.array_equal(logits[:-3], fewer)
