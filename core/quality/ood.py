"""The noise check: can a run tell its own images from noise and from those of another data set?"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.base.types import PerImage
from core.data.image_store import open_images
from core.jobs.start import check_noise
from core.quality.data_checks import familiar_ids
from core.scoring.ood import auroc, foreignness
from core.store.run_folder import RunFolder
from core.workspace.creation import load_source

if TYPE_CHECKING:
    from core.project import Project


@dataclass(frozen=True)
class NoiseReport:
    """Scores (high = foreign) of held-out images, noise and, where asked for, another data set's images."""

    scores: dict[str, dict[str, PerImage]]  # by score (entropy in bits, energy in nats, neighbor distance), by group
    auroc: dict[str, dict[str, float]]  # by score, by group: how well it tells the group from held-out images

    @property
    def groups(self) -> list[str]:
        """held-out first, then noise, then another data set."""
        return list(next(iter(self.scores.values())))


def run_check(project: "Project", folder: RunFolder, foreign: str | None) -> None:
    """Ask the model; foreign names a built-in data set, an image folder or a project folder."""
    if foreign is None:
        check_noise(project.path, folder.id, None)
        return
    place = Path(foreign).expanduser()
    if (place / "project.toml").exists():
        open_images(place / "images")
        check_noise(project.path, folder.id, place / "images")
        return
    with tempfile.TemporaryDirectory(prefix="winnow-") as temporary:
        load_source(foreign, Path(temporary) / "images", None, None)
        check_noise(project.path, folder.id, Path(temporary) / "images")


def noise_report(project: "Project", folder: RunFolder) -> NoiseReport | None:
    """What the last noise check of a run found; None before the first."""
    found = folder.noise()
    if not found:
        return None
    splits, logits, features = project.splits, folder.logits(), folder.features()
    held_out = np.sort(np.concatenate([splits.val, splits.calibration]))
    groups = {"held-out": (np.asarray(logits[held_out]), np.asarray(features[held_out]))}
    for name in ("noise", "foreign"):
        if f"{name}_logits" in found:
            groups[name] = (found[f"{name}_logits"], found[f"{name}_features"])
    bank, temperature = np.asarray(features[familiar_ids(project)]), folder.temperature()
    by_group = {name: foreignness(*values, bank, temperature) for name, values in groups.items()}
    scores = {score: {name: found[score] for name, found in by_group.items()} for score in by_group["noise"]}
    return NoiseReport(
        scores,
        {s: {n: auroc(v[n], v["held-out"]) for n in v if n != "held-out"} for s, v in scores.items()},
    )
