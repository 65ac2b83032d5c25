"""An opened project folder: images, splits, summary and services."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path

from core.base.types import ImageSet, Pixels, Splits
from core.data.image_io import decode
from core.data.ingestion.redecoded_images import current_reading
from core.data.metadata.image_metadata import Metadata
from core.data.sources.source_roots import read_roots
from core.labels.issues import GivenLabels
from core.live.live_model import LiveModel
from core.project.data_summary import DataSummary, summarize_data
from core.project.group_service import Groups
from core.quality.service import Quality
from core.review.decisions import DecisionService
from core.store.files import full_path
from core.workspace import recent_projects
from core.workspace.project_source import finish_reading
from core.workspace.workspace import Workspace


class ProjectFolder:
    """One opened folder and the services that work on it; the base of Project."""

    def __init__(self, path: Path | str) -> None:
        finish_reading(full_path(path))
        self.workspace = Workspace(full_path(path))
        self.workspace.make_version = lambda version: self.live.make(version)
        self.path, self.name, self.fingerprint = self.workspace.path, self.workspace.name, self.workspace.fingerprint

    @property
    def images(self) -> ImageSet:
        """Return all images, memory-mapped."""
        return self.workspace.images

    @property
    def splits(self) -> Splits:
        """Return which image belongs to which part."""
        return self.workspace.splits

    @property
    def class_names(self) -> tuple[str, ...]:
        """Return the K class names; a label is a position in this tuple."""
        return self.images.class_names

    @property
    def metadata(self) -> Metadata:
        """Return the metadata columns of the images: names, kinds, values, summaries."""
        return self.workspace.metadata

    @property
    def key(self) -> str:
        """Return the project's short name in a URL."""
        return recent_projects.key_of(self.path)

    def summary(self) -> DataSummary:
        """Summarize sizes, splits, class counts, duplicates and files left out.

        Returns:
            Counts of images.
        """
        groups = self.workspace.groups
        of_image = None if groups is None else groups.of_image
        found = summarize_data(self.images, self.splits, self.workspace.info, of_image)
        return replace(found, num_set_aside=len(self.workspace.original_splits.set_aside))

    def original(self, image: int) -> Pixels:
        """Read the pixels of an image's own file.

        Args:
            image: Id of the image, 0 to N - 1.

        Returns:
            Pixels, uint8 (H, W, C) at the file's own size.

        Raises:
            InputError: The project has no files, or the file is gone.
        """
        images, source = self.images, str(self.workspace.info["source"])
        file = read_roots(self.path, source).file_of(image, str(images.names[image]))
        return decode(file, current_reading(images).rendering)

    @cached_property
    def decisions(self) -> DecisionService:
        """The decision log: execute commands, read decisions and the state they replay to."""
        return DecisionService(self.workspace)

    @cached_property
    def live(self) -> LiveModel:
        """The live model: fits the reviewed run again after every few decisions; learning curve and gain."""
        return LiveModel(self.workspace, self.decisions)

    @cached_property
    def labels(self) -> GivenLabels:
        """Given labels: check all of them, find contradictions, count corrections."""
        return GivenLabels(self.workspace)

    @cached_property
    def groups(self) -> Groups:
        """Groups of images that belong together: preview a rule, find leaks between training and held-out images."""
        return Groups(self.workspace, self.decisions)

    @cached_property
    def quality(self) -> Quality:
        """Target errors, audits, estimates, data checks, evaluation."""
        return Quality(self.workspace, self.decisions)

    def _reload(self) -> None:
        """Open the folder again, so that nothing of it is kept from before."""
        path = self.path
        vars(self).clear()
        ProjectFolder.__init__(self, path)
