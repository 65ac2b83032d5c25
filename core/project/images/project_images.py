"""Images of a project: new images, moved originals, other settings of decoding, hidden images, groups of images."""

import re
from collections.abc import Callable
from pathlib import Path

from core.data.groups.image_groups import ImageGroups
from core.data.groups.leaks import Leaks
from core.data.sources.source_roots import SAMPLED, num_missing, read_roots
from core.project.images.decode_settings import DecodeSettings
from core.project.images.image_visibility import ImageVisibility
from core.workspace import growth
from core.workspace.growth import Growth


class ProjectImages(DecodeSettings, ImageVisibility):
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
