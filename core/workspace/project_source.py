"""Source of a project: a built-in data set by name, or a folder, table, archive or export on this machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.base.config import SplitConfig
from core.base.errors import InputError
from core.base.types import ImageSet
from core.data.datasets import DATASETS, TORCHVISION_DATASETS
from core.data.image_store import open_images, write_images
from core.data.ingest_config import IngestConfig
from core.data.ingestion.ingest import ImageSize, ingest_images
from core.data.ingestion.ingest_workers import Progress
from core.data.sources.open_source import open_source
from core.data.sources.source_preview import SourcePreview, preview
from core.data.split_sizes import fill_split, suggest_split
from core.jobs.start import load_dataset
from core.risk.size_notes import size_notes
from core.store.files import full_path

SOURCES = tuple(dict.fromkeys([*DATASETS, *TORCHVISION_DATASETS]))
"""Names of the built-in data sets that a project can be made from."""


def load_source(
    source: str,
    folder: Path,
    image_size: ImageSize,
    root: Path | None,
    reading: IngestConfig | None = None,
    progress: Progress | None = None,
) -> ImageSet:
    """Load a built-in data set or a source of images into `folder`.

    Args:
        source: One of SOURCES, an image folder, or a table, archive or export of another tool.
        folder: The image folder to make.
        image_size: Side in pixels, or (height, width), for images that are decoded; None chooses one.
        root: Where the files of a built-in data set are, or where the paths in a table start; None: the usual places.
        reading: How the source is read.
        progress: Called with (done, total) images.

    Returns:
        The images, memory-mapped.

    Raises:
        InputError: The source is neither.
        DataError: The images cannot be read or written.
    """
    known = DATASETS.get(source)
    if known is not None and known.is_available(root):
        write_images(known.load(root), folder)
    elif source in TORCHVISION_DATASETS:
        load_dataset(source, root, folder)
    else:
        config = reading or IngestConfig()
        table = open_source(existing_source(source), config, root)
        return ingest_images(table, folder, image_size=image_size, config=config, progress=progress)
    return open_images(folder)


def preview_source(source: str, reading: IngestConfig | None = None, root: Path | None = None) -> SourcePreview:
    """Say what a source of images is understood to be; nothing is decoded or written.

    Args:
        source: An image folder, or a table, archive or export of another tool.
        reading: How it is read.
        root: Where the paths in a table start; None: its own folder.

    Returns:
        Layout, classes, splits, what is left out, three examples of each.

    Raises:
        InputError: The source cannot be read.
    """
    return preview(open_source(existing_source(source), reading or IngestConfig(), root))


@dataclass(frozen=True)
class PlannedSplit:
    """Parts that a project would get, before copies and unreadable files are taken out.

    Attributes:
        sizes: Part → images.
        notes: What each part can and cannot show at its size, a sentence each.
    """

    sizes: Mapping[str, int]
    notes: tuple[str, ...]


def plan_split(found: SourcePreview, asked: SplitConfig | None, *, hide_labels: bool = False) -> PlannedSplit:
    """Say which parts a source would give; InputError where more is asked for than there is."""
    sizes = planned_sizes(found, asked, hide_labels=hide_labels)
    return PlannedSplit(sizes, size_notes(sizes))


def planned_sizes(found: SourcePreview, asked: SplitConfig | None, *, hide_labels: bool = False) -> dict[str, int]:
    """Return how many images each part would get, before duplicates and unreadable files are taken out.

    Args:
        found: The preview of the source.
        asked: Sizes that a person named.
        hide_labels: Whether most labels are hidden where all images have one.

    Returns:
        Images by part.

    Raises:
        InputError: More is asked for than there is.
    """
    given = {name: found.splits.get(name, 0) for name in ("val", "test") if found.splits.get(name, 0)}
    total = max(1, sum(found.classes.values()))
    left = max(0, total - sum(given.values())) / total
    counts = [-(-int(count * left * 1000) // 1000) for count in found.classes.values()] or [0]
    config = suggest_split(counts, found.num_unlabeled > 0, hide_labels=hide_labels)
    trained = config.labeled + sum(int(getattr(config, name)) for name in given)
    config = config.model_copy(update={**given, "labeled": trained})
    if asked is not None:
        config = fill_split(asked, config, counts)
    parts = {name: int(getattr(config, name)) for name in ("labeled", "val", "calibration", "test")}
    return {**parts, "unlabeled": found.num_images - sum(parts.values())}


def existing_source(source: str) -> Path:
    """Return the path of a source; InputError where it is neither there nor a built-in data set's name."""
    path = Path(source).expanduser()
    if not path.exists():
        raise InputError(
            f"{source} is neither an image folder nor a built-in data set ({', '.join(SOURCES)}): check the spelling."
        )
    return path


def root_of(source: str, root: Path | None = None) -> Path:
    """Return the folder that image names are relative to; of an archive, the archive.

    Args:
        source: A source that is not built in.
        root: Where the paths in a table start; None: its own folder.
    """
    path = full_path(source)
    is_container = path.name.lower().endswith((".npz", ".tar", ".tgz", ".gz", ".arrow"))
    return path if path.is_dir() or is_container else full_path(root or path.parent)
