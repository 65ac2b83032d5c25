"""A project that may only be read can be looked at; a write is answered by a sentence and changes nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core import DataError, PageQuery, Project
from core.store import decision_log
from core.store.decision_log import DecisionLog, NewDecision

RUN = "001-supervised-mlp"


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision_log, "is_writable", lambda path: False)


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-shm"))
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def accept(name: str) -> NewDecision:
    return NewDecision(name, "me", RUN, "accept", 0, suggestion=2, label=2, score=0.75)


@pytest.mark.usefixtures("read_only")
def test_a_project_that_may_only_be_read_is_shown_and_left_as_it_is(trained_project: Project, tmp_path: Path) -> None:
    before = contents(trained_project.path)
    project = Project.open(trained_project.path)
    assert len(project.review(RUN).page(PageQuery("entropy")).cards)
    assert project.export("csv", tmp_path / "out").exists()
    with pytest.raises(DataError, match="may not write to it: nothing was saved"):
        project.decide(RUN, "accept", int(project.splits.pool[0]))
    assert contents(trained_project.path) == before


def test_a_log_that_may_only_be_read_shows_what_others_write_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "decisions.db"
    writer = DecisionLog(file)
    writer.append([accept("a")])
    monkeypatch.setattr(decision_log, "is_writable", lambda path: False)
    reader = DecisionLog(file)
    assert [decision.command_id for decision in reader.rows_after(0)] == ["a"]
    writer.append([accept("b")])  # it is in the journal, not yet in the file itself
    assert [decision.command_id for decision in reader.rows_after(0)] == ["a", "b"]
    with closing(sqlite3.connect(reader.file)) as copy:
        assert copy.execute("SELECT COUNT(*) FROM decisions").fetchone() == (2,)
    assert reader.file.parent != tmp_path


@pytest.mark.usefixtures("read_only")
def test_a_log_that_is_not_there_and_may_not_be_made_is_empty(tmp_path: Path) -> None:
    assert DecisionLog(tmp_path / "decisions.db").rows_after(0) == []
    assert list(tmp_path.iterdir()) == []
