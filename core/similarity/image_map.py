"""Map of a run's images: two coordinates each, by PCA at once or by PaCMAP in a process of its own."""

import importlib.util
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError, unknown_name
from core.base.types import LIVE_STATES, Ids, Mask
from core.jobs.job_folder import JobFolder, JobStatus, list_jobs
from core.jobs.start import start_worker
from core.similarity.reduced_features import is_newer, reduced_features
from core.store.files import load_array
from core.workspace.workspace import Workspace

Coordinates = NDArray[np.float32]

PCA, PACMAP = "pca", "pacmap"
MAP_METHODS = (PCA, PACMAP)
MOST_POINTS = 100_000
"""Most pool images on a map; of a larger pool every n-th is shown."""
FEWEST_POINTS = 50
JOBS = "maps"
WORKER = "core.similarity.map_worker"


class ImageMap:
    """Maps of the images of one finished run; each is computed once and kept beside the features.

    Args:
        workspace: The project.
        features: File of the run's features, (N, D).
    """

    def __init__(self, workspace: Workspace, features: Path) -> None:
        self._workspace, self._features = workspace, features

    @cached_property
    def placed_ids(self) -> Ids:
        """Images that have a place, sorted: labeled ones and at most MOST_POINTS of the pool, hidden ones too."""
        pool = self._workspace.whole_splits.pool
        if len(pool) > MOST_POINTS:
            pool = pool[np.linspace(0, len(pool) - 1, MOST_POINTS).astype(np.int64)]
        return np.union1d(self._workspace.whole_splits.labeled, pool)

    @property
    def ids(self) -> Ids:
        """Images on the map, sorted: those with a place that are not hidden."""
        found: Ids = self.placed_ids[self._is_shown]
        return found

    @property
    def _is_shown(self) -> Mask:
        return ~np.isin(self.placed_ids, self._workspace.hidden.ids)

    def coordinates(self, method: str = PCA, seed: int = 0) -> Coordinates | None:
        """Return the place of each image.

        Args:
            method: pca or pacmap.
            seed: Seed of PaCMAP.

        Returns:
            (n, 2), a row for each of `ids`; None where PaCMAP has not been computed.

        Raises:
            InputError: There is no such method.
        """
        if method not in MAP_METHODS:
            raise unknown_name("map", method, MAP_METHODS)
        if method == PCA:
            reduced = reduced_features(self._features)[self.ids, :2]
            return np.pad(reduced, ((0, 0), (0, 2 - reduced.shape[1])))
        file = self.file(seed)
        stored = load_array(file) if is_newer(file, self._features) else None
        if stored is None or len(stored) != len(self.placed_ids):
            return None
        return np.asarray(stored)[self._is_shown]  # hidden images keep their place for when they are shown again

    def file(self, seed: int) -> Path:
        """Return the file of the PaCMAP coordinates of a seed."""
        return self._features.with_name(f"map-{PACMAP}-{seed}.npy")

    @property
    def problem(self) -> str:
        """Why PaCMAP cannot be computed here, and what to do; empty where it can."""
        if importlib.util.find_spec("pacmap") is None:
            return "PaCMAP needs the package pacmap: pip install 'winnow[map]'."
        if len(self.ids) < FEWEST_POINTS:
            return f"PaCMAP needs at least {FEWEST_POINTS} images, and this project has {len(self.ids)}: use PCA."
        return ""

    def start(self, seed: int = 0) -> JobStatus:
        """Start computing PaCMAP in its own process; one that is live goes on.

        Args:
            seed: Seed of PaCMAP.

        Returns:
            Its status.

        Raises:
            InputError: The package is missing, or there are too few images.
            DataError: The process cannot be started.
        """
        if self.problem:
            raise InputError(self.problem)
        job = self._job(seed)
        if job is None or job.status().state not in LIVE_STATES:
            settings = {"features": self._relative, "seed": seed}
            job = JobFolder.create(self._workspace.path / JOBS, settings, total=1)
            start_worker(WORKER, self._workspace.path, job.id, job.log_path)
        return job.status()

    def status(self, seed: int = 0) -> JobStatus | None:
        """Return the status of the latest computation of PaCMAP; None where there was none."""
        job = self._job(seed)
        return None if job is None else job.status()

    def cancel(self, seed: int = 0) -> None:
        """Ask the computation of PaCMAP to stop."""
        job = self._job(seed)
        if job is not None:
            job.request_cancel()

    @property
    def _relative(self) -> str:
        return self._features.relative_to(self._workspace.path).as_posix()

    def _job(self, seed: int) -> JobFolder | None:
        jobs = list_jobs(self._workspace.path / JOBS)[::-1]
        wanted = {"features": self._relative, "seed": seed}
        return next((job for job in jobs if job.settings().items() >= wanted.items()), None)
