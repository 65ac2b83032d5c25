"""Worker process of a curriculum: trains its rounds and writes its progress."""

import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from core.base.config import TrainConfig
from core.base.errors import Cancelled, RunError, WinnowError
from core.base.types import LIVE_STATES
from core.experiments.curriculum import Curricula, shares, train_curriculum
from core.experiments.runs import cancel_run
from core.review.decision_history import DecisionHistory
from core.workspace.run import Run
from core.workspace.workspace import Workspace


class CurriculumWorker:
    """Trains the rounds of a curriculum and writes the status after each."""

    def __init__(self, workspace: Workspace, number: str) -> None:
        self.workspace, self.folder = workspace, Curricula(workspace).find(number).folder
        self.asked, self.begin, self.done = self.folder.settings(), time.monotonic(), 0
        self.percents = shares(self.asked["num_rounds"], self.asked["step"])

    def train(self) -> None:
        """Train all rounds and record any failure in the status."""
        asked = self.asked
        with self.folder.lock():
            try:
                config = TrainConfig.from_record(asked["train"])
                history, rounds = DecisionHistory(self.workspace), (asked["num_rounds"], asked["step"])
                for _ in train_curriculum(self.workspace, history, config, asked["parent"], *rounds, self.wait):
                    self.done += 1
            except Cancelled:
                self.say("cancelled", f"Cancelled after {self.done} of {len(self.percents)} rounds.")
            except WinnowError as error:
                self.say("failed", f"Stopped after {self.done} of {len(self.percents)} rounds. {error}")
            else:
                self.say("done", "")

    def wait(self, run: Run) -> None:
        """Wait for a round's run to end, or cancel it on request."""
        self.folder.append_point({"run": run.id})
        share = f"{self.percents[self.done]:g} % of the pool"
        self.say("running", f"Round {self.done + 1} of {len(self.percents)}, on {share}: {run.id}.")
        while run.status.state in LIVE_STATES:
            if self.folder.is_cancel_requested():
                with suppress(RunError):  # it has ended in this moment
                    cancel_run(self.workspace, run.id)
                raise Cancelled
            time.sleep(0.2)

    def say(self, state: str, message: str) -> None:
        """Replace the status."""
        facts = {"state": state, "message": message, "done": self.done, "seconds": time.monotonic() - self.begin}
        self.folder.write_status(replace(self.folder.status(), **facts))  # type: ignore[arg-type]


def main(arguments: list[str]) -> int:
    """Train the curriculum that the command line names."""
    try:
        CurriculumWorker(Workspace(Path(arguments[0])), arguments[1]).train()
    except WinnowError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
