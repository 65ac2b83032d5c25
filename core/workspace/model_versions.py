"""Model versions: a run's model fitted again on the decisions up to one of the log; their names and folders."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.store.run_folder import RunFolder

VERSIONS = "versions"
KEPT_VERSIONS = 6
"""Model versions whose scores stay in memory."""
_NAME = re.compile(r"(?P<run>.+)@(?P<decision>\d{1,15})")


@dataclass(frozen=True, order=True)
class ModelVersion:
    """Name of a model version.

    Attributes:
        run_id: The run whose model is fitted again.
        decision: Id of the last decision that counts, 1 or more.
    """

    run_id: str
    decision: int

    @property
    def name(self) -> str:
        """Name in the log, in URLs and on the command line, such as "001-head-hog@120"."""
        return f"{self.run_id}@{self.decision}"


def parse_version(name: str) -> ModelVersion | None:
    """Read the name of a model version; None where it names a run itself.

    Args:
        name: Such as "001-head-hog@120".
    """
    found = _NAME.fullmatch(name)
    return None if found is None else ModelVersion(found["run"], int(found["decision"]))


def base_run(name: str) -> str:
    """Return the run that a name stands for, without its version."""
    version = parse_version(name)
    return name if version is None else version.run_id


def version_folder(run: RunFolder, version: ModelVersion) -> Path:
    """Return the folder of a version, below that of its run; it need not be there."""
    return run.path / VERSIONS / version.name


def list_versions(run: RunFolder) -> list[ModelVersion]:
    """List the versions of a run that were made, by decision.

    The predictions of old ones may have been removed; they are made again when they are asked for.

    Args:
        run: Folder of the run itself.
    """
    folder = run.path / VERSIONS
    names = [parse_version(path.name) for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(version for version in names if version is not None and version.run_id == run.id)


def has_scores(folder: Path) -> bool:
    """Return whether the predictions of a version's folder are there."""
    return (folder / "predictions" / "logits.npy").exists()


def forget_versions(kept: dict[str, Any]) -> None:
    """Drop what is kept of old model versions, in the order of use; runs themselves stay.

    Args:
        kept: By name of run or version, the oldest first.
    """
    versions = [name for name in kept if parse_version(name) is not None]
    for name in versions[:-KEPT_VERSIONS]:
        del kept[name]
