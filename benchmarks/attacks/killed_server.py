"""Kill the dashboard again and again while clients send decisions; count decisions lost and stored twice.

Each client sends one decision after the other, and sends it again until it is answered, as the review page does.

    python -m benchmarks.attacks.killed_server [--kills 200] [--clients 4] [--seed 0]
"""

import argparse
import random
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dashboard_process import DashboardProcess
from benchmarks.synthetic import RUN, synthetic_project
from core import Project


@dataclass(frozen=True)
class Loss:
    """What a series of kills did to the decisions."""

    kills: int
    answered: int  # decisions whose save the server confirmed
    lost: int  # of them, not in the log
    twice: int  # command ids that are in the log more than once


class _Client(threading.Thread):
    """Sends decisions about images of its own until it is told to stop."""

    def __init__(self, server: DashboardProcess, project: Project, images: list[int], name: str) -> None:
        super().__init__(daemon=True)
        self._server, self._path, self._images = server, f"/winnow/{project.key}/runs/{RUN}/commands", images
        scores = project.scores(RUN)
        self._labels = dict(zip(scores.ids.tolist(), scores.scores.pseudo_labels.tolist(), strict=True))
        self.name, self.answered, self.stopping = name, list[str](), threading.Event()

    def run(self) -> None:
        """Send; a verdict and its undo in turns, so that images last."""
        number = 0
        while not self.stopping.is_set():
            image, command_id = self._images[number % len(self._images)], f"{self.name}-{number}"
            verdict = "accept" if number // len(self._images) % 2 == 0 else "reject"
            command = {
                "command_id": command_id,
                "verdict": verdict,
                "image_id": image,
                "suggestion": self._labels[image],
            }
            if self._is_answered({"reviewer": self.name, "sequence": number, "commands": [command]}):
                self.answered.append(command_id)
                number += 1

    def _is_answered(self, body: dict[str, object]) -> bool:
        try:
            status, answer = self._server.request("POST", self._path, body, timeout=30)
        except OSError:
            time.sleep(0.02)
            return False
        return status == 200 and answer["outcomes"][0]["status"] == "saved"


def attack(folder: Path, kills: int, clients: int, seed: int) -> Loss:
    """Kill a dashboard while clients decide.

    Args:
        folder: An empty folder for the project.
        kills: Number of times the process is killed, each at a random moment of a burst.
        clients: Number of clients that decide at once.
        seed: Of the moments.
    """
    project, rng = synthetic_project(folder / "killed", num_images=4_000), random.Random(seed)
    server = DashboardProcess(project.path, folder / "home")
    pool = project.splits.pool.tolist()
    senders = [_Client(server, project, pool[number::clients], f"client{number}") for number in range(clients)]
    server.start()
    for sender in senders:
        sender.start()
    try:
        for _ in range(kills):
            before = sum(len(sender.answered) for sender in senders)
            while sum(len(sender.answered) for sender in senders) < before + 5:  # in the middle of a burst
                time.sleep(0.005)
            time.sleep(rng.uniform(0, 0.05))
            server.kill()
            server.start()
    finally:
        for sender in senders:
            sender.stopping.set()
        for sender in senders:
            sender.join(60)
        server.kill()
    stored = Counter(decision.command_id for decision in Project.open(project.path).decisions.latest(10**9))
    answered = [name for sender in senders for name in sender.answered]
    lost = sum(name not in stored for name in answered)
    return Loss(kills, len(answered), lost, sum(count > 1 for count in stored.values()))


def main() -> None:
    """Attack and print the losses."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(attack(Path(folder), options.kills, options.clients, options.seed))


if __name__ == "__main__":
    main()
