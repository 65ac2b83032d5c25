"""The extractor "patches": its filters are learned once from a project's images, without any label, and kept."""

from pathlib import Path

from core.base.errors import DataError, WinnowError
from core.data.image_store import open_images
from core.features.extractors import PATCHES, Extractor
from core.features.handcrafted.patch_filters import PatchFilters, learn_patch_filters
from core.features.onnx_backbones import file_sha256
from core.features.store import images_digest
from core.store.files import read_json, write_json

FOLDER, FILE = "patch_filters", "filters.npz"
"""Folder of the filters in the folder `features` of a project, and their file, there and in exported models."""


def learned_extractor(images: Path, root: Path) -> Extractor:
    """Find the extractor whose filters were learned from a project's images; learn them where they are missing.

    Images that are added later get their features by the same filters, so that all stay comparable.

    Args:
        images: An image folder of Winnow.
        root: The folder `features` of the project.

    Returns:
        The extractor.

    Raises:
        InputError: There are too few images to learn from, or all are empty.
        DataError: The filters cannot be written.
    """
    image_set, file = open_images(images), root / FOLDER / FILE
    try:
        facts = read_json(file.with_suffix(".json"))
        is_same = images_digest(image_set, int(facts["num_images"])) == facts["images"]
        if is_same and file_sha256(file) == facts["sha256"]:
            return _extractor(file, PatchFilters.read(file), facts["sha256"])
    except (WinnowError, KeyError, TypeError, ValueError):
        pass  # none yet, damaged, or of other images: learned again
    filters, num = learn_patch_filters(image_set.pixels), len(image_set.pixels)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{file.parent} cannot be made ({error.strerror}).") from error
    filters.write(file)
    digest = file_sha256(file)
    about = {"num_images": num, "images": images_digest(image_set, num), "sha256": digest}
    write_json(file.with_suffix(".json"), about)
    return _extractor(file, filters, digest)


def _extractor(file: Path, filters: PatchFilters, digest: str) -> Extractor:
    num_features = filters.components.shape[1]
    return Extractor(PATCHES, "1", num_features=num_features, weights=file, sha256=digest, source="these images")
