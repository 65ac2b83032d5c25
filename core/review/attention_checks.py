"""Attention checks: known images with a wrong suggestion, and repeats, among the cards.

With an interval of n, every n cards of undecided images contain one val image with a deliberately wrong suggestion.
Every second group also contains an image that the same reviewer answered earlier. Such an answer is a decision in the
log, marked `planted`; a replay leaves it out, so that no label, count or run depends on it. Calibration images are
never used. In a project without val images those of the pool draw are planted, for reviewers who have not seen them.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.base.errors import DecisionError
from core.base.types import Command, Decision, Ids, Labels
from core.curation.replay import PLANTED, is_about_given, is_planted, live_decisions
from core.review.decision_history import DecisionHistory
from core.risk.reviewer_attention import wrong_suggestions
from core.store.files import read_json
from core.workspace.run import Run
from core.workspace.workspace import Workspace

CHECKS_FILE = "checks.json"
WRONG, REPEAT = "wrong", "repeat"
CHECK_INTERVALS = (0, 8, 12, 20)
"""Cards per wrong suggestion; 0: none. At 8, a reviewer who always accepts is flagged within 40 decisions."""
_REST = 20
ANSWERS = ("accept", "relabel", "reject", "none")


@dataclass(frozen=True)
class AttentionCheck:
    """One attention check among the cards of a page."""

    kind: str  # wrong or repeat
    image: int
    suggestion: int
    after: int  # position on the page of the card before it


class AttentionChecks:
    """The attention checks of one run."""

    def __init__(self, workspace: Workspace, run: Run, history: DecisionHistory) -> None:
        self._workspace, self._run, self._history = workspace, run, history
        self._wrong: tuple[int, Mapping[int, int]] | None = None

    @property
    def wrong_suggestions(self) -> Mapping[int, int]:
        """Wrong suggestion by val image, in an order fixed for the run and its val images."""
        val, known = self._history.val_items()
        key = zlib.crc32(np.ascontiguousarray([val, known]).data)
        if self._wrong is None or self._wrong[0] != key:
            self._wrong = key, self._drawn(val, known)
        return self._wrong[1]

    def _drawn(self, val: Ids, known: Labels) -> Mapping[int, int]:
        num_classes = len(self._workspace.images.class_names)
        if not len(val) or num_classes < 2:
            return {}
        rng = np.random.default_rng(zlib.crc32(self._run.id.encode()))
        suggested = np.asarray(self._run.folder.logits()[val]).argmax(axis=1).astype(np.int64)
        rows, labels = wrong_suggestions(suggested, known, num_classes, len(val), rng)
        return dict(zip(val[rows].tolist(), labels.tolist(), strict=True))

    def for_page(self, ids: Sequence[int], reviewer: str) -> list[AttentionCheck]:
        """Choose the attention checks of a page; answered ones do not return.

        Args:
            ids: Images of the page, in order.
            reviewer: Who looks at the page.

        Returns:
            The checks with their positions; empty where the project uses none.
        """
        if not (interval := read_interval(self._workspace)):
            return []
        lines, suggestions = self._history.all(), self.wrong_suggestions
        mine, shown = answers_of(lines, reviewer), set(ids)
        answered = {line.image_id for line in mine if is_planted(line)}
        seen, never_again = answered | shown, answered | shown | set(self._workspace.hidden.ids.tolist())
        if not len(self._workspace.splits.val):  # of a pool draw: whoever has seen an image knows its class
            seen |= {line.image_id for line in live_decisions(lines) if line.reviewer == reviewer}
        wrong = {image: label for image, label in suggestions.items() if image not in seen}
        known = [line for line in mine if not is_planted(line) and line.suggestion is not None][:-_REST]
        repeats = [line for line in known if line.image_id not in never_again]
        return _plan(ids, interval, wrong, repeats)

    def logged_params(self, command: Command, decisions: Sequence[Decision]) -> dict[str, Any]:
        """Return the params that the log stores for an answer to a check.

        Args:
            command: The answer.
            decisions: The decisions so far.

        Returns:
            The params, with the known class of a wrong suggestion or the first decision of a repeat.

        Raises:
            DecisionError: The command answers no check of this reviewer.
        """
        params, image = dict(command.params), -1 if command.image_id is None else command.image_id
        if (
            params.get(PLANTED) == WRONG
            and command.suggestion is not None
            and self.wrong_suggestions.get(image) == command.suggestion
        ):
            val, known = self._history.val_items()
            return {**params, "known": int(known[val == image][0])}
        if params.get(PLANTED) == REPEAT:
            first = [d for d in answers_of(decisions, command.reviewer) if d.image_id == image and not is_planted(d)]
            if first and first[-1].suggestion == command.suggestion:
                return {**params, "first": first[-1].id}
        raise DecisionError("This check was not planted for you: load the page again and decide.")


def _plan(ids: Sequence[int], interval: int, wrong: dict[int, int], repeats: list[Decision]) -> list[AttentionCheck]:
    """Place a wrong suggestion in each group of cards, repeats in every second.

    The first image of a group seeds the positions.
    """
    found, place, group = [], 0, 0
    while place < len(ids):
        rng = np.random.default_rng(ids[place])
        is_second, size = group % 2 == 1 and bool(repeats), interval - 1
        if is_second:
            size -= 1
            line = repeats.pop(int(rng.integers(len(repeats))))
            assert line.image_id is not None
            assert line.suggestion is not None
            after = place + int(rng.integers(min(size, len(ids) - place)))
            found.append(AttentionCheck(REPEAT, line.image_id, line.suggestion, after))
        if wrong:
            image = list(wrong)[int(rng.integers(len(wrong)))]
            after = place + int(rng.integers(min(size, len(ids) - place)))
            found.append(AttentionCheck(WRONG, image, wrong.pop(image), after))
        place, group = place + size, group + 1
    return found


def read_interval(workspace: Workspace) -> int:
    """Read a project's number of cards per attention check; 0: no checks."""
    file = workspace.path / CHECKS_FILE
    return int(read_json(file).get("every", 0)) if file.exists() else 0


def answers_of(decisions: Sequence[Decision], reviewer: str) -> list[Decision]:
    """Return a reviewer's live decisions about single images, without skips."""
    mine = [line for line in live_decisions(decisions) if line.reviewer == reviewer and line.image_id is not None]
    return [line for line in mine if line.verdict in ANSWERS and not is_about_given(line)]
