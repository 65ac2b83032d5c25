"""The decision log loses, repeats and changes no acknowledged decision."""

import random
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import DataError
from core.base.types import BulkSet
from core.store.decision_log import DecisionLog, NewDecision, ids_digest


def accept(name: str, image_id: int = 0) -> NewDecision:
    return NewDecision(name, "me", "001", "accept", image_id, suggestion=2, label=2, score=0.75)


def bulk(name: str, num_images: int) -> NewDecision:
    rng = np.random.default_rng(num_images)
    images = BulkSet(np.sort(rng.permutation(4 * num_images)[:num_images]), rng.integers(0, 10, num_images))
    return NewDecision(name, "me", "001", "bulk_accept", params={"rule": "fixed_threshold"}, bulk=images)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "decisions.db"


@pytest.fixture
def log(file: Path) -> DecisionLog:
    return DecisionLog(file)


# --- what is stored -------------------------------------------------------------------------------------------------


def test_decision_comes_back_with_every_field_numbered_and_dated(log: DecisionLog, file: Path) -> None:
    new = NewDecision("c", "ann", "001", "relabel", 7, 2, 3, 0.5, {"rule": "größte", "p": 0.1})
    (stored,) = log.append([new])
    assert DecisionLog(file).rows_after(0) == [stored]
    for name in ("command_id", "reviewer", "run_id", "verdict", "image_id", "suggestion", "label", "score", "params"):
        assert getattr(stored, name) == getattr(new, name)
    assert (stored.id, stored.num_images, stored.ids_hash, stored.undo_of) == (1, 1, None, None)
    assert stored.time.endswith("+00:00")


def test_undo_is_one_more_row_and_the_undone_row_stays(log: DecisionLog) -> None:
    (first,) = log.append([accept("a")])
    log.append([NewDecision("u", "me", "", "undo", undo_of=first.id)])
    assert [(row.verdict, row.undo_of) for row in log.rows_after(0)] == [("accept", None), ("undo", first.id)]


def test_rows_after_a_cursor_are_those_stored_since_in_order(log: DecisionLog) -> None:
    log.append([accept("a"), accept("b")])
    cursor = log.rows_after(0)[-1].id
    log.append([accept("c"), accept("d")])
    assert [row.command_id for row in log.rows_after(cursor)] == ["c", "d"]
    assert log.rows_after(log.rows_after(0)[-1].id) == []


def test_history_is_newest_first_and_of_one_image_where_named(log: DecisionLog) -> None:
    log.append([accept("a", 1), accept("b", 2), accept("c", 1)])
    assert [row.command_id for row in log.history(2)] == ["c", "b"]
    assert [row.command_id for row in log.history(10, image_id=1)] == ["c", "a"]
    assert log.history(10, image_id=9) == []


def test_empty_batch_stores_nothing(log: DecisionLog) -> None:
    assert log.append([]) == []
    assert log.rows_after(0) == []


# --- idempotent -----------------------------------------------------------------------------------------------------


def test_resent_command_answers_with_the_stored_row_and_adds_none(log: DecisionLog) -> None:
    first = log.append([accept("a", 1), accept("b", 2)])
    again = log.append([accept("b", 2), accept("c", 3), accept("a", 1)])
    assert [again[2], again[0]] == first
    assert [row.command_id for row in log.rows_after(0)] == ["a", "b", "c"]


def test_command_twice_in_one_batch_is_stored_once(log: DecisionLog) -> None:
    one, two = log.append([accept("a"), accept("a")])
    assert one == two
    assert len(log.rows_after(0)) == 1


def test_resent_command_with_other_content_changes_nothing(log: DecisionLog) -> None:
    (first,) = log.append([accept("a", 1)])
    assert log.append([accept("a", 5)]) == [first]


def test_batch_longer_than_one_query_may_be_is_answered_in_order(log: DecisionLog) -> None:
    names = [f"c{n}" for n in range(40_000)]
    assert [row.command_id for row in log.append([accept(name) for name in names])] == names


# --- bulk -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("num_images", [0, 1, 5000])
def test_bulk_decision_keeps_its_images_and_labels(log: DecisionLog, num_images: int) -> None:
    new = bulk("b", num_images)
    assert new.bulk is not None
    (stored,) = log.append([new])
    assert (stored.num_images, stored.image_id) == (num_images, None)
    assert stored.ids_hash == ids_digest(new.bulk.ids, new.bulk.labels)
    found = log.bulk_set(stored.ids_hash)
    np.testing.assert_array_equal(found.ids, new.bulk.ids)
    np.testing.assert_array_equal(found.labels, new.bulk.labels)


def test_same_bulk_set_accepted_twice_is_kept_once(log: DecisionLog, file: Path) -> None:
    first, second = log.append([bulk("a", 10), bulk("b", 10)])
    assert first.ids_hash == second.ids_hash
    with closing(sqlite3.connect(file)) as raw:
        assert raw.execute("SELECT count(*) FROM id_sets").fetchone() == (1,)


def test_digest_tells_ids_and_labels_apart() -> None:
    digests = {
        ids_digest(np.array(ids), np.array(labels)) for ids, labels in [([1, 2], [0, 1]), ([1, 2], [1, 0]), ([1], [2])]
    }
    assert len(digests) == 3


def test_hundred_thousand_images_are_accepted_in_a_third_of_a_second(log: DecisionLog) -> None:
    took = []
    for attempt in range(3):
        new = bulk(f"b{attempt}", 100_000 + attempt)
        start = time.perf_counter()
        log.append([new])
        took.append(time.perf_counter() - start)
    assert min(took) <= 0.3


@pytest.mark.parametrize("damage", ["DELETE FROM id_sets", "UPDATE id_sets SET data = x'00'"])
def test_lost_or_damaged_bulk_set_is_said_in_a_sentence(log: DecisionLog, file: Path, damage: str) -> None:
    (stored,) = log.append([bulk("b", 100)])
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute("DROP TRIGGER id_sets_no_delete")
        raw.execute("DROP TRIGGER id_sets_no_update")
        raw.execute(damage)
    with pytest.raises(DataError, match="has lost the images of a bulk decision"):
        log.bulk_set(str(stored.ids_hash))


# --- append-only ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["decisions", "id_sets"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET {column} = 'x'"])
def test_the_database_itself_refuses_to_change_the_log(log: DecisionLog, file: Path, table: str, change: str) -> None:
    log.append([bulk("a", 3)])
    column = {"decisions": "verdict", "id_sets": "data"}[table]
    with closing(sqlite3.connect(file)) as raw, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(change.format(table, column=column))
    assert len(log.rows_after(0)) == 1


def test_opening_again_keeps_what_is_there(log: DecisionLog, file: Path) -> None:
    stored = log.append([accept("a")])
    assert DecisionLog(file).rows_after(0) == stored


# --- durable, and several at once -----------------------------------------------------------------------------------

_APPEND = """
import sys
from pathlib import Path
from core.store.decision_log import DecisionLog, NewDecision
path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
log = DecisionLog(path)
for number in range(count):
    (stored,) = log.append([NewDecision(f"{name}-{number}", name, "001", "accept", number, 0, 0, 0.5)])
    print(stored.id, stored.command_id, flush=True)
"""


def writer(file: Path, name: str, count: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", _APPEND, str(file), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_writing_at_once_from_the_first_moment_lose_nothing(file: Path) -> None:
    processes = [writer(file, name, 100) for name in ("ann", "bob")]  # both make the file and its tables
    printed = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    stored = {f"{row.id} {row.command_id}" for row in DecisionLog(file).rows_after(0)}
    acknowledged = {line for output in printed for line in output.splitlines()}
    assert stored == acknowledged
    assert len(stored) == 200


def test_six_processes_opening_a_new_file_at_once_all_succeed(file: Path) -> None:
    processes = [writer(file, f"opener{number}", 1) for number in range(6)]
    printed = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 6
    assert sorted(int(line.split()[0]) for line in printed) == [1, 2, 3, 4, 5, 6]


def test_every_acknowledged_decision_survives_kill_9(file: Path) -> None:
    rng, acknowledged = random.Random(0), set[str]()
    for wave in range(5):  # two at a time: the one killed first may hold the write lock that the other waits for
        processes = [writer(file, f"try{wave}{name}", 100_000) for name in "ab"]
        for process in processes:
            acknowledged |= killed_at_random(process, rng)
    stored = {f"{row.id} {row.command_id}" for row in DecisionLog(file).rows_after(0)}
    assert len(acknowledged) > 10
    assert acknowledged <= stored


def killed_at_random(process: "subprocess.Popen[str]", rng: random.Random) -> set[str]:
    """Kill the process at a random time and return what it had acknowledged.

    A line torn by the kill was not acknowledged.
    """
    assert process.stdout is not None
    first = process.stdout.readline().strip()
    assert first, "the writer ended before its first decision"
    time.sleep(rng.uniform(0, 0.1))
    process.kill()
    told = {line.strip() for line in process.stdout if line.endswith("\n")}
    process.stdout.close()
    process.wait(timeout=30)
    return told | {first}


def test_threads_of_one_log_lose_nothing(log: DecisionLog) -> None:
    with ThreadPoolExecutor(8) as threads:
        stored = list(threads.map(lambda number: log.append([accept(f"c{number}")])[0].id, range(100)))
    assert sorted(stored) == [row.id for row in log.rows_after(0)]


def test_reading_does_not_wait_for_a_writer(log: DecisionLog, file: Path) -> None:
    stored = log.append([accept("a")])
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        start = time.perf_counter()
        assert log.rows_after(0) == stored
        assert time.perf_counter() - start < 1
        other.execute("ROLLBACK")


def test_writing_waits_its_turn(log: DecisionLog, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.2, other.execute, ["ROLLBACK"])
        release.start()
        assert log.append([accept("a")])[0].id == 1
        release.join()
