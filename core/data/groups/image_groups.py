"""The groups of a project: computed by a rule, kept beside the split, computed again when images are added."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from core.base.errors import DataError, InputError
from core.base.types import Ids, ImageSet
from core.data.groups.by_column import column_values
from core.data.groups.by_name import folder_keys, pattern_keys
from core.data.groups.by_similarity import MAX_DISTANCE, group_by_similarity
from core.data.groups.by_time import group_by_time, times_of
from core.data.groups.group_numbers import from_codes, is_together, numbers_of
from core.data.groups.group_rule import SOURCE, GroupRule, parse_rule
from core.data.sources.source_roots import read_roots
from core.store.files import load_arrays, save_arrays

FILE = "groups.npz"


@dataclass(frozen=True)
class ImageGroups:
    """Which images of a project belong together.

    Attributes:
        rule: The rule as text; source where the project's source names the groups.
        of_image: (N,) lowest image of each image's group; its own id for an image alone.
    """

    rule: str
    of_image: Ids

    @cached_property
    def sizes(self) -> Ids:
        """Images of each group of two or more, the largest first."""
        sizes = np.unique(self.of_image, return_counts=True)[1]
        return np.sort(sizes[sizes > 1])[::-1].astype(np.int64)

    @property
    def num_together(self) -> int:
        """Images that share their group with another."""
        return int(self.sizes.sum())

    def largest(self, count: int) -> list[Ids]:
        """Return the images of the largest groups, each sorted.

        Args:
            count: Most groups.
        """
        found, sizes = np.unique(self.of_image, return_counts=True)
        order = np.argsort(-sizes, kind="stable")[:count]
        return [np.flatnonzero(self.of_image == found[place]) for place in order if sizes[place] > 1]

    @property
    def sentence(self) -> str:
        """How many groups and images there are."""
        alone = len(self.of_image) - self.num_together
        return (
            f"Groups by {self.rule}: {len(self.sizes):,} groups of two or more images, with {self.num_together:,} "
            f"images; {alone:,} images are alone."
        )


def compute_groups(project: Path, images: ImageSet, source: str, rule: GroupRule) -> ImageGroups:
    """Group the images of a project by a rule.

    Args:
        project: The project folder.
        images: Its images.
        source: The source that project.toml names, for the files of photographs.
        rule: The rule.

    Returns:
        The groups; with the rule none every image is alone.

    Raises:
        InputError: The rule does not fit these images: no such column, no image has a time, nothing is found.
    """
    names = images.names.tolist()
    if rule.kind == "none":
        return ImageGroups("none", np.arange(len(names), dtype=np.int64))
    if rule.kind == "time":
        times = times_of(names, partial(read_roots(project, source).file_of))
        if np.isnan(times).all():
            raise InputError(
                f"No image of {source} says when it was taken (EXIF): group the images by folder, pattern, column or "
                "duplicates."
            )
        return ImageGroups(str(rule), group_by_time(times, float(rule.number or 0)))
    if rule.kind == "duplicates":
        ids = np.arange(len(names), dtype=np.int64)
        return ImageGroups(str(rule), group_by_similarity(images.pixels, ids, rule.number or MAX_DISTANCE))
    keys = group_keys(project / "images", names, rule)
    if not any(keys):
        raise InputError(f"The groups {str(rule)!r} fit none of the {len(names):,} images, such as {names[0]}.")
    return ImageGroups(str(rule), numbers_of(keys))


def group_keys(images: Path, names: Sequence[str], rule: GroupRule) -> list[str]:
    """Return the text that names each image's group, for folder, pattern and column; empty where it is alone.

    Args:
        images: The image folder.
        names: N names of images.
        rule: The rule.

    Raises:
        InputError: There is no such column.
    """
    if rule.kind == "folder":
        return folder_keys(names, rule.level)
    if rule.kind == "pattern":
        return pattern_keys(names, rule.value)
    return column_values(images, rule.value, len(names))


def save_groups(project: Path, groups: ImageGroups) -> None:
    """Keep the groups of a project, replacing those before; DataError where that fails."""
    save_arrays(project / FILE, {"rule": np.array(groups.rule), "of_image": groups.of_image})


def load_groups(project: Path, images: ImageSet) -> ImageGroups | None:
    """Read the groups of a project; those that its source names where none were chosen.

    Args:
        project: The project folder.
        images: Its images.

    Returns:
        The groups; None where no image shares a group with another.

    Raises:
        DataError: The file is damaged.
    """
    file = project / FILE
    if not file.exists():
        found = None if images.groups is None else ImageGroups(SOURCE, from_codes(np.asarray(images.groups)))
    else:
        stored = load_arrays(file)
        try:
            found = ImageGroups(str(stored["rule"]), stored["of_image"].astype(np.int64))
        except KeyError as error:
            raise DataError(f"{file} is damaged: choose the groups again (winnow groups {project}).") from error
        if len(found.of_image) < len(images.labels):  # an addition broke off: what is new is alone
            more = np.arange(len(found.of_image), len(images.labels))
            found = ImageGroups(found.rule, np.concatenate([found.of_image, more]))
    return found if found is not None and is_together(found.of_image).any() else None


def regroup(project: Path, images: ImageSet, source: str) -> ImageGroups | None:
    """Compute the groups again after images were added, by the rule that is kept; None without groups.

    Args:
        project: The project folder.
        images: All images, the new ones too.
        source: The source that project.toml names.

    Raises:
        DataError: The groups cannot be read or written.
    """
    before = load_groups(project, images)
    if before is None or before.rule == SOURCE:
        return before
    grown = compute_groups(project, images, source, parse_rule(before.rule))
    save_groups(project, grown)
    return grown
