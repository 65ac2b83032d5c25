"""Entry point: `python -m dashboard [PROJECT] [--port N] [--no-browser]`, run by `winnow open`."""

import argparse
import sys
from pathlib import Path

from core import WinnowError
from dashboard.server.application import serve


def main() -> int:
    """Serve the dashboard until Ctrl+C.

    Returns:
        The exit code: 0, or 2 after a WinnowError, whose message is printed.
    """
    parser = argparse.ArgumentParser(prog="python -m dashboard")
    parser.add_argument("project", type=Path, nargs="?", help="folder of a project")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--no-browser", action="store_true")
    options = parser.parse_args()
    try:
        serve(options.project, options.port, has_browser=not options.no_browser)
    except WinnowError as error:
        print(f"winnow: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
