"""Remarks: notes at images and flags for a colleague, replayed from their lines in the log.

They decide nothing: no label, count or estimate knows them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from core.base.types import REMARKS, Decision, Ids
from core.curation.replay import live_decisions

FLAGGED, NOTED = "flagged", "noted"
"""Values of a filter's `show` that ask for images with a flag, or with a note."""


@dataclass(frozen=True)
class Remark:
    """A note at an image, or a flag on it.

    Attributes:
        id: Its line in the log.
        reviewer: Who wrote it.
        time: ISO 8601, UTC.
        text: Of a note; empty for a flag.
    """

    id: int
    reviewer: str
    time: str
    text: str = ""


@dataclass(frozen=True)
class Remarks:
    """The notes and flags that stand.

    Attributes:
        notes: Image → its note, the one that was written last.
        flags: Image → its flag.
    """

    notes: Mapping[int, Remark] = field(default_factory=dict)
    flags: Mapping[int, Remark] = field(default_factory=dict)

    @cached_property
    def noted(self) -> Ids:
        """Images with a note, sorted."""
        return np.array(sorted(self.notes), dtype=np.int64)

    @cached_property
    def flagged(self) -> Ids:
        """Images with a flag, sorted."""
        return np.array(sorted(self.flags), dtype=np.int64)

    def shown_by(self, show: str) -> Ids | None:
        """Return the images, sorted, that `show` asks for; None where it asks for no remark."""
        return {FLAGGED: self.flagged, NOTED: self.noted}[show] if show in (FLAGGED, NOTED) else None

    def differing(self, other: "Remarks") -> list[int]:
        """Return the images whose note or flag is another one than in other remarks, sorted."""
        pairs = ((self.notes, other.notes), (self.flags, other.flags))
        return sorted({image for one, two in pairs for image in {*one, *two} if one.get(image) != two.get(image)})


def without_remarks(rows: Sequence[Decision], known: set[int]) -> tuple[list[Decision], list[Decision]]:
    """Part the lines of the log into decisions and remarks; the undo of a remark is one of the remarks.

    Args:
        rows: New lines, in order.
        known: Ids of all remarks before; those of the new ones are added.

    Returns:
        Decisions, and remarks.
    """
    decisions: list[Decision] = []
    remarks: list[Decision] = []
    for row in rows:
        if row.verdict in REMARKS or row.undo_of in known:
            known.add(row.id)
            remarks.append(row)
        else:
            decisions.append(row)
    return decisions, remarks


def replay_remarks(rows: Sequence[Decision]) -> Remarks:
    """Return the notes and flags that stand after all remarks of a log."""
    notes: dict[int, Remark] = {}
    flags: dict[int, Remark] = {}
    for row in live_decisions(rows):
        if row.image_id is None:
            continue
        if row.verdict == "unflag":
            flags.pop(row.image_id, None)
        elif row.verdict == "flag":
            flags[row.image_id] = Remark(row.id, row.reviewer, row.time)
        elif text := str(row.params["text"]).strip():
            notes[row.image_id] = Remark(row.id, row.reviewer, row.time, text)
        else:
            notes.pop(row.image_id, None)
    return Remarks(notes, flags)
