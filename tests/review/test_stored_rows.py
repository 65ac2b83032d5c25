"""Rows that an earlier version or another program stored break nothing: what is no decision counts for nothing."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from core import PageQuery, Project
from core.base.stored_decisions import UNREADABLE

RUN = "001-supervised-mlp"
BASE: dict[str, Any] = {
    "time": "2026-01-01T00:00:00+00:00", "reviewer": "me", "run_id": RUN, "verdict": "accept", "image_id": None,
    "suggestion": 0, "label": 0, "score": 0.5, "params": "{}", "num_images": 1, "ids_hash": None, "undo_of": None,
}  # fmt: skip
NO_DECISION: list[dict[str, Any]] = [
    {"verdict": "delete"},
    {"verdict": "undecided"},
    {"image_id": 10**9},
    {"image_id": -1},
    {"image_id": "seven"},
    {"label": 1000},
    {"label": "cat"},
    {"verdict": "relabel", "label": None},
    {"verdict": "undo", "undo_of": None, "image_id": None},
    {"verdict": b"\xff"},
]
BROKEN_VALUES: list[dict[str, Any]] = [
    {"params": "no json"},
    {"params": "[1, 2]"},
    {"params": "[" * 100_000},
    {"params": b"\xff\xfe"},
    {"params": json.dumps({"seconds": "long", "rank": [1], "known": {}, "queue": 7})},
    {"params": json.dumps({"probability": 0.5, "ranking": "mixed"})},
    {"params": json.dumps({"probability": 0.5, "ranking": "mixed", "eta": 9, "drawn": 1e15, "rank": -3})},
    {"params": json.dumps({"queue": "audit"})},
    {"params": json.dumps({"queue": "audit", "target": "x", "alpha": None, "seed": 0, "rule": 1, "params": []})},
    {"params": json.dumps({"planted": "repeat"})},
    {"params": json.dumps({"planted": {}})},
    {"params": '{"ranking": "\\ud800"}'},
    {"time": "yesterday"},
    {"time": "2026-01-01"},
    {"time": None},
    {"score": "high"},
    {"reviewer": "r" * 2_000_000},
    {"reviewer": b"\xff"},
    {"num_images": "many"},
]


def store(project: Project, rows: list[dict[str, Any]]) -> None:
    """Write rows past all checks; those that name no image are about images of the pool."""
    assert project.decisions.last_id() == 0
    names = ("command_id", *BASE)
    with closing(sqlite3.connect(project.path / "decisions.db")) as log, log:
        log.execute("PRAGMA ignore_check_constraints = ON")
        for number, changed in enumerate(rows):
            row = {"command_id": f"c{number}", **BASE, "image_id": int(project.splits.pool[number]), **changed}
            row = {name: "" if name == "time" and row[name] is None else row[name] for name in names}
            log.execute(f"INSERT INTO decisions ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
                        tuple(row.values()))  # fmt: skip


def read_everything(project: Project) -> None:
    project.decisions.latest(200)
    project.decisions.counts()
    project.curate()
    project.quality.reviewers()
    project.quality.certificates()
    project.quality.queue_estimates(RUN, 0.9)
    project.quality.pool_check(RUN)
    project.live.state(RUN)
    project.select(RUN, "fixed_threshold", threshold=0.5)
    for ranking in ("entropy", "mixed", "audit"):
        project.review(RUN).page(PageQuery(ranking))
    project.export("csv", project.path / "exports" / "out")
    project.export("round_card", project.path / "exports" / "card", RUN)


@pytest.mark.parametrize("number", range(len(NO_DECISION)))
def test_a_row_that_is_no_decision_counts_for_nothing(trained_project: Project, number: int) -> None:
    store(trained_project, [NO_DECISION[number]])
    (found,) = trained_project.decisions.all()
    assert found.verdict == UNREADABLE
    counts = trained_project.decisions.counts()
    assert counts["undecided"] == len(trained_project.splits.pool)


def test_no_reader_of_the_log_breaks_on_any_stored_row_and_what_can_be_read_counts(trained_project: Project) -> None:
    store(trained_project, [*NO_DECISION, *BROKEN_VALUES, {}])
    project = Project.open(trained_project.path)
    read_everything(project)
    assert len(project.decisions.all()) == len(NO_DECISION) + len(BROKEN_VALUES) + 1
    assert project.decisions.counts()["accept"] >= len(BROKEN_VALUES) - 2, "attention checks alone label nothing"
    outcome = project.decide(RUN, "skip", int(project.splits.pool[-1]))
    assert outcome.status == "saved", "the log goes on"
