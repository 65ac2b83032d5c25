"""Images of a project: new images, moved originals, other settings of decoding, hidden images, groups of images."""

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import InputError
from core.base.types import Ids
from core.data.groups.image_groups import ImageGroups
from core.data.groups.leaks import Leaks
from core.data.hidden import hidden_edits
from core.data.hidden.hidden_images import HiddenImages
from core.data.ingestion import redecoded_images
from core.data.ingestion.redecoded_images import Reading, ReadingPreview
from core.data.sources.source_roots import SAMPLED, num_missing, read_roots
from core.project.project_folder import ProjectFolder
from core.store.file_lock import hold_lock
from core.workspace import growth
from core.workspace.growth import Growth
from core.workspace.project_source import change_reading

HIDDEN_LOCK = "hidden_images.lock"


class ProjectImages(ProjectFolder):
    """The methods of Project that change its images."""

    def add_images(
        self,
        source: str | Path = "",
        *,
        root: Path | str | None = None,
        reviewer: str = "me",
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Growth:
        """Take new images into the project; ids, splits, decisions and runs stay, and the pool grows.

        Args:
            source: Any source that a project can be made from; empty: the project's own source again.
            root: Where the paths of a table start.
            reviewer: Who adds them, for the classes that are new.
            on_progress: Called with (done, total) images.

        Returns:
            What was taken in.

        Raises:
            InputError: The source cannot be read.
            RunError: A run is being trained.
            DataError: The project cannot be written.
        """
        folder_root = Path(root).expanduser() if root is not None else None
        grown = growth.add_images(
            self.workspace, str(source), root=folder_root, reviewer=reviewer, progress=on_progress
        )
        self._reload()
        return grown

    def relink(self, folder: Path | str) -> int:
        """Find the files of the images in a folder that they have moved to.

        Args:
            folder: Where to look, with all folders in it.

        Returns:
            How many images were found that were missing.

        Raises:
            InputError: The folder is missing, or holds none of the missing images.
        """
        found = growth.relink_images(self.workspace, Path(folder).expanduser())
        self._reload()
        return found

    def num_moved(self) -> int:
        """Count the images, of up to 200 spread over all, whose original file is no longer there.

        Returns:
            0 also where images have no files of their own, as in a built-in data set or an archive.

        Raises:
            DataError: The list of source folders is damaged.
        """
        roots = read_roots(self.path, str(self.workspace.info["source"]))
        first, names = Path(roots.roots[0]), self.images.names.tolist()
        if not first.is_absolute() or first.is_file():
            return 0
        if dict(self.images.facts.get("settings", {})).get("pages") == "all":
            names = [re.sub(r"#\d{1,6}$", "", name) for name in names]
        num = num_missing(roots, names)
        is_data_set = num == min(SAMPLED, len(names)) and first.is_dir() and any(first.iterdir())
        return 0 if is_data_set else num

    @property
    def reading(self) -> dict[str, Any]:
        """Return how the images were decoded: height, width, value_range, fit, background."""
        return redecoded_images.current_reading(self.images).info()

    def preview_reading(
        self, changes: Mapping[str, Any], image_size: int | tuple[int, int] | None = None, count: int = 6
    ) -> ReadingPreview:
        """Decode some images with other settings; nothing is written.

        Args:
            changes: value_range (such as "0:4095"; "estimate": from the images that there are now), fit (pad, crop or
                squash) and background.
            image_size: Side in pixels, or (height, width); None: as it is.
            count: Most images, evenly spaced.

        Returns:
            The images before and after.

        Raises:
            ConfigError: A setting does not fit.
            InputError: The size is out of range, or an original file is missing.
        """
        return redecoded_images.preview_reading(
            self.path,
            str(self.workspace.info["source"]),
            self.images,
            self._changed_reading(changes, image_size),
            count,
        )

    def change_reading(
        self,
        changes: Mapping[str, Any],
        image_size: int | tuple[int, int] | None = None,
        *,
        preview: ReadingPreview | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> list[str]:
        """Decode all images again with other settings; ids, splits, decisions and runs stay.

        Features are computed again. Killed, it goes on when it is called again with the same settings.

        Args:
            changes: value_range (such as "0:4095"; "estimate": from the images that there are now), fit (pad, crop or
                squash) and background.
            image_size: Side in pixels, or (height, width); None: as it is.
            preview: What `preview_reading` found for the same changes; an estimated value range is taken from it.
            on_progress: Called with (done, total) images.

        Returns:
            Sentences about what was not computed again.

        Raises:
            ConfigError: A setting does not fit.
            InputError: The size is out of range, or original files are missing, damaged or changed.
            RunError: A run is being trained.
            DataError: The project cannot be written.
        """
        workspace, images = self.workspace, self.images
        reading = self._changed_reading(changes, image_size, preview)
        remarks = change_reading(
            self.path, workspace.info, images, reading, lambda: growth.check_idle(workspace), on_progress
        )
        self._reload()
        return remarks

    def _changed_reading(
        self, changes: Mapping[str, Any], size: int | tuple[int, int] | None, preview: ReadingPreview | None = None
    ) -> Reading:
        file_of = read_roots(self.path, str(self.workspace.info["source"])).file_of
        estimated = None if preview is None else preview.value_range
        return redecoded_images.changed_reading(self.images, changes, size, file_of, estimated)

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
            pattern: Name, or shell pattern such as "scans/*.png"; case counts, and * takes slashes too.

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

    def group_images(self, rule: str) -> ImageGroups:
        """Group the images by a rule from now on; the split stays, `groups.leaks` says what crosses it.

        Args:
            rule: folder:LEVEL, pattern:REGEX, time:SECONDS, column:NAME, duplicates[:THRESHOLD] or none.

        Returns:
            The groups.

        Raises:
            InputError: The rule cannot be read, or does not fit these images.
            DataError: The groups cannot be stored.
        """
        groups = self.groups.apply(rule)
        self._reload()
        return groups

    def fix_leaks(self, fix: str = "set-aside", *, duplicates: bool | None = None) -> Leaks:
        """Mend leaks: held-out images that share a group with a training image stop counting, or train.

        Args:
            fix: set-aside, move, or undo, which uses the split again as it was drawn.
            duplicates: Whether near duplicates count as groups; None: in projects of up to 20,000 images.

        Returns:
            The leaks that were mended; after undo those that are there again.

        Raises:
            InputError: There is no such fix.
            DataError: It cannot be stored.
        """
        if fix == "undo":
            self.groups.undo_fix()
            self._reload()
            return self.groups.leaks(duplicates=duplicates)
        found = self.groups.fix(fix, duplicates=duplicates)
        self._reload()
        return found

    def _reload(self) -> None:
        """Open the folder again, so that nothing of it is kept from before."""
        path = self.path
        vars(self).clear()
        ProjectFolder.__init__(self, path)
