"""Review without pause and watch the memory of the dashboard: a working day in half an hour.

python -m benchmarks.attacks.long_session [--minutes 30] [--images 20000] [--seed 0]
"""

import argparse
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dashboard_process import DashboardProcess
from benchmarks.report import environment, table
from benchmarks.synthetic import RUN, synthetic_project

WARM_UP = 0.1  # share of the time after which growth counts: caches fill first
_RANKINGS = ("entropy", "margin", "confidence", "most_confident")


@dataclass(frozen=True)
class Session:
    """Requests of a session and the memory of the server, MiB."""

    pages: int
    sprites: int  # requests for the pictures of a page
    decisions: int
    undone: int  # decisions taken back
    failed: int
    memory: tuple[tuple[float, float], ...]  # (seconds, MiB), the first before any request of the session

    @property
    def actions(self) -> int:
        """Number of pages, sprites, decisions and decisions taken back."""
        return self.pages + self.sprites + self.decisions + self.undone

    def growth(self, seconds: float) -> float:
        """Return by how much the memory grew after the warm-up, MiB: median of the last tenth minus of the first."""
        late = [size for when, size in self.memory if when >= seconds * WARM_UP]
        tenth = max(1, len(late) // 10)
        return sorted(late[-tenth:])[tenth // 2] - sorted(late[:tenth])[tenth // 2]

    def at(self, seconds: float) -> float:
        """Return the memory at the first measurement not before that moment, or at the last one, MiB."""
        return next((size for when, size in self.memory if when >= seconds), self.memory[-1][1])


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
    pages = sprites = decisions = undone = failed = 0
    server.start()
    begin = time.monotonic()
    memory = [(0.0, server.memory())]
    try:
        while (now := time.monotonic() - begin) < seconds:
            start, ranking = rng.randrange(images - 48), rng.choice(_RANKINGS)
            status, page = server.request("GET", f"{root}/runs/{RUN}/page?ranking={ranking}&start={start}&count=48")
            pages, failed = pages + 1, failed + (status != 200)
            cards = page.get("cards", []) if isinstance(page, dict) else []
            if cards:
                ids = ",".join(str(card["id"]) for card in cards)
                status, _ = server.request("GET", f"{root}/sprite?ids={ids}&tile=56")
                sprites, failed = sprites + 1, failed + (status != 200)
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
                    {"command_id": f"u{number}", "verdict": "undo", "undo_of": number} for number in saved
                ]  # the pool never runs out
                status, answer = server.request("POST", f"{root}/runs/{RUN}/commands", {**body, "commands": undo})
                failed += status != 200
                undone += sum(outcome["decision"] is not None for outcome in answer["outcomes"])
            memory.append((now, server.memory()))
    finally:
        server.stop()
    return Session(pages, sprites, decisions, undone, failed, tuple(memory))


def main() -> None:
    """Review and print the memory at the start, after the warm-up, every five minutes and at the end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        session = attack(Path(folder), 60 * options.minutes, options.images, options.seed)
    moments = sorted({0.0, WARM_UP * options.minutes, *range(5, int(options.minutes), 5), options.minutes})
    print(table(["minute", "memory MiB"], [[f"{when:.1f}", f"{session.at(60 * when):.0f}"] for when in moments]))
    print(f"\n{session.actions:,} actions: {session.pages:,} pages, {session.sprites:,} sprites, ", end="")
    print(f"{session.decisions:,} decisions, {session.undone:,} taken back; {session.failed} failed requests.")
    growth, peak = session.growth(60 * options.minutes), max(size for _, size in session.memory)
    print(f"Memory grew by {growth:+.1f} MiB after the first tenth; highest {peak:.0f} MiB. {environment()}")


if __name__ == "__main__":
    main()
