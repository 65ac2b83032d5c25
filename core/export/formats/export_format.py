"""What every export format gets, and how it is described."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core.export.folder_names import folder_names
from core.export.image_files import ImageFiles
from core.export.label_table import ExportOptions, LabelTable


@dataclass
class ExportJob:
    """One export that a format fills a folder with.

    Attributes:
        table: The labels.
        folder: An empty folder.
        options: What the person chose.
        image_paths: Relative path of each image that was written as a file of its own.
        files: How the images were written: one of FILE_MODES but auto; empty where there are none.
    """

    table: LabelTable
    folder: Path
    options: ExportOptions
    image_paths: Sequence[str] = ()
    files: str = ""

    @cached_property
    def images(self) -> ImageFiles:
        """The image files of the table's rows."""
        images = ImageFiles(self.table, self.options.files)
        self.files = images.mode
        return images

    @cached_property
    def class_folders(self) -> list[str]:
        """A portable folder name for each class."""
        return folder_names(self.table.class_names)

    def place_images(self, folders: Sequence[str], *, needs_suffix: bool = False, by_stem: bool = False) -> list[str]:
        """Write each row's image into its folder; return the (M,) relative paths."""
        paths = self.images.paths(folders, needs_suffix=needs_suffix, by_stem=by_stem)
        self.images.place_all(self.folder, paths)
        self.image_paths = paths
        self.table = self.table.with_files(paths)
        return paths

    def splits(self) -> list[str]:
        """Return the split of each row."""
        return [str(name) for name in self.table.columns["split"].tolist()]


@dataclass(frozen=True)
class ExportFormat:
    """One format of exported labels.

    Attributes:
        title: Name for a person.
        explanation: What it is and which tool reads it, one line.
        travels: What goes with the labels in it.
        write: Fills the job's folder; returns the relative path to tell the person, empty for the folder itself.
        has_images: Whether the images go with it.
        held_out: Whether the labels of val, calibration and test images go with it unless asked otherwise.
        has_unlabeled: Whether pool images without a label go with it, where a run predicts them.
    """

    title: str
    explanation: str
    travels: str
    write: Callable[[ExportJob], str]
    has_images: bool = False
    held_out: bool = False
    has_unlabeled: bool = False
