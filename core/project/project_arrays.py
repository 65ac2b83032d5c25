"""Arrays of a project: predictions of other models, and features of its images."""

from pathlib import Path, PurePath

import numpy as np
from numpy.typing import ArrayLike

from core.base.types import Ids, Labels
from core.features.catalog import named_features
from core.features.compute import OnProgress
from core.features.extractors import Features
from core.features.store import FeatureRecord, list_features
from core.predictions import imported_run
from core.predictions.imported_run import PredictionSource
from core.predictions.prediction_table import PredictionTable
from core.predictions.zero_shot import PROMPT, zero_shot
from core.project.project_folder import ProjectFolder
from core.similarity.text_search import text_problem
from core.workspace.run import Run


class ProjectArrays(ProjectFolder):
    """The methods of Project that take and give arrays with a row for each image."""

    def import_predictions(
        self,
        predictions: Path | str | ArrayLike,
        name: str = "",
        *,
        kind: str = "auto",
        ids: ArrayLike | None = None,
        ignore_unknown: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Run:
        """Keep another model's predictions as a finished run, calibrated on val; it suggests like any other.

        Args:
            predictions: A file (.npy, .npz, .csv, .tsv, .parquet, .jsonl), or an array: (n, K) logits or probabilities
                in the order of `class_names`, or (n,) labels. Images without a row get the same probability for all
                classes.
            name: Name of the model; empty: of the file, without its ending.
            kind: auto, logits, probabilities or labels.
            ids: Images of an array's rows, (n,); None: row i belongs to image i.
            ignore_unknown: Whether to leave out classes that the project does not have, instead of refusing them.
            on_progress: Told the progress where features have to be computed first, for neighbors and likeness.

        Returns:
            The run, done.

        Raises:
            InputError: The predictions cannot be used; the sentence names file and row, and nothing is written.
            DataError: The run cannot be written.
        """
        source = PredictionSource(predictions, kind, ids, ignore_unknown)
        return imported_run.import_predictions(self.workspace, source, name, on_progress, self._drawn_val())

    def zero_shot(self, prompt: str = PROMPT, on_progress: OnProgress | None = None) -> Run:
        """Keep the guesses of a text model from the class names as a finished run; no label is needed.

        They suggest like any other predictions, and nothing is guaranteed of them until images are reviewed.

        Args:
            prompt: Text with {} in the place of a class name.
            on_progress: Told the progress where features have to be computed.

        Returns:
            The run, done; calibrated on val where there are labels.

        Raises:
            InputError: The project has no features of clip:FOLDER or fewer than two classes, or the prompt has no {}.
            DataError: The run cannot be written.
        """
        found = zero_shot(self.workspace, prompt)
        name = f"text model {PurePath(found.model.removeprefix('clip:')).name}"[: imported_run.LONGEST_NAME]
        return imported_run.import_predictions(
            self.workspace, PredictionSource(found.logits, "logits"), name, on_progress, self._drawn_val()
        )

    def _drawn_val(self) -> tuple[Ids, Labels] | None:
        """Return the val images of the pool draw that train nothing, with their classes; None with val images."""
        if len(self.workspace.splits.val):
            return None
        ids, labels = self.decisions.val_items()
        is_held_out = ~np.isin(ids, self.decisions.trained_ids())
        return ids[is_held_out], labels[is_held_out]

    def check_predictions(
        self, predictions: Path | str | ArrayLike, *, kind: str = "auto", ignore_unknown: bool = False
    ) -> PredictionTable:
        """Read another model's predictions and check them, without keeping them.

        Args:
            predictions: As for `import_predictions`.
            kind: auto, logits, probabilities or labels.
            ignore_unknown: Whether to leave out classes that the project does not have, instead of refusing them.

        Returns:
            Kind, classes, and how many images they cover.

        Raises:
            InputError: The predictions cannot be used; the sentence names file and row.
        """
        return imported_run.read_predictions(self.workspace, PredictionSource(predictions, kind, None, ignore_unknown))

    def features(
        self, extractor: str = "hog", *, allow_download: bool = False, on_progress: OnProgress | None = None
    ) -> Features:
        """Open the features of all images under an extractor; compute or import and store them where they are missing.

        Args:
            extractor: hog, pixels, patches, efficientnet_lite0, torchvision:NAME, timm:NAME, hub:OWNER/NAME,
                clip:FOLDER, clip:OWNER/NAME, onnx:FILE, or own:FILE for a file of your own numbers.
            allow_download: Whether weights that are not on this machine may be downloaded.
            on_progress: Told images done, images per second and time left.

        Returns:
            (N, D) float16, memory-mapped and read-only; row = image id.

        Raises:
            InputError: There is no such extractor, or the file cannot be used.
            DataError: The features cannot be stored.
        """
        images, root = self.path / "images", self.path / "features"
        return named_features(extractor, images, root, allow_download=allow_download, on_progress=on_progress).values

    def stored_features(self) -> list[FeatureRecord]:
        """List the features that the project has stored.

        Returns:
            Name, licence and SHA-256 of each extractor, N, D and date.
        """
        return list_features(self.path / "features")

    def text_search_problem(self) -> str:
        """Say why words cannot be searched for in this project, and what to do.

        Returns:
            A sentence; empty where `PageQuery("similar", words="red car")` works.
        """
        return text_problem(self.workspace)
