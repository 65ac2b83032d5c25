"""Draws of calibration images from the pool: which images are to be answered blind, in which random order.

A draw is one JSON file in the project's folder `calibration`, written before the first answer. The answers are
decisions in the log; nothing here depends on them.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.base.types import Ids
from core.store.files import cannot_read, cannot_write, read_json, write_json

FOLDER = "calibration"
MOST = 5_000
"""Most images of a draw."""


@dataclass(frozen=True)
class CalibrationDraw:
    """One uniform draw without replacement.

    Attributes:
        number: 1 for the first draw of the project.
        order: Images in the order in which they are asked about, at most MOST.
        num_val: The first images, which serve as val where the project has none.
        stages: Answers asked for after those, rising; each larger one goes on with the same order.
        population: Open unlabeled images that could be drawn.
        pool: Digest of all unlabeled images of that time.
        created: Time, ISO 8601.
        last: Latest decision before the draw: what was open then; -1 where an earlier version did not store it.
        num_hidden_changes: Changes of hidden images before the draw.
    """

    number: int
    order: Ids
    num_val: int
    stages: tuple[int, ...]
    population: int
    pool: int
    created: str
    last: int = -1
    num_hidden_changes: int = 0

    @property
    def num(self) -> int:
        """Images to answer now, those for val included."""
        return self.num_val + self.stages[-1]

    @property
    def asked(self) -> Ids:
        """Images to answer now, in order."""
        return self.order[: self.num]


def pool_digest(unlabeled: Ids) -> int:
    """Return a digest of the unlabeled images, to see whether some were added."""
    return zlib.crc32(np.ascontiguousarray(unlabeled).data)


def new_draw(
    project: Path, population: Ids, unlabeled: Ids, num: int, num_val: int, last: int = -1, num_hidden_changes: int = 0
) -> CalibrationDraw:
    """Draw calibration images and store the draw.

    Args:
        project: The project folder.
        population: Open unlabeled images, sorted.
        unlabeled: All unlabeled images, hidden ones too.
        num: Answers asked for.
        num_val: Answers for val before them.
        last: Latest decision before the draw.
        num_hidden_changes: Changes of hidden images before it.

    Returns:
        The draw.

    Raises:
        DataError: It cannot be stored.
    """
    before = latest_draw(project)
    number = 1 if before is None else before.number + 1
    digest = pool_digest(unlabeled)
    order = np.random.default_rng([number, digest]).permutation(population.copy())[:MOST]
    created = datetime.now(UTC).isoformat(timespec="seconds")
    facts = len(population), digest, created, last, num_hidden_changes
    draw = CalibrationDraw(number, order, num_val, (num,), *facts)
    _save(project, draw)
    return draw


def extend_draw(project: Path, draw: CalibrationDraw, num: int) -> CalibrationDraw:
    """Ask for more answers of the same draw, in its order; DataError where it cannot be stored."""
    larger = CalibrationDraw(**{**vars(draw), "stages": (*draw.stages, num)})
    _save(project, larger)
    return larger


def latest_draw(project: Path) -> CalibrationDraw | None:
    """Read the latest draw of a project; None before the first.

    Raises:
        DataError: Its file is damaged.
    """
    files = sorted((project / FOLDER).glob("draw-*.json"), key=lambda file: int(file.stem.partition("-")[2]))
    return None if not files else _draw(files[-1], read_json(files[-1]))


def _draw(file: Path, facts: Mapping[str, Any]) -> CalibrationDraw:
    try:
        order = np.array(facts["order"], dtype=np.int64)
        numbers = {name: int(facts[name]) for name in ("number", "num_val", "population", "pool")}
        stages = tuple(int(stage) for stage in facts["stages"])
        numbers |= {"last": int(facts.get("last", -1)), "num_hidden_changes": int(facts.get("num_hidden_changes", 0))}
        return CalibrationDraw(order=order, stages=stages, created=str(facts["created"]), **numbers)
    except (KeyError, TypeError, ValueError) as error:
        raise cannot_read(file, f"it is damaged ({error})") from error


def _save(project: Path, draw: CalibrationDraw) -> None:
    try:
        (project / FOLDER).mkdir(exist_ok=True)
    except OSError as error:
        raise cannot_write(project / FOLDER, error) from error
    file = project / FOLDER / f"draw-{draw.number}.json"
    write_json(file, {**vars(draw), "order": draw.order.tolist(), "stages": list(draw.stages)})
