"""Which features and head suit a project: cross-validated on its labeled images, stored, followed by head runs.

Features are computed for at most MOST_IMAGES images, so that it takes about a minute on a project of any size.
"""

import hashlib
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import numpy as np

from core.base.config import HeadKind, TrainConfig
from core.base.errors import Cancelled, DataError, InputError, unknown_name
from core.base.types import Ids, ImageSet
from core.data.image_store import write_images
from core.features.catalog import named_features, offered_extractors, project_extractor
from core.features.compute import compute_features
from core.features.extractors import Extractor, Features
from core.features.own_arrays import PREFIX
from core.features.store import FeatureRecord, FeatureStatus, list_features, open_features
from core.heads.head_comparison import FOLDS, HeadComparison, compare_heads, simplest_within_error
from core.heads.head_labels import HeadLabels
from core.heads.head_settings import HeadSettings
from core.store.files import cannot_read, cannot_write, read_json, write_json
from core.workspace.workspace import Workspace

FORMAT = 1
MOST_LABELS = 1_000
"""Most labeled images that are compared on; more are drawn."""
MOST_IMAGES = 2_000
"""Most images whose features are computed: the labeled ones, and others for the graph of label propagation."""
KINDS: tuple[str, ...] = get_args(HeadKind)
OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ComparedHead(HeadComparison):
    """One line of the table.

    Attributes:
        feature_seconds: Time to compute the features of all images of the project, from the measured rate.
        head_seconds: Time to fit the head once and name the labels held out.
    """

    feature_seconds: float
    head_seconds: float


@dataclass(frozen=True)
class ExtractorComparison:
    """Extractors and heads by their cross-validated accuracy.

    Attributes:
        lines: The most accurate first.
        extractors: Those compared, the simplest first.
        skipped: Extractors that could not be had here, each with the reason.
        labels: Digest of the labels.
        created: ISO 8601, UTC.
    """

    lines: tuple[ComparedHead, ...]
    extractors: tuple[str, ...]
    skipped: Mapping[str, str]
    labels: str
    created: str

    @property
    def recommended(self) -> HeadComparison:
        """The simplest pair within one standard error of the most accurate."""
        return simplest_within_error(self.lines, self.extractors, KINDS)

    def settings(self, extractor: str | None = None) -> dict[str, str]:
        """Settings of a head run: extractor and head.

        Args:
            extractor: One of `extractors`; None takes the recommended pair.

        Returns:
            The extractor, and of its heads the simplest within one standard error of its best.

        Raises:
            InputError: The extractor was not compared.
        """
        if extractor is not None and extractor not in self.extractors:
            raise unknown_name("compared extractor", extractor, self.extractors)
        lines = [line for line in self.lines if extractor in (None, line.extractor)]
        best = simplest_within_error(lines, self.extractors, KINDS)
        return {"extractor": best.extractor, "head": best.kind}

    def facts(self) -> dict[str, Any]:
        """The comparison as a JSON object, as it stands in features/comparison.json."""
        return {"format": FORMAT, **asdict(self), "recommended": self.settings()}


def compare_extractors(
    workspace: Workspace,
    extractors: Sequence[str] | None = None,
    *,
    on_progress: OnProgress = lambda _message, _done, _total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> ExtractorComparison:
    """Cross-validate every head on the features of every extractor, and store the table.

    Only labeled images are read with their labels: neither val, calibration nor test, whose estimates the choice would
    spoil. Nothing is downloaded. Stored features are used; others are computed, kept where they cover all images.

    Args:
        workspace: The project.
        extractors: Names, the simplest first; None takes those that need nothing, the backbones installed here, and a
            person's own stored features.
        on_progress: Called with a sentence, the extractors done, and their number.
        should_stop: Asked between the steps.

    Returns:
        The table.

    Raises:
        InputError: There are fewer than two labeled images, or a named extractor cannot be had.
        Cancelled: should_stop said so.
        DataError: The project folder cannot be written.
    """
    found, skipped = _available(workspace, extractors)
    labeled = _drawn(workspace.splits.labeled, MOST_LABELS)
    if len(labeled) < 2:
        raise InputError(f"{workspace.name} has {len(labeled)} labeled images: comparing features needs two or more.")
    rows = np.union1d(labeled, _drawn(workspace.splits.pool, MOST_IMAGES - len(labeled)))
    labels = HeadLabels(
        np.searchsorted(rows, labeled), workspace.images.labels[labeled], np.ones(len(labeled), np.float32),
        labeled[:0], labeled[:0], len(workspace.images.class_names),
    )  # fmt: skip
    lines: list[ComparedHead] = []
    for done, (name, extractor) in enumerate(found.items()):

        def tell(status: FeatureStatus, name: str = name, done: int = done) -> None:
            on_progress(f"{name}: features of {status.done:,} of {status.total:,} images.", done, len(found))

        on_progress(f"{name}: reading features.", done, len(found))
        values, record = _features(workspace, name, extractor, rows, tell, should_stop)
        seconds = len(workspace.images.pixels) / record.images_per_second if record.images_per_second else 0.0
        for kind in KINDS:
            if should_stop():
                raise Cancelled
            on_progress(f"{name}: cross-validating {kind}.", done, len(found))
            begin = time.perf_counter()
            (line,) = compare_heads({name: values}, labels, [HeadSettings(kind=kind)])
            taken = (time.perf_counter() - begin) / min(FOLDS, len(labeled))
            lines.append(ComparedHead(**asdict(line), feature_seconds=round(seconds, 1), head_seconds=round(taken, 3)))
    lines.sort(key=lambda line: -line.accuracy)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    table = ExtractorComparison(tuple(lines), tuple(found), skipped, labels_digest(workspace), created)
    _store(workspace.path / "features" / "comparison.json", table)
    return table


def _store(file: Path, table: ExtractorComparison) -> None:
    try:
        file.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise cannot_write(file, error) from error
    write_json(file, table.facts())


def labels_digest(workspace: Workspace) -> str:
    """Digest of the labeled images and their labels, hex."""
    ids = workspace.splits.labeled
    return hashlib.sha256(np.stack([ids, workspace.images.labels[ids]]).astype("<i8").tobytes()).hexdigest()


def stored_comparison(workspace: Workspace) -> ExtractorComparison | None:
    """Read the table that was stored last.

    Args:
        workspace: The project.

    Returns:
        The table; None where there is none, or where the labels have changed since.

    Raises:
        DataError: The file cannot be read.
    """
    file = workspace.path / "features" / "comparison.json"
    if not file.exists():
        return None
    facts = read_json(file)
    try:
        if facts["format"] != FORMAT:
            raise cannot_read(file, "another version of Winnow wrote it")
        lines = tuple(ComparedHead(**line) for line in facts["lines"])
        table = ExtractorComparison(
            lines, tuple(facts["extractors"]), facts["skipped"], facts["labels"], facts["created"]
        )
    except (KeyError, TypeError) as error:
        raise cannot_read(file, f"it is no comparison of features: {error}") from error
    return table if table.labels == labels_digest(workspace) else None


def with_recommendation(workspace: Workspace, config: TrainConfig) -> TrainConfig:
    """Give a head run that names neither extractor nor head those that suit the project.

    Args:
        workspace: The project.
        config: Settings of a run.

    Returns:
        The settings, with the recommended extractor and head where it is a head run that leaves both open.
    """
    if config.method != "head" or config.model_fields_set & {"extractor", "head"}:
        return config
    table = stored_comparison(workspace)
    return config if table is None else config.model_copy(update=table.settings())


def _available(workspace: Workspace, names: Sequence[str] | None) -> tuple[dict[str, Extractor | None], dict[str, str]]:
    """Extractors that can be had here, by name, and why others cannot; one that was asked for must be had.

    A person's own features have no extractor.
    """
    if names is not None:
        return {name: None if name.startswith(PREFIX) else _extractor(workspace, name) for name in names}, {}
    found: dict[str, Extractor | None] = {}
    skipped = {}
    for offer in offered_extractors():
        if ":" in offer.name:  # it needs a name or a file of the person's
            continue
        try:
            if offer.problem:
                raise InputError(offer.problem)
            found[offer.name] = _extractor(workspace, offer.name)
        except InputError as error:
            skipped[offer.name] = str(error)
    stored = [record.extractor.name for record in list_features(workspace.path / "features")]
    return found | dict.fromkeys(name for name in stored if name.startswith(PREFIX)), skipped


def _extractor(workspace: Workspace, name: str) -> Extractor:
    return project_extractor(name, workspace.path / "images", workspace.path / "features")


def _drawn(ids: Ids, most: int) -> Ids:
    """All ids, or a fixed draw of them where there are more; sorted."""
    return ids if len(ids) <= most else np.sort(np.random.default_rng(0).choice(ids, max(0, most), replace=False))


def _features(
    workspace: Workspace,
    name: str,
    extractor: Extractor | None,
    rows: Ids,
    on_progress: Callable[[FeatureStatus], None],
    should_stop: Callable[[], bool],
) -> tuple[Features, FeatureRecord]:
    """Features (n, D) of some images, and a record that says how long they take."""
    images, root = workspace.images, workspace.path / "features"
    callbacks: dict[str, Any] = {"on_progress": on_progress, "should_stop": should_stop}
    if extractor is not None and len(images.pixels) > MOST_IMAGES:
        try:
            stored = open_features(root / extractor.key, images)
        except DataError:
            with tempfile.TemporaryDirectory(prefix="winnow-") as folder:
                sample = ImageSet(images.pixels[rows], images.labels[rows], images.class_names, images.names[rows],
                                  rows[:0])  # fmt: skip
                write_images(sample, Path(folder) / "images")
                stored = compute_features(extractor, Path(folder) / "images", Path(folder) / "features", **callbacks)
                return np.array(stored.values), stored.record
    else:
        stored = named_features(name, workspace.path / "images", root, **callbacks)
    return stored.values[rows], stored.record
