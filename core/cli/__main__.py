"""`python -m core.cli`: the command line where the command `winnow` is not on the path."""

from core.cli.app import main

main()
