"""Out-of-distribution checks: unusual pool images, and the run's scores of noise."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.base.errors import InputError, unknown_name
from core.base.types import HUMAN_LABELS, Ids, PerImage
from core.data.image_store import open_images
from core.jobs.start import check_ood
from core.quality.base import QualityBase
from core.scoring.ood import LOGIT_SCORES, auroc, conformal_p_values, is_ood, knn_distance, ood_scores
from core.workspace.project_source import load_source

OOD_SCORES = (*LOGIT_SCORES, "knn")
"""Out-of-distribution scores; high means unlike the classes."""


@dataclass(frozen=True)
class OutOfDistribution:
    """Pool images unlike the classes, the most unusual first."""

    ids: Ids  # (n,)
    p_values: NDArray[np.float64]  # (n,) conformal p-values against val images; low: unusual
    num_pool: int
    num_val: int


@dataclass(frozen=True)
class OodReport:
    """Scores of held-out images, noise and, if named, other images."""

    scores: dict[str, dict[str, PerImage]]  # by score (entropy in bits, energy in nats, neighbor distance), by group
    auroc: dict[str, dict[str, float]]  # by score, by group: area under the ROC curve against held-out images

    @property
    def groups(self) -> list[str]:
        """Names of the groups: held-out, noise, then another data set if checked."""
        return list(next(iter(self.scores.values())))


class OodChecks(QualityBase):
    """Out-of-distribution checks of a run."""

    def out_of_distribution(self, run_id: str, score: str = "energy", false_alarms: float = 0.01) -> OutOfDistribution:
        """Find pool images that look like none of the classes.

        Args:
            run_id: A finished run.
            score: One of OOD_SCORES: energy, entropy, confidence or knn.
            false_alarms: Share of val images that would be named as well, [0, 1].

        Returns:
            The images with their conformal p-values, the most unusual first.

        Raises:
            InputError: There is no such score, or the share is out of range.
            RunError: The run has no scores yet.
        """
        if score not in OOD_SCORES:
            raise unknown_name("outlier score", score, OOD_SCORES)
        if not 0 <= false_alarms <= 1:
            raise InputError(f"The share of false alarms must lie from 0 to 1 (got {false_alarms}).")
        pool, (val, _) = self._workspace.scores(run_id).ids, self._decisions.val_items()
        high, usual = self._ood_scores(run_id, score, pool), self._ood_scores(run_id, score, val)
        p_values = conformal_p_values(high, usual)
        rows = np.flatnonzero(is_ood(p_values, false_alarms))
        rows = rows[np.lexsort((-high[rows], p_values[rows]))]
        return OutOfDistribution(pool[rows], p_values[rows], len(pool), len(val))

    def check_ood(self, run_id: str, other: str | None = None) -> OodReport:
        """Score random noise and, if named, other images with a run.

        The report is kept in the run folder.

        Args:
            run_id: A finished run.
            other: A built-in data set, an image folder or a project folder.

        Returns:
            The report.

        Raises:
            RunError: The run has no predictions yet.
            InputError: The model or the other images cannot be read.
        """
        path = self._workspace.path
        config = self._workspace.finished_run(run_id).record.config
        if not config.is_network:
            what = "was imported and has no model here" if config.is_imported else "is a head on stored features"
            raise InputError(f"{run_id} {what}, so it cannot score other images: check a run with a network.")
        if other is None:
            check_ood(path, run_id, None)
        elif ((folder := Path(other).expanduser()) / "project.toml").exists():
            open_images(folder / "images")
            check_ood(path, run_id, folder / "images")
        else:
            with tempfile.TemporaryDirectory(prefix="winnow-") as temporary:
                load_source(other, Path(temporary) / "images", None, None)
                check_ood(path, run_id, Path(temporary) / "images")
        report = self.ood_report(run_id)
        assert report is not None
        return report

    def ood_report(self, run_id: str) -> OodReport | None:
        """Read the report of the last `check_ood` of a run.

        Args:
            run_id: A finished run.

        Returns:
            The report; None before the first check.

        Raises:
            RunError: The run has no predictions yet.
        """
        folder = self._workspace.finished_run(run_id).folder
        found = folder.noise()
        if not found:
            return None
        splits, logits, features = self._workspace.splits, folder.logits(), folder.features()
        held_out = np.sort(np.concatenate([splits.val, splits.calibration]))
        groups = {"held-out": (np.asarray(logits[held_out]), np.asarray(features[held_out]))}
        for name in ("noise", "foreign"):
            if f"{name}_logits" in found:
                groups[name] = (found[f"{name}_logits"], found[f"{name}_features"])
        bank, temperature = np.asarray(features[self.reference_ids()]), folder.temperature()
        by_group = {name: ood_scores(*values, bank, temperature) for name, values in groups.items()}
        scores = {score: {name: found[score] for name, found in by_group.items()} for score in by_group["noise"]}
        return OodReport(
            scores,
            {s: {n: auroc(v[n], v["held-out"]) for n in v if n != "held-out"} for s, v in scores.items()},
        )

    def reference_ids(self) -> Ids:
        """Ids of the reference set for kNN distances, sorted.

        It holds the labeled images and the unlabeled ones that a person confirmed. Hidden calibration items stay out,
        because the distances are measured on them.
        """
        splits = self._workspace.splits
        verified = np.flatnonzero(np.isin(self._decisions.state().verdict, HUMAN_LABELS))
        return np.union1d(splits.labeled, np.intersect1d(verified, splits.unlabeled))

    def _ood_scores(self, run_id: str, score: str, ids: Ids) -> NDArray[np.float32]:
        run = self._workspace.run(run_id)
        if score == "knn":
            features, bank = run.folder.features(), self.reference_ids()
            return knn_distance(np.asarray(features[ids]), np.asarray(features[bank]), k=min(5, len(bank)))
        return LOGIT_SCORES[score](np.asarray(run.folder.logits()[ids]), run.temperature)
