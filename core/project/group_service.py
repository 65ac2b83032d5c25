"""Groups of a project's images: what a rule would group, which held-out images leak, and what to do about them."""

from dataclasses import dataclass

import numpy as np

from core.base.errors import unknown_name
from core.base.types import Ids
from core.data.groups.by_column import column_names
from core.data.groups.by_similarity import MAX_DISTANCE, Pair, loosest_pairs
from core.data.groups.group_numbers import joined
from core.data.groups.group_rule import SOURCE, GroupRule, parse_rule
from core.data.groups.image_groups import ImageGroups, compute_groups, group_keys, save_groups
from core.data.groups.leaks import Leaks, find_leaks
from core.data.groups.split_changes import FIXES, SET_ASIDE, change_splits, changed_since, undo_changes
from core.review.decisions import DecisionService
from core.similarity.near_duplicates import near_duplicate_groups
from core.workspace.workspace import Workspace

COMPARED_AT_ONCE = 20_000
"""Most images whose near duplicates are looked for without being asked."""
_SHOWN = 8


@dataclass(frozen=True)
class GroupExample:
    """One of the largest groups.

    Attributes:
        name: What its images share: a folder, a text, a value; else the name of its first image.
        size: Images in it.
        ids: The first of them.
    """

    name: str
    size: int
    ids: Ids


@dataclass(frozen=True)
class GroupPreview:
    """What a rule groups.

    Attributes:
        groups: The groups.
        largest: The largest groups.
        pairs: For near duplicates: the pairs held together by the longest links, the first ones to look wrong.
        leaks: Held-out images that would share a group with an image that trains.
    """

    groups: ImageGroups
    largest: tuple[GroupExample, ...]
    pairs: tuple[Pair, ...]
    leaks: Leaks


class Groups:
    """Groups of one project.

    Args:
        workspace: The project.
        decisions: Its decisions: images that a person decided train.
    """

    def __init__(self, workspace: Workspace, decisions: DecisionService) -> None:
        self._workspace, self._decisions = workspace, decisions

    @property
    def current(self) -> ImageGroups | None:
        """Groups in use; None where no image shares a group with another."""
        return self._workspace.groups

    def columns(self) -> tuple[str, ...]:
        """Return the columns of the source's table, by which images can be grouped."""
        return column_names(self._workspace.path / "images")

    def preview(self, rule: str = "", count: int = _SHOWN) -> GroupPreview:
        """Say what a rule would group, and which held-out images would leak; nothing is stored.

        Args:
            rule: folder:LEVEL, pattern:REGEX, time:SECONDS, column:NAME, duplicates[:THRESHOLD]; empty: the groups in
                use.
            count: Most of the largest groups and of the pairs.

        Returns:
            Groups, the largest of them, example pairs of near duplicates, leaks.

        Raises:
            InputError: The rule cannot be read, or does not fit these images.
        """
        workspace, images = self._workspace, self._workspace.images
        if rule:
            parsed = parse_rule(rule)
            groups = compute_groups(workspace.path, images, str(workspace.info["source"]), parsed)
        else:
            known = self.current
            groups = ImageGroups("none", np.arange(len(images.labels))) if known is None else known
            parsed = GroupRule(SOURCE) if groups.rule == SOURCE else parse_rule(groups.rule)
        found = tuple(GroupExample(self._name_of(parsed, ids), len(ids), ids[:_SHOWN]) for ids in groups.largest(count))
        pairs = loosest_pairs(images.pixels, groups.of_image, count) if parsed.kind == "duplicates" else []
        leaks = find_leaks(groups.rule, groups.of_image, workspace.splits, self._decisions.trained_ids())
        return GroupPreview(groups, found, tuple(pairs), leaks)

    def leaks(self, *, duplicates: bool | None = None) -> Leaks:
        """Find held-out images that share a group, or are nearly the same, with an image that trains.

        Args:
            duplicates: Whether near duplicates count as groups too; None: in projects of up to 20,000 images.

        Returns:
            The leaking images of val, calibration and test.
        """
        workspace, groups = self._workspace, self.current
        of_image = None if groups is None else groups.of_image
        names = [] if groups is None else [groups.rule]
        if duplicates or (duplicates is None and len(workspace.images.labels) <= COMPARED_AT_ONCE):
            same = near_duplicate_groups(workspace)
            of_image = same if of_image is None else joined(of_image, same)
            if f"duplicates:{MAX_DISTANCE:g}" not in names and "duplicates" not in names:
                names.append("near duplicates")
        if of_image is None:
            of_image = np.arange(len(workspace.images.labels), dtype=np.int64)
        return find_leaks(" and ".join(names), of_image, workspace.splits, self._decisions.trained_ids())

    def apply(self, rule: str) -> ImageGroups:
        """Group the images by a rule from now on; the split stays, and its leaks are then found.

        Args:
            rule: As for `preview`; none forgets all groups.

        Returns:
            The groups.

        Raises:
            InputError: The rule cannot be read, or does not fit these images.
            DataError: The groups cannot be stored.
        """
        workspace = self._workspace
        source = str(workspace.info["source"])
        groups = compute_groups(workspace.path, workspace.images, source, parse_rule(rule))
        save_groups(workspace.path, groups)
        return groups

    def fix(self, fix: str = SET_ASIDE, *, duplicates: bool | None = None) -> Leaks:
        """Mend the leaks: the leaking held-out images stop counting, or train from now on.

        The split as it was drawn stays in splits.npz, and `undo_fix` brings it back. Runs from before keep the numbers
        that they wrote; what is computed from now on leaves the images out, for all runs alike.

        Args:
            fix: set-aside or move.
            duplicates: As for `leaks`.

        Returns:
            The leaks that were mended.

        Raises:
            InputError: There is no such fix.
            DataError: It cannot be stored.
        """
        if fix not in FIXES:
            raise unknown_name("fix", fix, FIXES)
        leaks = self.leaks(duplicates=duplicates)
        if leaks.num_images:
            change_splits(self._workspace.path, leaks.all_ids, fix)
        return leaks

    def undo_fix(self) -> None:
        """Use the split again as it was drawn."""
        undo_changes(self._workspace.path)

    @property
    def num_fixed(self) -> int:
        """Held-out images that were drawn and no longer count, or train now."""
        before, now = self._workspace.original_splits, self._workspace.drawn_splits
        return sum(len(getattr(before, name)) - len(getattr(now, name)) for name in ("val", "calibration", "test"))

    def changed_since(self, run_id: str) -> int:
        """Return how many images were in another part when a run was prepared.

        Args:
            run_id: The run.

        Raises:
            InputError: There is no such run.
        """
        return changed_since(self._workspace.path, self._workspace.run(run_id).folder.path)

    def _name_of(self, rule: GroupRule, ids: Ids) -> str:
        names = self._workspace.images.names[ids[:1]].tolist()
        if rule.kind in ("folder", "pattern"):
            return group_keys(self._workspace.path / "images", names, rule)[0]
        if rule.kind == "column":
            return group_keys(self._workspace.path / "images", self._workspace.images.names.tolist(), rule)[int(ids[0])]
        return str(names[0])
