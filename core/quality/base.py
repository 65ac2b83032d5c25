"""Base class of the parts of the quality service."""

from typing import Any

from core.review.decisions import DecisionService
from core.workspace.workspace import Workspace


class QualityBase:
    """Part of the quality service: it holds the workspace and the decisions."""

    def __init__(self, workspace: Workspace, decisions: DecisionService) -> None:
        self._workspace, self._decisions = workspace, decisions
        self._checks: dict[str, Any] = {}  # run → what its pool check depends on, and the check
