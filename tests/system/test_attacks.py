"""Short forms of the attack programs in benchmarks/attacks: what they count stays zero.

Killed trainings have further tests of their own (tests/training/test_killed.py).
"""

from pathlib import Path

import pytest

from benchmarks.attacks import (
    killed_runs,
    killed_server,
    long_session,
    many_writers,
    mutated_files,
    mutated_requests,
    slow_clients,
)
from benchmarks.attacks.mutations import as_bytes


@pytest.mark.parametrize("seed", [11, 12])
def test_mutated_requests_are_answered_without_a_500_and_leave_the_pages_whole(tmp_path: Path, seed: int) -> None:
    answers = mutated_requests.attack(tmp_path, bodies=150, addresses=150, seed=seed)
    assert answers.failures == []
    assert answers.statuses[200] > 10  # some mutations stay valid: the routes were reached
    assert answers.statuses[400] > 100


def test_a_project_with_one_damaged_file_opens_or_ends_in_sentences(tmp_path: Path) -> None:
    outcomes = mutated_files.attack(tmp_path, projects=40, seed=5)
    assert outcomes.failures == []
    assert outcomes.succeeded > 100
    assert outcomes.sentences.total() > 20


def test_a_dashboard_killed_in_bursts_loses_nothing_and_stores_nothing_twice(tmp_path: Path) -> None:
    loss = killed_server.attack(tmp_path, kills=1, clients=2, seed=1)
    assert (loss.kills, loss.lost, loss.twice) == (1, 0, 0)
    assert loss.answered >= 5


def test_writers_of_one_log_keep_every_decision_in_order(tmp_path: Path) -> None:
    written = many_writers.attack(tmp_path, writers=3, decisions=60)
    assert (written.stored, written.twice, written.disordered) == (written.expected, 0, 0)


def test_slow_clients_do_not_keep_pages_from_an_honest_one(tmp_path: Path) -> None:
    served = slow_clients.attack(tmp_path, clients=80, requests=20)
    assert served.failed == 0


def test_a_session_answers_every_request_and_its_growth_is_measured(tmp_path: Path) -> None:
    session = long_session.attack(tmp_path, seconds=3, images=500)
    assert session.failed == 0
    assert session.pages >= 2
    assert session.undone == session.decisions >= 20
    grown = long_session.Session(1, 1, 1, 1, 0, tuple((float(second), 100.0 + second) for second in range(100)))
    assert 70 < grown.growth(100) < 90
    assert (grown.at(0), grown.at(5.5), grown.at(200)) == (100, 106, 199)


def test_trainings_killed_where_the_program_aims_end_bit_equal(tmp_path: Path) -> None:
    found = killed_runs.attack(tmp_path, kills=1, seed=1, epochs=15)
    assert (found.kills, found.restarts, found.phases.total(), found.different) == (1, 1, 1, [])


def test_a_deeply_nested_value_becomes_a_body_that_python_cannot_encode() -> None:
    import random

    nested: object = []
    for _ in range(50_000):
        nested = [nested]
    assert as_bytes(nested, random.Random(0)).startswith(b"[[[")
