"""Checks before images are hidden, shown again, or a change is taken back; each writes one line."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.base.errors import InputError
from core.base.types import Ids
from core.data.hidden.hidden_images import HiddenImages
from core.data.hidden.hidden_log import HIDE, SHOW, UNDO, append_change, live_changes

LONGEST_REASON = 200
"""Characters of a reason."""
REASONS = ("blurred", "not a picture of this kind", "nothing to see", "private", "damaged", "copy")
"""Suggestions; any other text may be a reason."""


def checked_reason(reason: str) -> str:
    """Return a reason without needless space; InputError where it is empty, too long, or no text.

    Args:
        reason: Any text of one line, up to LONGEST_REASON characters.
    """
    text = " ".join(str(reason).split())
    if not text:
        raise InputError("Say why the images are hidden, in a few words: whoever finds them later wants to know.")
    if len(text) > LONGEST_REASON:
        raise InputError(f"The reason has {len(text):,} characters: up to {LONGEST_REASON} are kept.")
    if not text.isprintable():
        raise InputError("The reason has characters that cannot be shown: write it in letters, digits and signs.")
    return text


def checked_images(ids: Sequence[int] | Ids, num_images: int) -> Ids:
    """Return images of the project, sorted and each once.

    Args:
        ids: Images as named, in any order.
        num_images: Images of the project.

    Raises:
        InputError: None is named, or the project has no such image.
    """
    found = np.unique(np.asarray(ids))
    if not len(found):
        raise InputError("No image is named: name at least one.")
    if found.dtype.kind not in "iu":
        raise InputError(f"{found[0]} is no image number: name images by whole numbers from 0 to {num_images - 1}.")
    outside = found[(found < 0) | (found >= num_images)]
    if len(outside):
        raise InputError(f"There is no image {outside[0]} in this project: it has {num_images:,}, numbered from 0.")
    return found.astype(np.int64)


def hide(folder: Path, now: HiddenImages, ids: Ids, reason: str, reviewer: str, after: int) -> Ids:
    """Hide images; those that are hidden already keep their reason.

    Args:
        folder: The project folder.
        now: What is hidden.
        ids: Checked images.
        reason: Checked reason.
        reviewer: Who hides them.
        after: Id of the last decision.

    Returns:
        The images that were not hidden before; where there are none, nothing is written.
    """
    new = np.setdiff1d(ids, now.ids, assume_unique=True)
    if len(new):
        append_change(folder, HIDE, reviewer, after, ids=new.tolist(), reason=reason)
    return new


def show(folder: Path, now: HiddenImages, ids: Ids, reviewer: str, after: int) -> Ids:
    """Show hidden images again.

    Args:
        folder: The project folder.
        now: What is hidden.
        ids: Checked images.
        reviewer: Who shows them.
        after: Id of the last decision.

    Returns:
        The images that were hidden before; where there are none, nothing is written.
    """
    found = np.intersect1d(ids, now.ids, assume_unique=True)
    if len(found):
        append_change(folder, SHOW, reviewer, after, ids=found.tolist())
    return found


def undo(folder: Path, now: HiddenImages, reviewer: str, after: int, change: int | None = None) -> int:
    """Take back a change.

    Args:
        folder: The project folder.
        now: What is hidden.
        reviewer: Who takes it back.
        after: Id of the last decision.
        change: Its number; None: the latest that stands.

    Returns:
        The number of the change.

    Raises:
        InputError: Nothing stands, or not that change.
    """
    standing = [one.id for one in live_changes(now.changes)]
    if not standing:
        raise InputError("No image was hidden or shown again, so there is nothing to take back.")
    number = standing[-1] if change is None else change
    if number not in standing:
        raise InputError(
            f"There is no change {number} to take back: the ones that stand are {', '.join(map(str, standing[-10:]))}."
        )
    append_change(folder, UNDO, reviewer, after, undo_of=number)
    return number
