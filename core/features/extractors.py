"""Feature extractors by name: handcrafted ones, and pretrained backbones that run through onnxruntime or torch."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from core.base.errors import DataError, InputError, unknown_name
from core.base.types import Pixels
from core.features.handcrafted.gradients import hog, hog_size
from core.features.handcrafted.patch_filters import PatchFilters, patch_features
from core.features.handcrafted.plain_pixels import plain_pixels, plain_size
from core.features.input_spec import SMALL_SIDE, InputSpec

Runner = Literal["numpy", "onnx", "torch"]
Features = NDArray[np.float16]
Compute = Callable[[Pixels], NDArray[np.float32]]
"""From images (n, H, W, C) uint8 to features (n, D)."""

HANDCRAFTED = ("hog", "pixels")
"""Extractors that need nothing but numpy."""
PATCHES = "patches"
"""The extractor whose filters are learned from a project's images; see core.features.learned_filters."""
LARGEST = 65504
"""The largest number of float16."""


@dataclass(frozen=True)
class Extractor:
    """What turns images into features, and all that decides their numbers.

    Attributes:
        name: Such as "hog", "patches", "efficientnet_lite0", "torchvision:resnet18", "onnx:model" or "own:file.npy".
        version: Of the computation or of the library that builds the network.
        runner: What computes it: "numpy", "onnx" or "torch".
        num_features: D; 0 where it depends on the images.
        input: How a backbone wants its images; None for handcrafted features.
        weights: File of the weights or learned filters; None for "hog" and "pixels".
        sha256: Of the weights, hex; empty for handcrafted features.
        licence: Of the weights, as far as their source says.
        source: Package, address or file that the weights come from.
        devices: Devices of a torch runner, each with a process of its own.
        settings: Further arguments of the runner.
    """

    name: str
    version: str
    runner: Runner = "numpy"
    num_features: int = 0
    input: InputSpec | None = None
    weights: Path | None = None
    sha256: str = ""
    licence: str = ""
    source: str = ""
    devices: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Folder name of its features: equal exactly when name, version, weights and input are equal."""
        facts = self.facts()
        parts = {name: facts[name] for name in ("name", "version", "sha256", "input")}
        digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
        slug = re.sub(r"[^a-z0-9]+", "_", self.name.lower()).strip("_")[:40]
        return f"{slug}-{digest[:8]}"

    def facts(self) -> dict[str, Any]:
        """The extractor as a JSON object, as it stands in a record."""
        return {
            "name": self.name, "version": self.version, "runner": self.runner, "num_features": self.num_features,
            "input": self.input.facts() if self.input else None, "weights": str(self.weights) if self.weights else None,
            "sha256": self.sha256, "licence": self.licence, "source": self.source, "devices": list(self.devices),
            "settings": dict(self.settings),
        }  # fmt: skip

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Self:
        """Read an extractor from its JSON object; InputError where it is none."""
        try:
            given = dict(facts)
            spec, weights = given.pop("input"), given.pop("weights")
            return cls(
                input=InputSpec.from_facts(spec, given["name"]) if spec else None,
                weights=Path(weights) if weights else None,
                **(given | {"devices": tuple(given["devices"])}),
            )
        except (KeyError, TypeError) as error:
            raise InputError(f"This is no description of a feature extractor ({error}).") from error


def handcrafted(name: str) -> Extractor:
    """A handcrafted extractor by its name; InputError names those there are."""
    if name not in HANDCRAFTED:
        raise unknown_name("handcrafted extractor", name, HANDCRAFTED)
    return Extractor(name, "1", source="winnow", licence="Apache-2.0")


def num_features(extractor: Extractor, shape: tuple[int, ...]) -> int:
    """The number D of features that an extractor gives images of a shape (H, W, C)."""
    if extractor.num_features:
        return extractor.num_features
    return hog_size(*hog_sides(shape), shape[2]) if extractor.name == "hog" else plain_size(shape)


def hog_sides(shape: tuple[int, ...]) -> tuple[int, int]:
    """Side of the images and of the cells, in pixels, for the HOG of images of a shape (H, W, C)."""
    return (28, 4) if max(shape[:2]) <= SMALL_SIDE else (64, 8)


def learned_compute(extractor: Extractor) -> Compute:
    """The function of the extractor PATCHES; DataError where its file of filters is missing or damaged."""
    if extractor.weights is None:
        raise DataError(f"{extractor.name} has no file of filters: choose it again, and they are learned.")
    filters = PatchFilters.read(extractor.weights)
    return lambda pixels: patch_features(pixels, filters)


def handcrafted_compute(name: str) -> Compute:
    """The function of a handcrafted extractor."""
    if name == "pixels":
        return plain_pixels
    return lambda pixels: hog(pixels, *hog_sides(pixels.shape[1:]))


def as_stored(values: NDArray[np.float32], source: object) -> Features:
    """Round features (n, D) to float16, the way they are stored.

    Args:
        values: The features.
        source: What computed them, for the error.

    Returns:
        The features; numbers beyond the range of float16 become its largest.

    Raises:
        InputError: A number is NaN or infinite.
    """
    if not np.isfinite(values).all():
        raise InputError(f"{source} gives features that are not numbers (NaN or infinite): its weights are damaged.")
    return values.clip(-LARGEST, LARGEST).astype(np.float16)
