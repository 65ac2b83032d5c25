"""Ask an advisory service about the installed versions of Winnow's direct dependencies.

    python tests/find_advisories.py [--service URL] [--seconds 20]

It ends with 1 only for an advisory about a package that pyproject.toml names and for which a later version is repaired:
that can be acted upon. Everything else is told and passes, a service that does not answer too (no network, a proxy).
"""

import argparse
import json
import re
import sys
import time
import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from packaging.version import InvalidVersion, Version

SERVICE = "https://api.osv.dev"
_PROJECT = Path(__file__).parents[1] / "pyproject.toml"
_MAX_BYTES = 50_000_000


@dataclass(frozen=True)
class Advisory:
    """A known vulnerability of an installed package."""

    id: str
    package: str
    installed: str
    fixed: str | None  # the lowest later version without it; None: there is none

    def __str__(self) -> str:
        cure = f"repaired in {self.fixed}" if self.fixed else "no later version is repaired"
        return f"{self.id}: {self.package} {self.installed}, {cure}."


def direct_dependencies(project: Path) -> dict[str, str]:
    """Return the installed versions of the packages that a pyproject.toml names, extras included.

    Args:
        project: The pyproject.toml.
    """
    facts = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    lines = [*facts["dependencies"], *chain(*facts.get("optional-dependencies", {}).values())]
    found = {}
    for name in sorted({re.split(r"[^\w.-]", line, maxsplit=1)[0].lower() for line in lines}):
        try:
            found[name] = version(name).partition("+")[0]  # an index adds its own name after the sign: 2.9+cpu
        except PackageNotFoundError:
            continue  # an extra that is not installed
    return found


def advisories(service: str, packages: dict[str, str], seconds: float) -> list[Advisory]:
    """Return what is known of these versions.

    Args:
        service: Address of a service that speaks as osv.dev does.
        packages: Version by name.
        seconds: Time for all questions together.

    Raises:
        OSError: It does not answer in time.
        ValueError: It answers something else.
    """
    end = time.monotonic() + seconds
    queries = [{"package": {"name": n, "ecosystem": "PyPI"}, "version": v} for n, v in packages.items()]
    results = _asked(f"{service}/v1/querybatch", {"queries": queries}, end)["results"]
    if len(results) != len(packages):
        raise ValueError(f"{len(results)} answers to {len(packages)} questions")
    found = []
    for (name, installed), result in zip(packages.items(), results, strict=True):
        for known in result.get("vulns", ()):
            details = _asked(f"{service}/v1/vulns/{known['id']}", None, end)
            if not details.get("withdrawn"):
                found.append(Advisory(known["id"], name, installed, _fixed(details, name, installed)))
    return found


def _asked(address: str, body: Any, end: float) -> dict[str, Any]:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("it took too long")
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(address, data, {"Content-Type": "application/json"}), timeout=min(5, left)) as answer:
        value = json.loads(answer.read(_MAX_BYTES))
    if not isinstance(value, dict):
        raise ValueError("it holds no object")
    return value


def _fixed(details: dict[str, Any], name: str, installed: str) -> str | None:
    later = []
    for affected in details.get("affected", ()):
        if _plain(affected.get("package", {}).get("name", "")) != _plain(name):
            continue
        for one in (event for part in affected.get("ranges", ()) for event in part.get("events", ())):
            try:
                if Version(one["fixed"]) > Version(installed):
                    later.append(Version(one["fixed"]))
            except (KeyError, InvalidVersion):  # another kind of event, or a commit
                continue
    return str(min(later)) if later else None


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main(arguments: list[str] | None = None) -> int:
    """Ask, print a line an advisory, and return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--service", default=SERVICE)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args(arguments)
    packages = direct_dependencies(_PROJECT)
    try:
        found = advisories(options.service, packages, options.seconds)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        print(f"Advisories: not checked, the service gave no answer that can be read ({reason}).")
        return 0
    for one in found:
        print(one)
    due = sum(one.fixed is not None for one in found)
    print(f"Advisories: {len(found)} about {len(packages)} direct dependencies, {due} of them repaired by an update.")
    return 1 if due else 0


if __name__ == "__main__":
    sys.exit(main())
