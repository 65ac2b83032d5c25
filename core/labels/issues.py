"""Label issues: all given labels that cross-validated heads call wrong, and their corrections."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.types import UNKNOWN, Ids, Labels
from core.labels.contradictions import Contradictions, contradiction_note, contradictions
from core.labels.label_check import ISSUES, OnProgress, check_labels, is_current
from core.scoring.neighbors import nearest, unit_vectors
from core.store.files import load_arrays
from core.workspace.workspace import CHECKS, LABEL_ISSUES, Workspace


@dataclass(frozen=True)
class GivenLabelIssues:
    """Given labels that heads which have not seen them call wrong, the most doubtful first.

    Attributes:
        ids: (n,) images.
        given: (n,) labels as the check saw them.
        likely: (n,) most probable class of each.
        quality: (n,) share of the given class against the most probable other one, [0, .5); low: probably wrong.
        self_confidence: (n,) probability of the given class, [0, 1].
        num_checked: Labels that were checked.
    """

    ids: Ids
    given: Labels
    likely: Labels
    quality: NDArray[np.float64]
    self_confidence: NDArray[np.float64]
    num_checked: int


class GivenLabels:
    """Given labels of a project: issues, contradictions and how many were corrected.

    Args:
        workspace: The project.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def num_corrected(self) -> dict[str, int]:
        """Given labels that were corrected or withdrawn, by part; parts without any are left out."""
        workspace = self._workspace
        changed, drawn = workspace.given_labels != workspace.images.labels, workspace.drawn_splits
        counts = {name: int(changed[getattr(drawn, name)].sum()) for name in ("labeled", "val", "calibration", "test")}
        return {name: count for name, count in counts.items() if count}

    @property
    def corrected_note(self) -> str:
        """How many given labels were corrected, and that all numbers follow; empty where none was."""
        counts = self.num_corrected
        if not counts:
            return ""
        parts = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        num = sum(counts.values())
        return (
            f"{num:,} given {'label was' if num == 1 else 'labels were'} corrected or withdrawn ({parts}); the numbers "
            "of all runs are measured on the labels as they are now."
        )

    @property
    def is_checked(self) -> bool:
        """Whether labels were checked, be it before some changed."""
        return (self._workspace.path / CHECKS / LABEL_ISSUES / "run.json").exists()

    def is_current(self) -> bool:
        """Return whether labels were checked as they stand."""
        return is_current(self._workspace)

    def check(self, extractor: str | None = None, on_progress: OnProgress | None = None) -> GivenLabelIssues:
        """Check every given label of the labeled, val, calibration and test parts; stored until a label changes.

        Args:
            extractor: Features to fit on; None takes HOG, or those of the check before.
            on_progress: Told the progress where features have to be computed first.

        Returns:
            The labels that heads disagree with, the most doubtful first. They are reviewed as run "label_issues".

        Raises:
            InputError: There are labels of fewer than two classes, or the features cannot be had.
            DataError: A file cannot be read or written.

        Source: self-confidence and disagreement after confident learning (Northcutt et al. 2021, arXiv 1911.00068).
        """
        check_labels(self._workspace, extractor, on_progress)
        stored = load_arrays(self._workspace.path / CHECKS / LABEL_ISSUES / ISSUES)
        rows = np.flatnonzero(stored["quality"] < 0.5)
        rows = rows[np.argsort(stored["quality"][rows], kind="stable")]
        ids = stored["ids"][rows]
        logits = np.asarray(self._workspace.run(LABEL_ISSUES).folder.logits()[ids])
        likely = logits.argmax(axis=1).astype(np.int64)
        quality, self_confidence = stored["quality"][rows], stored["self_confidence"][rows]
        return GivenLabelIssues(ids, stored["labels"][rows], likely, quality, self_confidence, len(stored["ids"]))

    def contradictions(self) -> Contradictions:
        """Find images that are the same or nearly so and have different given labels.

        Returns:
            The groups, in the order of their first image.
        """
        return contradictions(self._workspace)

    def contradiction_note(self) -> str:
        """Return how many images contradict each other, with the first by name; empty where none do."""
        return contradiction_note(self._workspace, self.contradictions())

    def neighbors(self, image: int, count: int = 5) -> list[tuple[int, int]]:
        """Find the images with a given label that are most like an image, by the features of the check.

        Args:
            image: The image.
            count: Most neighbors to return.

        Returns:
            Image and label of each, the most similar first; the image itself is left out.
        """
        features, labels = self._workspace.run(LABEL_ISSUES).folder.features(), self._workspace.images.labels
        ids = self._workspace.given_ids()
        ids = ids[(labels[ids] != UNKNOWN) & (ids != image)]
        rows, _ = nearest(unit_vectors(features[ids]), np.asarray(features[image]), count)
        return [(int(one), int(labels[one])) for one in ids[rows]]
