"""The command line: one verb per task, with the numbers of the pages."""

from core.cli.app import main

__all__ = ["main"]
