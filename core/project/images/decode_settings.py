"""How the images of a project were decoded, and other settings of decoding."""

from collections.abc import Callable, Mapping
from typing import Any

from core.data.ingestion import redecoded_images
from core.data.ingestion.redecoded_images import Reading, ReadingPreview
from core.data.sources.source_roots import read_roots
from core.project.project_folder import ProjectFolder
from core.workspace import growth
from core.workspace.project_source import change_reading


class DecodeSettings(ProjectFolder):
    """The methods of Project that say and change how its images were decoded."""

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
