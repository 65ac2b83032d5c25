"""Does the reviewer still look? Known images with a wrong suggestion, and blind repeats, among the reviewer's cards.

The setting `every` of the project puts one val image with a deliberately wrong suggestion among every so many cards of
undecided images, and in every second group also one image that the same reviewer has answered long ago. Such an answer
is a line in the log like any other, marked `planted`: a replay leaves it out, so that no label, count or run depends on
it. The calibration part is never planted.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from core.base.errors import DecisionError, InputError
from core.base.types import Command, Decision
from core.curation.class_balance import RubberStamp, planted, rubber_stamp
from core.curation.replay import PLANTED, is_planted, live_decisions
from core.store.files import read_json, write_json

if TYPE_CHECKING:
    from core.project import Project

WRONG, REPEAT = "wrong", "repeat"
EVERY = (0, 8, 12, 20)
"""One wrong suggestion among so many cards; 0: none. At 8 somebody who always accepts is found within 40 decisions."""
_REST = 20
_MOST_SECONDS = 300.0
_ANSWERS = ("accept", "relabel", "reject", "none")


@dataclass(frozen=True)
class Plant:
    """One check among the cards."""

    kind: str  # wrong or repeat
    image: int
    suggestion: int
    after: int  # place on the page of the card that it follows


@dataclass(frozen=True)
class ReviewerCheck:
    """One reviewer, by the answers that count and the checks among them."""

    reviewer: str
    num_decisions: int  # single decisions that count
    num_planted: int  # wrong suggestions answered
    num_repeats: int
    stamp: RubberStamp


class Checks:
    """The checks of one run of a project."""

    def __init__(self, project: "Project", run_id: str) -> None:
        self._project, self._run = project, run_id

    @cached_property
    def wrong(self) -> Mapping[int, int]:
        """Val images and the wrong suggestion that each is shown with, in a random order; the same for every page."""
        val, logits = self._project.splits.val, self._project.run(self._run).folder.logits()
        rng = np.random.default_rng(zlib.crc32(self._run.encode()))
        num_classes = len(self._project.class_names)
        if not len(val) or num_classes < 2:
            return {}
        suggested = np.asarray(logits[val]).argmax(axis=1).astype(np.int64)
        rows, labels = planted(suggested, self._project.images.labels[val], num_classes, len(val), rng)
        return dict(zip(val[rows].tolist(), labels.tolist(), strict=True))

    def plants(self, ids: Sequence[int], reviewer: str) -> list[Plant]:
        """The checks among the cards of a page, whose images are named in order; those answered come no more."""
        if not (every := read_every(self._project)):
            return []
        mine, shown = _lines_of(self._project.desk.decisions(), reviewer), set(ids)
        answered = {line.image_id for line in mine if is_planted(line)}
        wrong = [image for image in self.wrong if image not in answered]
        known = [line for line in mine if not is_planted(line)][:-_REST]
        repeats = [line for line in known if line.image_id not in answered and line.image_id not in shown]
        return _plan(ids, every, {image: self.wrong[image] for image in wrong}, repeats)

    def kept(self, command: Command, decisions: Sequence[Decision]) -> dict[str, Any]:
        """What the log keeps of an answer to a check; DecisionError where it is none."""
        params, image = dict(command.params), -1 if command.image_id is None else command.image_id
        if (
            params.get(PLANTED) == WRONG
            and command.suggestion is not None
            and self.wrong.get(image) == command.suggestion
        ):
            return {**params, "known": int(self._project.images.labels[image])}
        if params.get(PLANTED) == REPEAT:
            first = [d for d in _lines_of(decisions, command.reviewer) if d.image_id == image and not is_planted(d)]
            if first and first[-1].suggestion == command.suggestion:
                return {**params, "first": first[-1].id}
        raise DecisionError("This check was not planted for you: load the page again and decide.")


def _plan(ids: Sequence[int], every: int, wrong: dict[int, int], repeats: list[Decision]) -> list[Plant]:
    """One wrong suggestion in each group of cards, in every second also a repeat; where, the first image decides."""
    found, place, group = [], 0, 0
    while place < len(ids):
        rng = np.random.default_rng(ids[place])
        is_second, size = group % 2 == 1 and bool(repeats), every - 1
        if is_second:
            size -= 1
            line = repeats.pop(int(rng.integers(len(repeats))))
            assert line.image_id is not None
            assert line.suggestion is not None
            found.append(
                Plant(REPEAT, line.image_id, line.suggestion, place + int(rng.integers(min(size, len(ids) - place))))
            )
        if wrong:
            image = list(wrong)[int(rng.integers(len(wrong)))]
            found.append(Plant(WRONG, image, wrong.pop(image), place + int(rng.integers(min(size, len(ids) - place)))))
        place, group = place + size, group + 1
    return found


def read_every(project: "Project") -> int:
    """One wrong suggestion among so many cards, as the project is set; 0: none."""
    file = project.path / "checks.json"
    return int(read_json(file).get("every", 0)) if file.exists() else 0


def write_every(project: "Project", every: int) -> None:
    """Set it; InputError for anything but one of EVERY."""
    if every not in EVERY:
        raise InputError(f"A check can stand among {', '.join(map(str, EVERY[1:]))} cards, or 0: none (got {every}).")
    if every and not len(project.splits.val):
        raise InputError("Checks are val images with a wrong suggestion, and this project has no val images.")
    write_json(project.path / "checks.json", {"every": every})


def check_reviewers(project: "Project") -> list[ReviewerCheck]:
    """Every reviewer with a single decision: wrong suggestions caught, repeats answered otherwise, seconds."""
    lines = live_decisions(project.desk.decisions())
    names = sorted({line.reviewer for line in lines if line.image_id is not None})
    return [_judge(name, _lines_of(lines, name)) for name in names]


def _judge(reviewer: str, mine: list[Decision]) -> ReviewerCheck:
    by_id = {line.id: line for line in mine}
    wrong = [line for line in mine if line.params.get(PLANTED) == WRONG and line.verdict in _ANSWERS]
    repeats = [line for line in mine if line.params.get(PLANTED) == REPEAT and line.verdict in _ANSWERS]
    pairs = [(line, by_id[line.params["first"]]) for line in repeats if line.params["first"] in by_id]
    caught = np.array([line.verdict != "accept" for line in wrong], dtype=np.bool_)
    alike = np.array([_said(line) == _said(first) for line, first in pairs], dtype=np.bool_)
    num = sum(not is_planted(line) for line in mine)
    return ReviewerCheck(reviewer, num, len(wrong), len(pairs), rubber_stamp(caught, alike, _seconds(mine)))


def _said(line: Decision) -> tuple[bool, int | None]:
    """What was answered: a class, or that it is not one; accept and relabel to the same class are the same answer."""
    return line.verdict in ("accept", "relabel"), line.label


def _seconds(mine: list[Decision]) -> list[float]:
    """Seconds a decision: what the page measured, else the time since the line before; pauses are left out."""
    times = [datetime.fromisoformat(line.time) for line in mine]
    gaps = [None, *((b - a).total_seconds() for a, b in pairwise(times))]
    found = [line.params.get("seconds", gap) for line, gap in zip(mine, gaps, strict=True)]
    return [float(s) for s in found if isinstance(s, int | float) and 0 <= s <= _MOST_SECONDS]


def _lines_of(decisions: Sequence[Decision], reviewer: str) -> list[Decision]:
    """A reviewer's live answers about single images, skips left out."""
    mine = [line for line in live_decisions(decisions) if line.reviewer == reviewer and line.image_id is not None]
    return [line for line in mine if line.verdict in _ANSWERS]
