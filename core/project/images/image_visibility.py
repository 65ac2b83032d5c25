"""Hidden images of a project: hidden with a reason, shown again, taken back."""

import fnmatch
import re
from collections.abc import Sequence

import numpy as np

from core.base.errors import InputError
from core.base.types import Ids
from core.data.hidden import hidden_edits
from core.data.hidden.hidden_images import HiddenImages
from core.project.project_folder import ProjectFolder
from core.store.file_lock import hold_lock

HIDDEN_LOCK = "hidden_images.lock"


class ImageVisibility(ProjectFolder):
    """The methods of Project that hide images and show them again."""

    @property
    def hidden_images(self) -> HiddenImages:
        """Return the images that were hidden: in no part, no queue, no training and no export."""
        return self.workspace.hidden

    @property
    def hidden_note(self) -> str:
        """Say how many images drawn for calibration were hidden since, and what estimates then assume; else empty."""
        draw, hidden = self.decisions.draw(), self.hidden_images
        if draw is None:
            return ""
        since = np.setdiff1d(hidden.ids, hidden.first(draw.num_hidden_changes).ids)
        num = int(np.isin(draw.asked, since).sum())
        text = (
            f"{num:,} of {draw.num:,} images drawn for calibration were hidden since and no longer count. Estimates "
            "hold if images are hidden for what they show, drawn or not; else draw again (winnow calibrate)."
        )
        return text if num else ""

    def find_images(self, pattern: str) -> Ids:
        """Return the images whose name fits a pattern.

        Args:
            pattern: Name, or shell pattern such as ``scans/*.png``; case counts, and a star stands for slashes too.

        Returns:
            Their ids, sorted.

        Raises:
            InputError: No name fits.
        """
        fits = re.compile(fnmatch.translate(pattern)).match
        found = np.array([n for n, name in enumerate(self.images.names.tolist()) if fits(name)], dtype=np.int64)
        if not len(found):
            example = f", such as {self.images.names[0]}" if len(self.images.names) else ""
            raise InputError(f"No image is named {pattern}: names are paths as the source had them{example}.")
        return found

    def hide_images(self, images: Sequence[int] | Ids, reason: str, reviewer: str = "me") -> Ids:
        """Hide images: they leave every part, queue, training and export; files, decisions and runs stay.

        Args:
            images: Their ids; those that are hidden already keep their reason.
            reason: Why, up to 200 characters.
            reviewer: Who hides them.

        Returns:
            The images that were not hidden before.

        Raises:
            InputError: There is no such image, or the reason is empty or too long.
            DataError: It cannot be stored.
        """
        ids, text = hidden_edits.checked_images(images, len(self.images.labels)), hidden_edits.checked_reason(reason)
        with hold_lock(self.path / "images" / HIDDEN_LOCK):
            now, last = self.workspace.hidden, self.decisions.last_id()
            return hidden_edits.hide(self.path, now, ids, text, reviewer, last)

    def show_images(self, images: Sequence[int] | Ids, reviewer: str = "me") -> Ids:
        """Show hidden images again; their decisions count again.

        Args:
            images: Their ids.
            reviewer: Who shows them.

        Returns:
            The images that were hidden before.

        Raises:
            InputError: There is no such image.
            DataError: It cannot be stored.
        """
        ids = hidden_edits.checked_images(images, len(self.images.labels))
        with hold_lock(self.path / "images" / HIDDEN_LOCK):
            return hidden_edits.show(self.path, self.workspace.hidden, ids, reviewer, self.decisions.last_id())

    def undo_hide(self, change: int | None = None, reviewer: str = "me") -> int:
        """Take back one hiding, or one showing again.

        Args:
            change: Its number, from 1; None: the latest that stands.
            reviewer: Who takes it back.

        Returns:
            The number of the change.

        Raises:
            InputError: Nothing stands, or not that change.
            DataError: It cannot be stored.
        """
        with hold_lock(self.path / "images" / HIDDEN_LOCK):
            return hidden_edits.undo(self.path, self.workspace.hidden, reviewer, self.decisions.last_id(), change)
