"""Send mutated commands and addresses to every route of a dashboard.

No answer may be a 500, none may take longer than ten seconds, and afterwards every page of the review and the history
must still be there.

    python -m benchmarks.attacks.mutated_requests [--bodies 10000] [--addresses 10000] [--seed 0]
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.testclient import TestClient

from benchmarks.attacks.mutations import as_bytes, mutated, strange_text
from benchmarks.synthetic import RUN, synthetic_project
from core import Project
from dashboard.server.routes import ROUTES

SLOWEST = 10.0  # seconds that an answer may take
_JSON = {"Content-Type": "application/json"}
_GETS = ("page", "histogram", "border", "targets", "pool_check", "per_class", "live", "card/{image}",
         "neighbors/{image}", "examples/{image}")  # fmt: skip
_SHARED_GETS = ("sprite", "history", "image/{image}", "original/{image}")
_NAMES = ("ranking", "start", "count", "direction", "threshold", "show", "predicted", "runner_up", "range", "changed",
          "set", "duplicates", "find", "label", "by", "decision", "eta", "reviewer", "drawn", "like", "score", "value",
          "ids", "limit", "tile", "columns")  # fmt: skip
_VALUES = (
    "entropy",
    "margin",
    "random",
    "confidence",
    "undecided",
    "0",
    "1",
    "48",
    "0.5",
    "confidence,0.1,0.9",
    "1,2,3",
)


@dataclass
class Answers:
    """What the server answered: how often each status, and every failure."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def add(self, what: str, status: int, seconds: float, text: str) -> None:
        """Count one answer."""
        self.statuses[status] += 1
        self.slowest = max(self.slowest, seconds)
        if status >= 500 or seconds > SLOWEST:
            self.failures.append(f"{status} after {seconds:.1f} s: {what[:300]} -> {text[:200]}")


def attack(folder: Path, bodies: int, addresses: int, seed: int) -> Answers:
    """Send mutated requests to a project of 2,000 synthetic images.

    Args:
        folder: An empty folder for the project.
        bodies: Number of mutated bodies of commands, rules, classes.
        addresses: Number of mutated addresses of routes that read.
        seed: Of the mutations.

    Returns:
        What was answered; the last requests are those of the pages, which must answer 200.
    """
    project = synthetic_project(folder / "attacked", num_images=2_000)
    rng, answers = random.Random(seed), Answers()
    with TestClient(Starlette(routes=ROUTES), raise_server_exceptions=False) as http:
        for number in range(bodies):
            path, value = _example(project, rng, number)
            body = as_bytes(mutated(value, rng), rng)
            _request(http, answers, "POST", path, body)
        for _ in range(addresses):
            _request(http, answers, "GET", _address(project, rng), None)
        for path in (f"runs/{RUN}/page", f"runs/{RUN}/histogram", f"runs/{RUN}/page?show=accept", "history?limit=1000"):
            answer = http.get(f"/winnow/{project.key}/{path}")
            if answer.status_code != 200:
                answers.failures.append(f"{answer.status_code} afterwards: {path} -> {answer.text[:200]}")
    return answers


def _request(http: TestClient, answers: Answers, method: str, path: str, body: bytes | None) -> None:
    begin = time.monotonic()
    answer = http.request(method, path, content=body, headers=_JSON if body is not None else {})
    text = answer.text if answer.status_code >= 500 else ""
    answers.add(f"{method} {path} {body!r}", answer.status_code, time.monotonic() - begin, text)


def _example(project: Project, rng: random.Random, number: int) -> tuple[str, Any]:
    """Return a route that writes, and a valid body of it."""
    root = f"/winnow/{project.key}"
    kind = rng.random()
    if kind < 0.04:
        return f"{root}/classes", {"name": "class 3", "reviewer": "ann"}
    if kind < 0.08:
        return f"{root}/runs/{RUN}/count", {"rule": "fixed_threshold", "threshold": 0.9}
    image = int(rng.choice(project.splits.pool[:500]))
    commands = (
        {"command_id": f"c{number}", "verdict": "accept", "image_id": image, "suggestion": 0, "params": {"rank": 3}},
        {"command_id": f"c{number}", "verdict": "correct", "image_id": image, "suggestion": 0, "label": 2},
        {"command_id": f"c{number}", "verdict": "undo", "undo_of": 1, "params": {}},
        {"command_id": f"c{number}", "verdict": "select_accept", "params": {"images": [[image, 0], [image + 1, 1]]}},
        {"command_id": f"c{number}", "verdict": "bulk_accept",
         "params": {"rule": "fixed_threshold", "threshold": 0.99, "expected": 3, "filter": {"show": "undecided"}}},
    )  # fmt: skip
    chosen = rng.sample(commands, rng.randint(1, 3))
    return f"{root}/runs/{RUN}/commands", {"client": "c", "sequence": number, "reviewer": "ann", "commands": chosen}


def _address(project: Project, rng: random.Random) -> str:
    image = rng.choice((str(rng.randrange(2_100)), str(2**40), "9" * 5_000))
    if rng.random() < 0.6:
        run = RUN if rng.random() < 0.9 else quote(_text(rng)[:300], safe="", errors="surrogatepass")
        path = f"runs/{run}/{rng.choice(_GETS)}"
    else:
        path = rng.choice(_SHARED_GETS)
    pairs = [
        f"{name}={quote(_text(rng), safe=',', errors='surrogatepass')}"
        for name in rng.sample(_NAMES, rng.randint(1, 4))
    ]
    return f"/winnow/{project.key}/{path.replace('{image}', image)}?{'&'.join(pairs)}"


def _text(rng: random.Random) -> str:
    return rng.choice(_VALUES) if rng.random() < 0.5 else strange_text(rng)


def main() -> None:
    """Attack and print what was answered."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bodies", type=int, default=10_000)
    parser.add_argument("--addresses", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        answers = attack(Path(folder), options.bodies, options.addresses, options.seed)
    print(f"{answers.statuses.total():,} requests, slowest {answers.slowest:.2f} s, statuses {dict(answers.statuses)}")
    for line in answers.failures[:50]:
        print("FAILED", line[:500])
    print(f"{len(answers.failures)} failures")


if __name__ == "__main__":
    main()
