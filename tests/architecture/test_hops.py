"""Few hops: how many functions of ours lie between a caller and the function that does the work."""

import inspect
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from starlette.concurrency import run_in_threadpool

from core import Project
from core.risk import risk_control
from core.store import decision_log
from dashboard.server import endpoint
from tests.dashboard.conftest import ReviewClient, review

__all__ = ["review"]

ROOT = Path(__file__).parents[2]
RUN = "001-supervised-mlp"
SCRIPT = Path(__file__).with_name("bulk_accept_route.js")
MOST_CALLS, MOST_FILES = 15, 13


def our_frames() -> list[tuple[str, str]]:
    """File and function of each call in core and dashboard that is under way, the outermost first."""
    stack = [(Path(frame.filename), frame.function) for frame in inspect.stack()[2:]]
    ours = [(path.relative_to(ROOT).as_posix(), name) for path, name in stack if path.is_relative_to(ROOT)]
    return [(path, name) for path, name in ours if path.startswith(("core", "dashboard"))][::-1]


@pytest.fixture
def at_insert(monkeypatch: pytest.MonkeyPatch) -> list[list[tuple[str, str]]]:
    """The calls under way at each INSERT into the decision log."""
    seen: list[list[tuple[str, str]]] = []
    before: Any = vars(decision_log)["insert"]

    def insert(table: Any) -> Any:
        seen.append(our_frames())
        return before(table)

    monkeypatch.setattr(decision_log, "insert", insert)
    return seen


def test_a_bulk_accept_from_python_reaches_the_insert_in_few_calls(
    trained_project: Project, at_insert: list[list[tuple[str, str]]]
) -> None:
    assert trained_project.bulk_accept(RUN, "lowest_entropy", percent=20).status == "saved"
    assert [name for _, name in at_insert[0]] == ["bulk_accept", "execute", "_append", "append"]


@pytest.mark.skipif(shutil.which("node") is None and "CI" not in os.environ, reason="node is not installed")
def test_a_bulk_accept_from_the_click_reaches_the_insert_in_few_calls_under_one_name(
    review: ReviewClient, at_insert: list[list[tuple[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    traced = json.loads(subprocess.run(["node", str(SCRIPT)], capture_output=True, check=True, timeout=60).stdout)
    in_browser = [(path, name) for click in ("click", "confirm") for path, name in traced[click]]
    on_the_way: list[list[tuple[str, str]]] = []

    async def traced_run(*arguments: Any) -> Any:
        on_the_way.append(our_frames())
        return await run_in_threadpool(*arguments)

    monkeypatch.setattr(endpoint, "run_in_threadpool", traced_run)
    command = {**traced["command"], "run_id": review.run}
    command["params"] |= {"threshold": 0.0, "expected": len(review.project.splits.pool)}
    assert review.send(command).json()["outcomes"][0]["status"] == "saved"
    calls = [*in_browser, *on_the_way[0], *at_insert[0]]
    assert len(calls) <= MOST_CALLS, calls
    assert len({path for path, _ in calls}) <= MOST_FILES, calls
    assert traced["command"]["verdict"] == "bulk_accept"
    assert [name for _, name in in_browser if "ulk" in name] == ["bulkAccept", "bulkAccept", "bulkAccept", "_sendBulk"]
    assert [name for _, name in calls[-6:]] == ["__call__", "wrapped", "post_commands", "execute", "_append", "append"]


def test_a_conformal_threshold_is_two_hops_of_one_name(
    trained_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[tuple[str, str]]] = []
    before = risk_control.conformal_threshold

    def conformal_threshold(*arguments: Any) -> Any:
        seen.append([*our_frames(), ("core/risk/risk_control.py", "conformal_threshold")])
        return before(*arguments)

    monkeypatch.setattr(risk_control, "conformal_threshold", conformal_threshold)
    trained_project.quality.conformal_threshold(RUN, 0.2)
    assert seen == [
        [
            ("core/quality/calibration/target_error.py", "conformal_threshold"),
            ("core/risk/risk_control.py", "conformal_threshold"),
        ]
    ]
