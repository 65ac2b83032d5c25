"""A lost or overwritten log is noticed, copied day by day, and repaired from its copy."""

import os
import sqlite3
import time
from pathlib import Path

import pytest

from core import Project
from core.base.errors import DataError, InputError
from core.project.project_check import check_project, repair_project
from core.store import log_copies, project_backup
from core.store.log_copies import copies, keep_copy, log_mark
from tests.cli.shell import Shell

RUN = "001-supervised-mlp"


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def decided(trained_project: Project) -> Path:
    """Folder of a project with three decisions, a copy of them, and an export that saw them."""
    for image in trained_project.splits.pool[:3].tolist():
        trained_project.decide(RUN, "accept", image)
    trained_project.export("csv", trained_project.path / "exports" / "csv")
    assert keep_copy(trained_project.path) is not None
    return trained_project.path


def lose_log(project: Path) -> None:
    """Delete the log with its journal."""
    for end in ("", "-wal", "-shm"):
        (project / f"decisions.db{end}").unlink(missing_ok=True)


def test_a_whole_log_has_no_problem_and_no_second_copy_of_the_day(decided: Path) -> None:
    assert Project.open(decided).decisions.problem is None
    assert keep_copy(decided) is None
    assert len(copies(decided)) == 1
    assert log_mark(copies(decided)[0]) == log_mark(decided / "decisions.db")
    assert check_project(decided).problems == ()


def test_a_deleted_log_is_noticed_and_repaired(decided: Path, shell: Shell, caplog: pytest.LogCaptureFixture) -> None:
    before = Project.open(decided).curate().digest
    lose_log(decided)
    project = Project.open(decided)
    assert project.decisions.problem is not None
    for words in ("is not the log that it was", "saw 3 decisions up to #3", "now holds 0", "winnow doctor"):
        assert words in project.decisions.problem
    assert project.decisions.problem in caplog.text
    project.decide(RUN, "relabel", int(project.splits.pool[5]), 1)  # made since
    assert shell("doctor", decided)[1].count("problem") == 2
    code, out, err = shell("doctor", decided, "--repair")
    assert (code, "with 4 decisions, 1 of them made since" in out, err) == (0, True, "")
    again = Project.open(decided)
    assert again.decisions.problem is None
    assert [line.verdict for line in again.decisions.all()] == ["accept"] * 3 + ["relabel"]
    again.undo()
    assert again.curate().digest == before


def test_an_overwritten_log_is_noticed_and_never_copied_over_the_good_copy(decided: Path) -> None:
    copy = copies(decided)[0]
    good = log_mark(copy)
    lose_log(decided)
    other = Project.open(decided)
    for image in other.splits.pool[10:16].tolist():
        other.decide(RUN, "accept", image)
    os.utime(copy, (0, time.time() - 2 * log_copies.LEAST_AGE))
    project = Project.open(decided)
    assert "now holds 6, without that one" in str(project.decisions.problem)
    assert log_mark(copy) == good


def test_a_damaged_log_is_told_with_its_cure(decided: Path) -> None:
    lose_log(decided)
    (decided / "decisions.db").write_bytes(b"SQLite format 3\0" + bytes(5000))
    with pytest.raises(DataError, match=r"decisions in it may be lost.*winnow doctor PROJECT --repair") as told:
        _ = Project.open(decided).decisions
    assert "No decision that was acknowledged is lost" not in str(told.value)
    assert any("is damaged" in problem for problem in check_project(decided).problems)
    assert repair_project(decided).num_decisions == 3
    assert Project.open(decided).decisions.problem is None


def test_decisions_about_runs_of_another_project_are_left_aside(decided: Path) -> None:
    lose_log(decided)
    other = Project.open(decided)
    other.decide(RUN, "accept", int(other.splits.pool[4]))
    with sqlite3.connect(decided / "decisions.db") as connection:
        connection.execute(
            "INSERT INTO decisions (command_id, time, reviewer, run_id, verdict, params, num_images) "
            "VALUES ('x', 't', 'me', '009-other', 'accept', '{}', 1)"
        )
    connection.close()
    done = repair_project(decided)
    assert (done.num_decisions, done.num_merged, done.num_left) == (3, 0, 2)
    assert done.kept is not None
    assert done.kept.exists()


def test_five_days_of_copies_are_kept(decided: Path) -> None:
    copy = copies(decided)[0]
    for day in range(1, 8):
        (copy.parent / f"decisions-2020-01-0{day}.db").write_bytes(copy.read_bytes())
    project = Project.open(decided)
    project.decide(RUN, "accept", int(project.splits.pool[7]))
    os.utime(copy, (0, time.time() - 2 * log_copies.LEAST_AGE))
    assert keep_copy(decided) == copy
    assert [path.name for path in copies(decided)] == [
        copy.name, *(f"decisions-2020-01-0{day}.db" for day in (7, 6, 5, 4)),
    ]  # fmt: skip
    assert log_mark(copy).count == 4


def test_a_run_records_the_end_of_the_log(decided: Path) -> None:
    project = Project.open(decided)
    run = project.start_run(project.run(RUN).record.config)
    mark = log_mark(decided / "decisions.db")
    assert log_copies.log_marks(decided)[f"run {run.id}"] == mark
    assert log_copies.log_marks(decided)["export csv"] == mark
    project.wait_run(run.id, timeout=120)


def test_a_project_without_a_copy_says_where_to_look(decided: Path) -> None:
    copies(decided)[0].unlink()
    lose_log(decided)
    with pytest.raises(DataError, match=r"no whole copy of the log in .*backups: restore the project from a backup"):
        repair_project(decided)


@pytest.mark.parametrize("name", ["p.tar", "p.tar.gz"])
def test_a_backup_gives_the_whole_project_back(decided: Path, tmp_path: Path, shell: Shell, name: str) -> None:
    assert shell("backup", decided, tmp_path / "out" / name)[0] == 0
    assert shell("restore", tmp_path / "out" / name, tmp_path / "again")[0] == 0
    old, new = Project.open(decided), Project.open(tmp_path / "again")
    assert new.curate().digest == old.curate().digest
    assert (new.run(RUN).folder.logits()[:] == old.run(RUN).folder.logits()[:]).all()
    assert new.decisions.all() == old.decisions.all()
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out" / name]


def test_a_damaged_backup_leaves_nothing(decided: Path, tmp_path: Path) -> None:
    project_backup.back_up(decided, tmp_path / "p.tar")
    data = bytearray((tmp_path / "p.tar").read_bytes())
    place = data.find(b"\x93NUMPY") + 2000
    data[place] ^= 1
    (tmp_path / "bad.tar").write_bytes(bytes(data))
    with pytest.raises(DataError, match="is damaged: 1 files differ"):
        project_backup.restore(tmp_path / "bad.tar", tmp_path / "again")
    with pytest.raises(DataError, match="damaged or no tar file"):
        project_backup.restore(decided / "project.toml", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_backups_never_replace_anything(decided: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lies in the project"):
        project_backup.back_up(decided, decided / "p.tar")
    project_backup.back_up(decided, tmp_path / "p.tar")
    with pytest.raises(InputError, match="is there already"):
        project_backup.back_up(decided, tmp_path / "p.tar")
    with pytest.raises(InputError, match="is there and not empty"):
        project_backup.restore(tmp_path / "p.tar", decided)
    with pytest.raises(InputError, match="does not exist"):
        project_backup.restore(tmp_path / "q.tar", tmp_path / "again")


@pytest.mark.parametrize("change", [{"last": float("inf")}, {"count": float("nan")}, {"last": None}, {"last": "many"}])
def test_a_damaged_mark_of_the_log_is_no_mark(change: dict[str, object]) -> None:
    facts = log_copies.LogMark(3, 2, "ab").facts()
    assert log_copies.LogMark.from_facts(facts) == log_copies.LogMark(3, 2, "ab")
    assert log_copies.LogMark.from_facts({**facts, **change}) is None
