"""Models with an image and a text tower (CLIP, SigLIP) by the library transformers, from a local folder or the hub.

No code of a model's folder is run, and no file but .safetensors is read as weights.
"""

import hashlib
import importlib
import json
import os
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.base.errors import InputError
from core.features.input_spec import InputSpec

FILES = ("*.json", "*.txt", "*.model", "model*.safetensors", "README.md")
"""What is downloaded of a hub repository: configuration, tokenizer, weights, and the licence in the model card."""
_PREPROCESSOR = ("preprocessor_config.json", "processor_config.json")
_LICENCE = re.compile(r"\A---\n(?:(?!---).*\n)*?license:[ \t]*([\w.+-]+)")


class ImageTower(nn.Module):
    """The image half of a model: from images (B, channels, side, side) to projected embeddings (B, D)."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        for part in ("text_model", "text_projection"):
            if hasattr(model, part):
                setattr(model, part, nn.Identity())

    def forward(self, images: Tensor) -> Tensor:
        """Return the projected embeddings of images."""
        return _embedding(self.model.get_image_features(pixel_values=images))


class TextTower:
    """The text half of a model.

    Args:
        name: The extractor, "clip:FOLDER" or "clip:OWNER/NAME".
        sha256: Of the weights that the images' features came from; empty: not compared.

    Raises:
        InputError: The model is not here, has changed, or has no text tower.
    """

    def __init__(self, name: str, sha256: str = "") -> None:
        folder = model_folder(name, allow_download=False)
        if sha256 and weights_sha256(folder, name) != sha256:
            raise InputError(
                f"The weights of {name} have changed since the features of the images were computed: compute them "
                f"again (winnow features PROJECT --extractor {name})."
            )
        self.name, model = name, open_model(folder, name)
        for part in ("vision_model", "visual_projection"):
            if hasattr(model, part):
                setattr(model, part, nn.Identity())
        self._model = model
        self._length = int(model.config.text_config.max_position_embeddings)
        try:
            self._tokenizer = _library("AutoTokenizer", name).from_pretrained(folder, local_files_only=True)
        except Exception as error:  # tokenizers' errors have no common class
            raise InputError(f"{name} has no tokenizer that can be read ({_first(error)}).") from error

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts.

        Args:
            texts: Any script; what the model knows of it is another matter.

        Returns:
            (n, D), in the space of the image tower's embeddings.

        Raises:
            InputError: A text is longer than the tower reads, or its embedding is not finite.
        """
        for text in texts:
            length = len(self._tokenizer(text)["input_ids"])
            if length > self._length:
                raise InputError(
                    f"“{text[:40]}…” has {length} tokens, and the text tower of {self.name} reads {self._length}: use "
                    "fewer words."
                )
        # SigLIP was trained on texts filled up to the full length; CLIP gives the same numbers either way
        tokens = self._tokenizer(list(texts), padding="max_length", max_length=self._length, return_tensors="pt")
        with torch.inference_mode():
            found = _embedding(self._model.get_text_features(**tokens)).float().numpy()
        if not np.isfinite(found).all():
            raise InputError(f"{self.name} gives texts numbers that are NaN or infinite: its weights are damaged.")
        return np.asarray(found, dtype=np.float32)


def model_folder(name: str, *, allow_download: bool) -> Path:
    """Find the folder of a model.

    Args:
        name: "clip:FOLDER" or "clip:OWNER/NAME" of the Hugging Face hub.
        allow_download: Whether the hub may be asked; else only what it has stored on this machine counts.

    Returns:
        The folder.

    Raises:
        InputError: It is not here.
    """
    place = name.removeprefix("clip:")
    folder = Path(place).expanduser()
    if folder.is_absolute():
        if not (folder / "config.json").is_file():
            raise InputError(f"{folder} is no folder of a model: config.json is missing.")
        return folder
    if not allow_download:
        os.environ["HF_HUB_OFFLINE"] = "1"
    _library("AutoModel", name)  # where transformers is missing, that is the sentence
    download = importlib.import_module("huggingface_hub").snapshot_download
    try:
        return Path(download(place, allow_patterns=list(FILES), local_files_only=not allow_download))
    except Exception as error:  # the hub's client and its transports have no common class
        if not allow_download:
            raise InputError(
                f"The model {place} is not on this machine and was not downloaded: allow the download (setting "
                "allow_download, option --allow-download), or give a local folder as clip:FOLDER."
            ) from error
        raise InputError(f"{place} could not be downloaded ({_first(error)}): give a local folder of it.") from error


def open_model(folder: Path, name: str) -> Any:
    """Load both towers of a model, in float32 and evaluation mode.

    Args:
        folder: With config.json and model.safetensors.
        name: For errors.

    Raises:
        InputError: transformers is not installed, weights are missing or do not fit, or there are not two towers.
    """
    model_class = _library("AutoModel", name)
    weights_files(folder, name)
    try:
        model, report = model_class.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, trust_remote_code=False, dtype=torch.float32,
            output_loading_info=True,
        )  # fmt: skip
    except Exception as error:  # transformers' errors have no common class
        raise InputError(f"{name} cannot be loaded as a model ({_first(error)}).") from error
    if not all(hasattr(model, method) for method in ("get_image_features", "get_text_features")):
        raise InputError(
            f"{name} is a {type(model).__name__}, which has no text tower: choose a model with an image and a text "
            "tower, such as CLIP or SigLIP."
        )
    missing = sorted(report["missing_keys"])
    if missing:
        raise InputError(f"{name} lacks {len(missing)} of its weights (first: {missing[0]}): fetch or save it again.")
    return model.eval().requires_grad_(False)


def image_spec(folder: Path, name: str) -> InputSpec:
    """Read how a model wants its images; InputError where its files do not say."""
    for file in (folder / file for file in _PREPROCESSOR):
        try:
            facts = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        facts = facts.get("image_processor", facts) if isinstance(facts, dict) else {}
        if "image_mean" in facts:
            given = {key: value for key, value in facts.items() if value is not None}
            if not given.get("do_center_crop", True):
                given.pop("crop_size", None)
            if not given.get("do_normalize", True):
                given |= {"image_mean": [0.0] * 3, "image_std": [1.0] * 3}
            return InputSpec.from_facts(given, f"{file.name} of {name}")
    raise InputError(f"{name} does not say how it wants its images: preprocessor_config.json is missing in {folder}.")


def weights_files(folder: Path, name: str) -> list[Path]:
    """Return the files of a model's weights; InputError where there is none that is safe to read."""
    files = sorted(folder.glob("model*.safetensors"))
    if not files:
        raise InputError(f"{name} has no model.safetensors: weights in other formats can run code and are not read.")
    return files


def weights_sha256(folder: Path, name: str) -> str:
    """Digest the files of a model's weights in the order of their names; of one file it is the file's own SHA-256."""
    digest = hashlib.sha256()
    for path in weights_files(folder, name):
        try:
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    return digest.hexdigest()


def licence(folder: Path) -> str:
    """Return the licence that the model card (README.md) states; "unknown" where it states none."""
    try:
        found = _LICENCE.match((folder / "README.md").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return "unknown"
    return found[1] if found else "unknown"


def made_by() -> str:
    """Return package and version that build the networks."""
    return f"transformers {version('transformers')}"


def _library(part: str, name: str) -> Any:
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        library = importlib.import_module("transformers")
    except ImportError as error:
        raise InputError(f"{name} needs transformers, which is not installed: pip install 'winnow[text]'.") from error
    library.logging.disable_progress_bar()
    return getattr(library, part)


def _embedding(answer: Any) -> Tensor:
    """Return the projected embedding (B, D): transformers 5 puts it into an object, 4 gave it alone."""
    found: Tensor = answer if isinstance(answer, Tensor) else answer.pooler_output
    return found


def _first(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
