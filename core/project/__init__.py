"""The public facade: one class, whose bases hold the folder, the runs and the results."""

from core.project.project import Project

__all__ = ["Project"]
