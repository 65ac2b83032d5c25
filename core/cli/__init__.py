"""The command line: the same project, the same numbers as on the pages, one verb each.

`winnow` alone opens the demo, `winnow PATH` a project. Bad input is one sentence and exit code 2.
"""

from core.cli.app import main

__all__ = ["main"]
