"""`python -m dashboard [PROJECT] [--port N] [--no-browser]`: what `winnow open` becomes."""

import argparse
import sys
from pathlib import Path

from core import WinnowError
from dashboard.server.application import serve


def main() -> int:
    """Serve until Ctrl+C; a sentence and exit code 2 where that cannot be."""
    parser = argparse.ArgumentParser(prog="python -m dashboard")
    parser.add_argument("project", type=Path, nargs="?", help="folder of a project")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--no-browser", action="store_true")
    words = parser.parse_args()
    try:
        serve(words.project, words.port, has_browser=not words.no_browser)
    except WinnowError as error:
        print(f"winnow: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
