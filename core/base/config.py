"""Settings: frozen models that refuse unknown keys.

Every field states its unit, range and meaning in one line. The page draws its inputs, the command line its checks and
the docs their tables from these fields.
"""

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Annotated, Any, Literal, Self, get_args

from annotated_types import Interval
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from core.base.errors import ConfigError

Method = Literal[
    "supervised", "pseudo_label", "self_training", "fixmatch", "flexmatch", "freematch", "softmatch", "mean_teacher",
    "distillation", "head", "imported"
]  # fmt: skip
HeadKind = Literal["kernel_ridge", "logistic", "label_propagation"]
Balance = Literal["none", "weights", "logit_adjustment"]
Model = Literal[
    "mlp", "tiny_cnn", "small_cnn", "wrn", "resnet18", "resnet50", "convnext_tiny", "efficientnet_b0", "vit_b_16",
    "backbone"
]  # fmt: skip
Profile = Literal["natural", "digits", "none"]
Ramp = Literal["none", "linear", "seed", "sigmoid"]
Precision = Literal["auto", "fp32", "bf16"]
WeakPass = Literal["joint", "own"]
TrackerName = Literal["none", "tensorboard", "mlflow"]
SplitKind = Literal["balanced", "stratified"]
KeptWeights = Literal["clear_best", "best", "last"]
TrainedPart = Literal["head", "last_block", "everything"]

METHODS: tuple[str, ...] = get_args(Method)
"""Methods, by the name that `TrainConfig.method` takes."""
TRAINING_METHODS: tuple[str, ...] = tuple(name for name in METHODS if name != "imported")
"""Methods that a run can be started with; the other one keeps predictions from elsewhere."""
NETWORK_METHODS: tuple[str, ...] = tuple(name for name in TRAINING_METHODS if name != "head")
"""Methods that train a network; `head` fits a classifier on stored features."""
HEAD_METHODS = ("head", "distillation")
"""Methods that fit a head: as their model, or to teach a network."""
MODELS: tuple[str, ...] = get_args(Model)
"""Models, by the name that `TrainConfig.model` takes."""
TORCHVISION_MODELS: tuple[str, ...] = ("resnet18", "resnet50", "convnext_tiny", "efficientnet_b0", "vit_b_16")
"""Models among them that torchvision builds, for which it has weights."""
PROFILES: tuple[str, ...] = get_args(Profile)
"""Profiles of augmentation."""
FILE_EXTRACTORS = ("onnx", "own", "clip")
"""Extractors that name a file or folder, as onnx:FILE."""
BACKBONES = re.compile(r"efficientnet_lite[0-4]$|(torchvision|timm|hub):.")
"""Extractors that are pretrained networks, which can be fine-tuned."""
BACKBONE_NAMES = "efficientnet_lite0, torchvision:NAME, timm:NAME or hub:OWNER/NAME"
RAMPS: tuple[str, ...] = get_args(Ramp)
"""How the weight of the unlabeled loss rises."""


def Between(low: float, high: float) -> Interval:  # noqa: N802 - reads as a type
    """Return the closed range of a parameter.

    Pydantic checks it, and the page draws its slider from it.

    Args:
        low: Smallest allowed value.
        high: Largest allowed value.

    Returns:
        The constraint, for `Annotated`.
    """
    return Interval(ge=low, le=high)


class Config(BaseModel):
    """Base of all settings: immutable, refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> Self:
        """Build settings from untrusted values.

        Args:
            values: Field names and values; missing fields take their defaults.

        Returns:
            The settings.

        Raises:
            ConfigError: A value is unknown, of the wrong type or out of range. The sentence names the field and the
                range.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise ConfigError(_sentence(cls.__name__, error)) from error


def _sentence(name: str, error: ValidationError) -> str:
    parts = [
        f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg'].removeprefix('Value error, ')} (got {e['input']!r})"
        for e in error.errors()
    ]
    return f"{name} cannot be used: " + "; ".join(parts) + "."


class SplitConfig(Config):
    """Sizes of the labeled, val, calibration and test parts of a project."""

    kind: SplitKind = "balanced"
    """balanced: the same number per class; stratified: in proportion to the classes."""
    labeled: Annotated[int, Between(0, 100_000_000)] = 500
    """Images whose labels the model may train on, in all classes together."""
    val: Annotated[int, Between(0, 100_000_000)] = 300
    """Labeled images for choosing the checkpoint and the temperature."""
    calibration: Annotated[int, Between(0, 100_000_000)] = 500
    """Labeled images hidden in the pool; their labels estimate risk and nothing else."""
    test: Annotated[int, Between(0, 100_000_000)] = 1500
    """Labeled images that only the comparison reads."""
    seed: Annotated[int, Between(0, 2**31 - 1)] = 0
    """Seed of the draw; the same seed gives the same split."""


class TrainConfig(Config):
    """Settings of one training run, written to run.json before the first step."""

    method: Method = "supervised"
    """supervised: labels only; self_training: also curated pseudo-labels; distillation: labels, and a head's answers on
    the pool; head: on features, in seconds; imported: not trained here; the others: labels and the unlabeled pool."""
    model: Model = "small_cnn"
    """mlp, tiny_cnn: seconds on a CPU; small_cnn: minutes; wrn: Wide ResNet, 28-2 by default; others: torchvision's;
    backbone: the pretrained network of `extractor`, fine-tuned."""
    profile: Profile = "natural"
    """Augmentation: natural (flip, crop), digits (small shifts and rotations, no flip) or none."""
    epochs: Annotated[int, Between(1, 1_000_000)] = 60
    """Passes over the labeled set."""
    batch_size: Annotated[int, Between(1, 65_536)] = 64
    """Labeled images per step, over all devices together."""
    unlabeled_ratio: Annotated[int, Between(1, 64)] = 4
    """Unlabeled or pseudo-labeled images per labeled image in a step; 7 in FixMatch, which its recipe sets."""
    learning_rate: Annotated[float, Between(1e-6, 10.0)] = 0.03
    """Peak learning rate of SGD with Nesterov momentum 0.9, backbone: of AdamW; decays as cos(7 pi k / 16 K)."""
    weight_decay: Annotated[float, Between(0.0, 1.0)] = 5e-4
    """L2 penalty on weights; biases and norms are spared."""
    warm_up_steps: Annotated[int, Between(0, 1_000_000)] = 0
    """Steps over which the learning rate rises linearly from zero."""
    ema_decay: Annotated[float, Between(0.0, 0.99999)] = 0.99
    """Decay per step of the averaged model that is evaluated and saved; 0: no averaging; .999 in FixMatch's recipe."""
    unlabeled_weight: Annotated[float, Between(0.0, 100.0)] = 1.0
    """Weight of the unlabeled loss once the ramp has ended; head: of labels accepted in bulk."""
    ramp: Ramp = "linear"
    """none: full weight at once, as FixMatch; linear: 0 to 1 over the run; seed, sigmoid: ramp_start to ramp_end."""
    ramp_start: Annotated[int, Between(0, 1_000_000)] = 20
    """Epoch at which the seed or sigmoid ramp begins to rise (T1)."""
    ramp_end: Annotated[int, Between(1, 1_000_000)] = 450
    """Epoch at which the seed or sigmoid ramp reaches full weight (T2)."""
    reject_weight: Annotated[float, Between(0.0, 100.0)] = 1.0
    """Weight of rejected labels, which train as "not this class"; 0 ignores them."""
    threshold: Annotated[float, Between(0.0, 1.0)] = 0.95
    """Confidence from which fixmatch learns an unlabeled image; flexmatch lowers it per class."""
    threshold_floor: Annotated[float, Between(0.0, 1.0)] = 0.0
    """Adaptive thresholds stay above it. They help at four labels a class, balanced; imbalanced they hurt: about .9."""
    threshold_memory: Annotated[float, Between(0.0, 0.99999)] = 0.999
    """Decay of adaptive thresholds' averages (freematch, softmatch); with .99 they move in a few hundred steps."""
    weak_pass: WeakPass = "joint"
    """With batch norm, weak views (fixmatch and kin) go through with the others, as in the papers, or apart, faster."""
    sharpening: Annotated[float, Between(0.0, 1.0)] = 0.0
    """Temperature of soft pseudo-labels (fixmatch and its kin); 0: hard ones, the class itself."""
    fairness_weight: Annotated[float, Between(0.0, 1.0)] = 0.01
    """Weight of freematch's fairness term; .001 to .05 in the paper."""
    warm_start: bool = False
    """Start from the parent run's weights instead of from scratch."""
    pretrained: str = ""
    """torchvision models: "imagenet" (from torchvision's cache, or downloaded) or a file of weights; empty: none;
    backbone: a file of weights instead of the network's own."""
    wrn_depth: Annotated[int, Between(10, 100)] = 28
    """wrn: layers, 6 n + 4."""
    wrn_width: Annotated[int, Between(1, 16)] = 2
    """wrn: widening factor."""
    seed: Annotated[int, Between(0, 2**31 - 1)] = 0
    """Seed of weights, order and augmentation; head: of landmarks, which stand for many labels."""
    device: str = "auto"
    """auto (a free accelerator if there is one, else CPU), cpu, cuda, mps, xpu, or one of several, as cuda:N."""
    devices: Annotated[int, Between(1, 1024)] = 1
    """Processes that train this run together on this machine, one per GPU (or sharing the CPU)."""
    precision: Precision = "auto"
    """auto: whichever of fp32 and bf16 autocast this machine was measured to run faster; fp32 and bf16 force one."""
    extractor: str = "hog"
    """head, distillation: hog, pixels, patches, efficientnet_lite0, torchvision:NAME, timm:NAME, hub:OWNER/NAME,
    onnx:FILE, clip:FOLDER, clip:OWNER/NAME or own:FILE; backbone: one that is a network, from no clip or file."""
    trained_part: TrainedPart = "last_block"
    """backbone: what trains: the linear head, also the network's last block, or everything, lower blocks slower."""
    lowest_block_rate: Annotated[float, Between(0.001, 1.0)] = 0.1
    """backbone, everything: learning rate of the lowest block as a share of the head's; evenly spaced in between."""
    image_side: Annotated[int, Between(0, 1024)] = 0
    """backbone: side to which it gets its images, pixels; 0: the weights' own, as stored features have it."""
    head: HeadKind = "kernel_ridge"
    """head, distillation: the classifier; head without extractor and head: what compare-extractors says."""
    head_balance: Balance = "none"
    """head, distillation, for uneven classes: weights by class, or their log priors taken off the logits."""
    allow_download: bool = False
    """head, distillation, backbone: whether weights that are not on this machine may be downloaded."""
    kept_weights: KeptWeights = "clear_best"
    """Averaged weights kept at the end: best on val, last, or clear_best: best if clearly ahead of last."""
    imported_model: str = ""
    """imported: name of the model that made the predictions; set by the import alone."""
    compile: bool = False
    """Compile the model with torch.compile: slower to begin, faster on long runs."""
    log_epochs: Annotated[int, Between(1, 1_000_000)] = 1
    """Epochs between lines of metrics, each with an evaluation on val and a candidate for the best model."""
    tracker: TrackerName = "none"
    """Also send the metrics to: none, tensorboard (files in the project) or mlflow (MLFLOW_TRACKING_URI, or a file)."""
    log_batches: bool = False
    """Also write a line for every step (batches.jsonl): mask rate, pseudo-label accuracy, class mix."""
    checkpoint_epochs: Annotated[int, Between(1, 1_000_000)] = 5
    """Epochs between checkpoints from which a stopped run can be resumed."""

    @classmethod
    def from_record(cls, values: Mapping[str, Any]) -> Self:
        """Build the settings of a stored record; what an older one leaves out means what it meant then.

        Args:
            values: Field names and values.

        Raises:
            ConfigError: A value is unknown, of the wrong type or out of range.
        """
        return cls.checked({**_BEFORE, **values})

    @property
    def is_head(self) -> bool:
        """Whether the run fits a head on stored features instead of training a network."""
        return self.method == "head"

    @property
    def fits_head(self) -> bool:
        """Whether the run fits a head, as its model or to teach its network."""
        return self.method in HEAD_METHODS

    @property
    def is_imported(self) -> bool:
        """Whether the run keeps the predictions of another model."""
        return self.method == "imported"

    @property
    def is_network(self) -> bool:
        """Whether the run trains a network."""
        return self.method in NETWORK_METHODS

    @property
    def is_fine_tuned(self) -> bool:
        """Whether the run trains a pretrained network on, from a linear head on its features."""
        return self.is_network and self.model == "backbone"

    @property
    def model_name(self) -> str:
        """Name of what predicts: a head's extractor, without the folder of its file, or the model."""
        if self.is_imported:
            return self.imported_model
        if not (self.is_head or self.is_fine_tuned):
            return self.model
        family, _, file = self.extractor.partition(":")
        return f"{family}:{PurePath(file).name}" if family in FILE_EXTRACTORS else self.extractor

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.ramp in ("seed", "sigmoid") and self.ramp_end <= self.ramp_start:
            raise ValueError(f"ramp_end must be greater than ramp_start ({self.ramp_start})")
        if (self.wrn_depth - 4) % 6:
            raise ValueError(f"wrn_depth must be 6 n + 4, as 10, 16, 22, 28, 34 or 40 (got {self.wrn_depth})")
        if self.batch_size % self.devices:
            raise ValueError(f"batch_size must be a multiple of devices ({self.devices})")
        if self.is_head and (self.warm_start or self.pretrained or self.devices > 1):
            raise ValueError(
                "a head has no weights to start from and takes one device: leave warm_start, pretrained "
                "and devices as they are"
            )
        if self.is_fine_tuned and not BACKBONES.match(self.extractor):
            raise ValueError(
                f"model backbone trains a pretrained network on: name it as extractor, {BACKBONE_NAMES} "
                f"(got {self.extractor}); the preset fine_tune brings the other settings"
            )
        if self.pretrained and self.model in ("mlp", "tiny_cnn", "small_cnn", "wrn"):
            raise ValueError(f"{self.model} has no pretrained weights: choose another model or leave it empty")
        return self


_BEFORE = {"model": "small_cnn", "kept_weights": "best"}
"""Meaning of settings that a record does not name: its Winnow had no such setting."""
