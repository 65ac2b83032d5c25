"""The database migrates on opening, has one writer at a time, and explains failures."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from core.base.errors import DataError
from core.store.database import metadata, open_reader, open_writer
from core.store.decision_log import DecisionLog, NewDecision


def accept(name: str) -> NewDecision:
    return NewDecision(name, "me", "001", "accept", 0, suggestion=2, label=2, score=0.75)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "decisions.db"


@pytest.fixture
def log(file: Path) -> DecisionLog:
    return DecisionLog(file)


def test_the_tables_in_code_are_those_that_the_migrations_make(log: DecisionLog, file: Path) -> None:
    with open_reader(file).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_path_with_odd_letters_is_the_file_itself(tmp_path: Path) -> None:
    folder = tmp_path / "50% off? #1 ü"
    folder.mkdir()
    DecisionLog(folder / "decisions.db").append([accept("a")])
    assert (folder / "decisions.db").stat().st_size > 0


def test_a_writer_holds_the_database_from_its_first_moment(file: Path) -> None:
    engine = open_writer(file)
    with (
        engine.begin(),
        closing(sqlite3.connect(file, timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")


def test_log_of_a_newer_version_asks_for_an_update(log: DecisionLog, file: Path) -> None:
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DataError, match=r"decisions\.db was written by a newer version of Winnow: update Winnow"):
        DecisionLog(file)


def test_file_that_is_no_database_is_said_in_a_sentence_and_left_alone(file: Path) -> None:
    file.write_text("these are notes, not decisions" * 100)
    with pytest.raises(
        DataError, match=r"decisions\.db cannot be used .* no decision log, and decisions in it may be lost.*doctor"
    ):
        DecisionLog(file)
    assert file.read_text().startswith("these are notes")


def test_folder_in_the_place_of_the_file_or_no_folder_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    for path in (tmp_path / "folder.db", tmp_path / "gone" / "decisions.db"):
        with pytest.raises(DataError, match=r"unable to open .* check the project folder"):
            DecisionLog(path)


@pytest.mark.parametrize(
    ("pragma", "sentence"),
    [("max_page_count = 1", "disk is full.* free some space"), ("query_only = ON", "read-only: make the file")],
)
def test_full_or_read_only_disk_stores_nothing_of_the_batch_and_says_so(
    log: DecisionLog, pragma: str, sentence: str
) -> None:
    stored = log.append([accept("a")])
    with log._writer.connect() as connection:  # SQLite's own way to play a full and a read-only disk
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql(f"PRAGMA {pragma}")
        connection.exec_driver_sql("BEGIN")
    with pytest.raises(DataError, match=sentence):
        log.append([accept(f"b{number}") for number in range(2000)])
    assert log.rows_after(0) == stored
