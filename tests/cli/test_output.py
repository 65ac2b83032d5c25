"""Numbers have one format in every command."""

import ast
from pathlib import Path

import pytest

import core.cli.commands
from core.base.types import Estimate
from core.cli.output import format_estimate, format_interval, format_points, format_range, percent

COMMANDS = sorted(path for path in Path(core.cli.commands.__file__).parent.glob("*.py") if path.stem != "__init__")


def test_an_unknown_proportion_reads_as_unknown() -> None:
    assert percent(float("nan")) == "unknown"
    assert percent(0.025) == "2.5 %"


def test_estimates_intervals_ranges_and_points_have_one_format_each() -> None:
    assert format_estimate(Estimate(0.025, 0.01, 0.05, 5, 200)) == "2.5 % [1.0 %, 5.0 %]"
    assert format_estimate(Estimate(0.025, 0.01, 0.05, 5, 200), 2) == "2.50 % [1.0 %, 5.0 %]"
    assert format_estimate(Estimate(float("nan"), 0.0, 1.0, 0, 0)) == "unknown"
    assert format_interval(0.01, 0.05) == "[1.0 %, 5.0 %]"
    assert format_range(0.8, 0.85) == "80.0 % to 85.0 %"
    assert format_points(0.012, -0.001, 0.025) == "+1.20 points [-0.10, +2.50]"


def ends_in(node: ast.AST) -> set[str]:
    """Find interval ends that a piece of code names outside the shared formats."""
    if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("format_"):
        return set()
    name = {ast.Attribute: "attr", ast.Name: "id"}.get(type(node), "")
    own = {getattr(node, name, "")} & {"low", "high"}
    return own.union(*(ends_in(child) for child in ast.iter_child_nodes(node)))


def own_intervals(code: str) -> list[str]:
    """Find the f-strings that write an interval themselves."""
    texts = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.JoinedStr)]
    return [ast.unparse(text) for text in texts if ends_in(text)]


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_no_command_formats_an_interval_itself(path: Path) -> None:
    assert own_intervals(path.read_text(encoding="utf-8")) == []


def test_an_interval_that_is_not_formatted_by_the_shared_function_is_seen() -> None:
    assert own_intervals('f"[{test.low}, 1]"') != []
    assert own_intervals('f"[0, {percent(high)}]"') != []
    assert own_intervals('f"{format_interval(test.low, high)}"') == []
