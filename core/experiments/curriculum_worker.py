"""Playing a curriculum: its rounds one after the other, in a process that leaves word of how far it is.

python -m core.experiments.curriculum_worker PROJECT NUMBER
"""

import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from core.base.config import TrainConfig
from core.base.errors import RunError, WinnowError
from core.base.types import LIVE_STATES
from core.experiments.curriculum import play_rounds, shares
from core.project import Project
from core.workspace.run import Run


class Stopped(Exception):  # noqa: N818 - an answer to a wish, not an error
    """Somebody asked the rounds to stop."""


class Player:
    """Plays the rounds that were asked for, and says after each how far it is."""

    def __init__(self, project: Project, number: str) -> None:
        self.project, self.folder = project, project.rounds.find(number).folder
        self.asked, self.begin, self.done = self.folder.settings(), time.monotonic(), 0
        self.percents = shares(self.asked["num_rounds"], self.asked["step"])

    def play(self) -> None:
        """All rounds; whatever happens stands in the status."""
        asked = self.asked
        with self.folder.lock():
            try:
                config = TrainConfig.checked(asked["train"])
                for _ in play_rounds(
                    self.project, config, asked["parent"], asked["num_rounds"], asked["step"], self.wait
                ):
                    self.done += 1
            except Stopped:
                self.say("cancelled", f"Cancelled after {self.done} of {len(self.percents)} rounds.")
            except WinnowError as error:
                self.say("failed", f"Stopped after {self.done} of {len(self.percents)} rounds. {error}")
            else:
                self.say("done", "")

    def wait(self, run: Run) -> None:
        """Stay with a round's run until it has ended, or somebody wants the rounds to stop: then it stops as well."""
        self.folder.append_point({"run": run.id})
        share = f"{self.percents[self.done]:g} % of the pool"
        self.say("running", f"Round {self.done + 1} of {len(self.percents)}, on {share}: {run.id}.")
        while run.status.state in LIVE_STATES:
            if self.folder.is_cancel_requested():
                with suppress(RunError):  # it has ended in this moment
                    self.project.cancel_run(run.id)
                raise Stopped
            time.sleep(0.2)

    def say(self, state: str, message: str) -> None:
        """Replace the status."""
        facts = {"state": state, "message": message, "done": self.done, "seconds": time.monotonic() - self.begin}
        self.folder.write_status(replace(self.folder.status(), **facts))  # type: ignore[arg-type]


def main(arguments: list[str]) -> int:
    """Play the rounds that the command line names."""
    try:
        Player(Project(Path(arguments[0])), arguments[1]).play()
    except WinnowError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
