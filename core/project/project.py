"""Project: the public facade over images, runs, decisions and exports.

It opens a folder and hands the values that a function needs to that function; it decides nothing by itself. Nothing
below imports it.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from core.base.config import SplitConfig
from core.base.errors import InputError, not_in_pool
from core.base.types import UNKNOWN, Command
from core.data.ingest_config import IngestConfig
from core.data.sources.hub.hub_dataset import HubDataset, look_up
from core.data.sources.hub.hub_download import download
from core.data.sources.source_preview import SourcePreview
from core.project.classes.project_classes import ProjectClasses
from core.project.images.project_images import ProjectImages
from core.project.project_arrays import ProjectArrays
from core.project.project_results import ProjectResults
from core.project.project_runs import ProjectRuns
from core.review.decisions import Outcome
from core.review.run_review import RunReview
from core.workspace import recent_projects
from core.workspace.creation import create_project
from core.workspace.pool_index import has_suggestions
from core.workspace.project_source import PlannedSplit, plan_split, preview_source

DEMO = {"labeled": 100, "val": 1_000}
"""Parts of the demo: so few labels that the first clicks are worth much, so many val images that they can tell it."""


class Project(ProjectRuns, ProjectResults, ProjectArrays, ProjectImages, ProjectClasses):
    """One project folder: its images, splits, runs and decisions.

    Methods raise WinnowError with a sentence.

    Attributes:
        workspace: The opened folder, which the packages below work on.
        path: The project folder, absolute.
        name: Name of the project.
        fingerprint: Digest of its images and labels.

    Args:
        path: The project folder.

    Raises:
        InputError: There is no project in the folder.
        DataError: The folder cannot be read.
    """

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open a project folder and remember it among the recent projects.

        Args:
            path: The project folder.

        Returns:
            The project.

        Raises:
            InputError: There is no project in the folder.
            DataError: The folder cannot be read.
        """
        project = cls(path)
        recent_projects.remember(project.path)
        return project

    @classmethod
    def create(
        cls,
        path: Path | str,
        source: str | Path,
        *,
        name: str | None = None,
        split: SplitConfig | None = None,
        image_size: int | tuple[int, int] | None = None,
        root: Path | str | None = None,
        classes: Sequence[str] = (),
        hide_labels: bool = False,
        reading: Mapping[str, Any] | None = None,
        groups: str = "",
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Self:
        """Make a project from a built-in data set or a source of images, and open it.

        Args:
            path: The folder of the project; it must not exist or be empty.
            source: Name of a built-in data set; a folder of images; a table, archive or export of another tool; or
                "hf:OWNER/NAME[@REVISION][:CONFIG]", a data set of the Hugging Face hub, which is downloaded.
            name: Name of the project; by default the folder's.
            split: Sizes of the parts and the seed; of a folder, those not named follow what there is. None names none.
            image_size: Pixels a side, or (height, width), of images that are decoded; None chooses one from them.
            root: Where a built-in data set's files lie, or where the paths of a table start.
            classes: Names of further classes, which have no image yet.
            hide_labels: Of a folder whose images all have a label: hide most of them, to try Winnow out on the rest.
            reading: Settings of reading, such as {"value_range": "0:4095"}; see `winnow new --help`.
            groups: Which images belong together, so that no group lies in two splits: folder:LEVEL, pattern:REGEX,
                time:SECONDS, column:NAME or duplicates[:THRESHOLD]; empty: as the source says.
            on_progress: Called with (done, total) images.

        Returns:
            The project.

        Raises:
            InputError: The source or the path cannot be used.
        """
        folder_root = Path(root).expanduser() if root is not None else None
        create_project(
            Path(path),
            str(source),
            name=name,
            split=split,
            image_size=image_size,
            root=folder_root,
            classes=classes,
            hide_labels=hide_labels,
            reading=IngestConfig.checked(reading or {}),
            groups=groups,
            progress=on_progress,
        )
        return cls.open(path)

    @classmethod
    def preview(
        cls, source: str | Path, reading: Mapping[str, Any] | None = None, root: Path | str | None = None
    ) -> SourcePreview:
        """Say what a source of images is understood to be; nothing is decoded or written.

        Args:
            source: A folder of images; a table, archive or export of another tool; or "hf:OWNER/NAME", once `download`
                has brought it.
            reading: Settings of reading, as for `create`.
            root: Where the paths of a table start; None: its own folder.

        Returns:
            Layout, classes with counts, splits, what is left out by reason, up to three examples of each.

        Raises:
            InputError: The source cannot be read.
        """
        folder_root = Path(root).expanduser() if root is not None else None
        return preview_source(str(source), IngestConfig.checked(reading or {}), folder_root)

    @classmethod
    def hub_dataset(cls, source: str) -> HubDataset:
        """Say what the Hugging Face hub has under a name; no image is downloaded.

        Args:
            source: "hf:OWNER/NAME[@REVISION][:CONFIG]"; the revision is a branch, tag or commit.

        Returns:
            Commit, licence, configurations, files with sizes, and which of them are not on this machine.

        Raises:
            InputError: huggingface_hub is not installed, the hub cannot be reached, there is no such data set, it has
                several configurations, or no images.
        """
        return look_up(source)

    @classmethod
    def download(cls, source: str) -> HubDataset:
        """Download a data set of the Hugging Face hub into the cache of its client, after its size is told on stderr.

        Args:
            source: "hf:OWNER/NAME[@REVISION][:CONFIG]".

        Returns:
            The data set; its `source` names the commit.

        Raises:
            InputError: It cannot be had.
            DataError: It does not fit on the disk.
        """
        return download(source)

    @classmethod
    def plan_split(
        cls, found: SourcePreview, split: SplitConfig | None = None, *, hide_labels: bool = False
    ) -> PlannedSplit:
        """Say which parts a project of a source would get, and what they can and cannot show; nothing is written.

        Args:
            found: Preview of the source.
            split: Sizes that a person names; those left out follow what there is. None: all of them.
            hide_labels: Whether most labels are hidden where all images have one, as for `create`.

        Returns:
            Images by part, before copies are taken out, and a sentence about each part.

        Raises:
            InputError: More is asked for than there is.
        """
        return plan_split(found, split, hide_labels=hide_labels)

    @classmethod
    def demo(cls, path: Path | str | None = None, *, labeled: int | None = None) -> Self:
        """Open the demo project (10,000 real Fashion-MNIST images); make it first where there is none.

        Args:
            path: The project folder; None: `demo` in Winnow's own folder.
            labeled: Labeled images that it is made with, the same number of each class; None: 100, and a project that
                is there already opens as it is.

        Returns:
            The project.

        Raises:
            InputError: The path cannot be used, there are not so many images, or a demo with another number of labels
                is there.
        """
        folder = Path(path).expanduser() if path is not None else recent_projects.home() / "demo"
        if not (folder / "project.toml").exists():
            split = SplitConfig.checked(DEMO if labeled is None else DEMO | {"labeled": labeled})
            return cls.create(folder, "demo", name="Demo", split=split)
        found = cls.open(folder)
        if labeled is not None and labeled != (there := len(found.workspace.drawn_splits.labeled)):
            raise InputError(f"{folder} holds a project with {there:,} labeled images: name another folder.")
        return found

    def review(self, run_id: str) -> RunReview:
        """Open the review of a finished run: cards, queues, histogram, attention checks.

        Args:
            run_id: The finished run.

        Returns:
            The review.

        Raises:
            InputError: There is no such run.
            RunError: The run has no scores yet.
        """
        return self.decisions.review(run_id)

    def decide(
        self, run_id: str, verdict: str, image_id: int, label: int | None = None, reviewer: str = "me", **shown: Any
    ) -> Outcome:
        """Record one verdict about one image, under the run's suggestion.

        Args:
            run_id: The finished run that suggested.
            verdict: accept, relabel, reject, none, skip or unsure.
            image_id: An image of the pool, or one with a given label, which relabel and none correct.
            label: The class, for relabel.
            reviewer: Who decides.
            shown: Where the image was shown, as `review(run_id).shown` says it.

        Returns:
            Whether it was saved, or why it was refused.

        Raises:
            InputError: There is no such run, or the image is neither.
            RunError: The run has no scores yet.
        """
        if self.workspace.scores(run_id).row_of(image_id) is None and not self.workspace.is_given(image_id):
            raise not_in_pool(image_id)
        folder = self.workspace.finished_run(run_id).folder
        suggestion = int(folder.logits()[image_id].argmax()) if has_suggestions(folder) else UNKNOWN
        command = Command(str(uuid.uuid4()), verdict, run_id, reviewer, image_id, suggestion, label, shown)
        return self.decisions.execute([command])[0]

    def bulk_accept(self, run_id: str, rule: str, reviewer: str = "me", **params: Any) -> Outcome:
        """Accept every undecided image that a rule keeps, as one decision that one undo takes back.

        Args:
            run_id: The finished run that suggests.
            rule: One of `constants.RULES`.
            reviewer: Who decides.
            params: Parameters of the rule.

        Returns:
            Whether it was saved, or why it was refused.
        """
        command = Command(str(uuid.uuid4()), "bulk_accept", run_id, reviewer, params={"rule": rule, **params})
        return self.decisions.execute([command])[0]

    def undo(self, run_id: str = "", reviewer: str = "me", decision: int | None = None) -> Outcome:
        """Take back a decision; the undo is itself a decision in the log.

        Args:
            run_id: The run on the screen, for the log alone.
            reviewer: Who takes back.
            decision: Id of the decision; None: the reviewer's latest live one.

        Returns:
            Whether it was saved, or why it was refused.
        """
        return self.decisions.execute([Command(str(uuid.uuid4()), "undo", run_id, reviewer, undo_of=decision)])[0]
