"""What every part of the quality service works on: the workspace and the decisions."""

from core.review.decisions import DecisionService
from core.workspace.workspace import Workspace


class QualityBase:
    """One topic of the quality service of a project."""

    def __init__(self, workspace: Workspace, decisions: DecisionService) -> None:
        self._workspace, self._decisions = workspace, decisions
