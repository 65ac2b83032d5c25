"""Review without pause and watch the memory of the dashboard: a working day in half an hour.

python -m benchmarks.attacks.long_session [--minutes 30] [--images 20000]
"""

import argparse
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dashboard_process import DashboardProcess
from benchmarks.report import table
from benchmarks.synthetic import RUN, synthetic_project

WARM_UP = 0.1  # share of the time after which growth counts: caches fill first
_RANKINGS = ("entropy", "margin", "confidence", "most_confident")


@dataclass(frozen=True)
class Session:
    """Requests of a session and the memory of the server, MiB."""

    pages: int
    decisions: int
    failed: int
    memory: tuple[tuple[float, float], ...]  # (seconds, MiB)

    def growth(self, seconds: float) -> float:
        """Return by how much the memory grew after the warm-up, MiB: median of the last tenth minus of the first."""
        late = [size for when, size in self.memory if when >= seconds * WARM_UP]
        tenth = max(1, len(late) // 10)
        return sorted(late[-tenth:])[tenth // 2] - sorted(late[:tenth])[tenth // 2]


def attack(folder: Path, seconds: float, images: int, seed: int = 0) -> Session:
    """Turn pages, load pictures, decide and take back, as fast as one client can.

    Args:
        folder: An empty folder for the project.
        seconds: Length of the session.
        images: Number of images of the pool.
        seed: Of what is looked at.
    """
    project, rng = synthetic_project(folder / "long", num_images=images), random.Random(seed)
    server, root = DashboardProcess(project.path, folder / "home"), f"/winnow/{project.key}"
    pages = decisions = failed = 0
    memory = list[tuple[float, float]]()
    server.start()
    begin = time.monotonic()
    try:
        while (now := time.monotonic() - begin) < seconds:
            start, ranking = rng.randrange(images - 48), rng.choice(_RANKINGS)
            status, page = server.request("GET", f"{root}/runs/{RUN}/page?ranking={ranking}&start={start}&count=48")
            pages, failed = pages + 1, failed + (status != 200)
            cards = page.get("cards", []) if isinstance(page, dict) else []
            if cards:
                ids = ",".join(str(card["id"]) for card in cards)
                failed += server.request("GET", f"{root}/sprite?ids={ids}&tile=56")[0] != 200
                commands = [
                    {"command_id": f"s{pages}-{card['id']}", "verdict": "accept", "image_id": card["id"],
                     "suggestion": card["suggestion"]}
                    for card in cards[:20]
                ]  # fmt: skip
                body = {"reviewer": "ann", "sequence": pages, "commands": commands}
                status, answer = server.request("POST", f"{root}/runs/{RUN}/commands", body)
                failed += status != 200
                saved = [outcome["decision"] for outcome in answer["outcomes"] if outcome["decision"]]
                decisions += len(saved)
                undo = [
                    {"command_id": f"u{number}", "verdict": "undo", "target": number} for number in saved
                ]  # the pool never runs out
                server.request("POST", f"{root}/runs/{RUN}/commands", {**body, "commands": undo})
            memory.append((now, server.memory()))
    finally:
        server.stop()
    return Session(pages, decisions, failed, tuple(memory))


def main() -> None:
    """Review and print the memory of ten moments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--images", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        session = attack(Path(folder), 60 * options.minutes, options.images)
    step = max(1, len(session.memory) // 10)
    rows = [[f"{when / 60:.1f}", f"{size:.0f}"] for when, size in session.memory[::step]]
    print(table(["minute", "memory MiB"], rows))
    print(f"\n{session.pages:,} pages, {session.decisions:,} decisions, {session.failed} failed requests; ", end="")
    print(f"memory grew by {session.growth(60 * options.minutes):+.1f} MiB after the first tenth.")


if __name__ == "__main__":
    main()
