"""Few hops: how many functions of ours lie between a caller and the function that does the work."""

import inspect
from pathlib import Path
from typing import Any

import pytest

from core import Project
from core.risk import risk_control
from core.store import decision_log

ROOT = Path(__file__).parents[2]
RUN = "001-supervised-mlp"


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
            ("core/quality/target_error.py", "conformal_threshold"),
            ("core/risk/risk_control.py", "conformal_threshold"),
        ]
    ]
