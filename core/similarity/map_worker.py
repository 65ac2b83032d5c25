"""Worker process of a map: PaCMAP of a run's images.

python -m core.similarity.map_worker PROJECT NUMBER
"""

import re
import sys
import time
import traceback
import warnings
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import Cancelled, WinnowError
from core.jobs.job_folder import JobFolder
from core.similarity.image_map import JOBS, Coordinates, ImageMap
from core.similarity.reduced_features import reduced_features
from core.store.files import save_array
from core.workspace.workspace import Workspace

NUM_ITERATIONS = 450
_ITERATION = re.compile(r"Iteration:\s+(\d+)")


class MapWorker:
    """Computes one map; `run` always leaves a finished, cancelled or failed job.

    Args:
        project: Folder of the project.
        number: The prepared job.
    """

    def __init__(self, project: Path, number: str) -> None:
        self.workspace, self.folder = Workspace(project), JobFolder(project / JOBS / number)
        self.status, self._begin = self.folder.status(), time.monotonic()

    def run(self) -> int:
        """Compute and store the coordinates.

        The exit code is 0 when the map is done or was cancelled, 1 when it failed.
        """
        with self.folder.lock():
            try:
                self._compute()
            except Cancelled:
                self.tell(state="cancelled", message="Cancelled.")
            except Exception as error:
                traceback.print_exc()
                self.tell(state="failed", message=str(error) if isinstance(error, WinnowError) else repr(error))
                return 1
            else:
                self.tell(state="done", message="", done=NUM_ITERATIONS)
        return 0

    def _compute(self) -> None:
        settings = self.folder.settings()
        file, seed = self.workspace.path / str(settings["features"]), int(settings["seed"])
        self.tell(state="running", message="Reducing the features.", total=NUM_ITERATIONS)
        image_map = ImageMap(self.workspace, file)
        features = np.array(reduced_features(file)[image_map.placed_ids])
        self.tell(message="Finding the neighbors of each image.")
        coordinates = pacmap_coordinates(features, seed, self.tell)
        save_array(image_map.file(seed), coordinates)

    def tell(self, **news: Any) -> None:
        """Write the progress; Cancelled where that was asked for."""
        self.status = replace(self.status, **news, seconds=time.monotonic() - self._begin)
        self.folder.write_status(self.status)
        if self.status.state == "running" and self.folder.is_cancel_requested():
            raise Cancelled


class _Progress:
    """Standard output of PaCMAP, which prints every tenth iteration."""

    def __init__(self, tell: Any) -> None:
        self._tell = tell

    def write(self, text: str) -> int:
        """Pass an iteration on."""
        if found := _ITERATION.search(text):
            self._tell(message="Placing the images.", done=int(found[1]))
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


def pacmap_coordinates(features: Coordinates, seed: int, tell: Any = lambda **news: None) -> Coordinates:
    """Place images so that near and far neighbors stay near and far (PaCMAP).

    Args:
        features: (n, d) float32, at least 50 rows.
        seed: Seed of the sampled pairs.
        tell: Called with `message` and `done`, the number of iterations so far.

    Returns:
        (n, 2) float32.

    Source: Wang et al. 2021, arXiv 2012.04456.
    """
    import pacmap

    with warnings.catch_warnings(), redirect_stdout(_Progress(tell)):
        warnings.simplefilter("ignore")
        reducer = pacmap.PaCMAP(n_components=2, n_neighbors=10, apply_pca=False, random_state=seed, verbose=True)
        return np.asarray(reducer.fit_transform(features, init="pca"), dtype=np.float32)


if __name__ == "__main__":
    sys.exit(MapWorker(Path(sys.argv[1]), sys.argv[2]).run())
