"""Shared value types: image sets, splits, decisions, curated sets, runs.

Shapes: N images in the project, K classes, D features. An image id is its row in the image set, 0 … N - 1;
every array with N rows is indexed by it. Labels are 0 … K - 1, or -1 where unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.base.command_schema import check_params, check_remark, check_texts, whole
from core.base.config import SplitConfig, TrainConfig

Ids: TypeAlias = NDArray[np.int64]
Labels: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
Pixels: TypeAlias = NDArray[np.uint8]
Probs: TypeAlias = NDArray[np.float32]
Logits: TypeAlias = NDArray[np.float32]
PerImage: TypeAlias = NDArray[np.float32]

SPLIT_NAMES = ("labeled", "val", "calibration", "unlabeled", "test")
"""Parts of a project, in the order in which pages list them."""
UNKNOWN = -1
"""The label of an image whose class nobody has given."""


@dataclass(frozen=True)
class QuarantinedFile:
    """A file that could not be read, and the reason."""

    name: str
    reason: str


@dataclass(frozen=True)
class ImageSet:
    """All images of a project, in memory or memory-mapped, read-only."""

    pixels: Pixels  # (N, H, W, C), C is 1 or 3
    labels: Labels  # (N,), UNKNOWN where not given
    class_names: tuple[str, ...]  # K of them
    names: NDArray[np.str_]  # (N,) where each image came from: relative path, or "test/17"
    official_test: Ids  # (T,) ids of the data set's own test part, empty where it has none
    quarantined: tuple[QuarantinedFile, ...] = ()
    given_splits: NDArray[np.int8] | None = None  # (N,) 1 train, 2 val, 3 test, 0 none; None where the source has none
    groups: NDArray[np.int64] | None = None  # (N,) equal numbers belong together, UNKNOWN alone; None without groups
    facts: Mapping[str, Any] = field(default_factory=dict)  # how the source was read: layout, value range, fit, remarks


@dataclass(frozen=True)
class Splits:
    """Sorted image ids of each part of a project.

    No id is in two parts; no exact duplicate lies across two.
    """

    labeled: Ids
    val: Ids
    calibration: Ids  # labeled items hidden in the pool, for risk only
    unlabeled: Ids
    test: Ids
    config: SplitConfig
    set_aside: Ids  # exact duplicates of an image in another part: in no part

    @cached_property
    def pool(self) -> Ids:
        """Unlabeled and calibration ids together, sorted: the images to review."""
        return np.sort(np.concatenate([self.unlabeled, self.calibration]), kind="stable")  # two sorted runs: a merge


class Verdict(IntEnum):
    """Current verdict about an image, as a code in int8 arrays.

    UNDECIDED is the absence of a decision.
    """

    UNDECIDED = 0
    ACCEPT = 1  # the suggestion is right
    RELABEL = 2  # another class, named
    REJECT = 3  # not the suggested class (trains as a complementary label)
    NONE = 4  # none of the classes
    SKIP = 5  # not now
    UNSURE = 6  # cannot tell
    BULK_ACCEPT = 7  # accepted by a rule, with many others, as one decision


VERDICTS = tuple(v.name.lower() for v in Verdict if v is not Verdict.UNDECIDED)
"""Names of the verdicts about images; undo is not one of them."""
UNDO = "undo"
"""The verdict that takes back another decision."""
REMARKS = ("note", "flag", "unflag")
"""Kinds of lines in the log that say something at an image and decide nothing."""
HUMAN_LABELS = (Verdict.ACCEPT, Verdict.RELABEL)


@dataclass(frozen=True)
class Command:
    """A client's request for a decision.

    It becomes a Decision when it is stored. Resending the same command_id changes nothing.
    """

    command_id: str  # made by the client, unique (UUID)
    verdict: str  # one of VERDICTS or REMARKS, or "undo"
    run_id: str  # the run whose suggestion was on screen
    reviewer: str = "me"
    image_id: int | None = None  # None for undo, and for what is decided about many images at once
    suggestion: int | None = None  # class on screen; must equal the run's pseudo-label or the command is stale
    label: int | None = None  # the class given (relabel) or rejected (reject); accept: the suggestion
    params: Mapping[str, Any] = field(default_factory=dict)  # bulk: rule and its parameters; queue probability
    undo_of: int | None = None  # undo: id of the decision to void; None: the reviewer's latest live one

    def checked(self) -> "Command":
        """Return the command with plain whole numbers, after a check of every value.

        Raises:
            DecisionError: A value has the wrong type, length or alphabet; the sentence names it.
        """
        check_texts(self.command_id, self.reviewer, self.run_id, self.verdict)
        check_params(self.params)
        if self.verdict in REMARKS:
            check_remark(self.verdict, self.image_id, self.params)
        return replace(
            self,
            image_id=whole("image_id", self.image_id),
            suggestion=whole("suggestion", self.suggestion),
            label=whole("label", self.label),
            undo_of=whole("undo_of", self.undo_of),
        )


@dataclass(frozen=True)
class Decision:
    """One record of the append-only decision log.

    It is never updated and never deleted.
    """

    id: int  # rising with time: "saved #1842"
    command_id: str
    time: str  # ISO 8601, UTC
    reviewer: str
    run_id: str
    verdict: str
    image_id: int | None
    suggestion: int | None
    label: int | None
    score: float | None  # confidence of the suggestion under run_id, [1/K, 1]
    params: Mapping[str, Any]
    num_images: int  # 1, or the number that a decision about many covers
    ids_hash: str | None  # many images: sha256 of the ids and labels; their lists are kept under it
    undo_of: int | None


@dataclass(frozen=True)
class BulkSet:
    """Images of one bulk decision and the label that each got."""

    ids: Ids  # (n,)
    labels: Labels  # (n,)


@dataclass(frozen=True)
class LabelState:
    """Current verdict of every image, replayed from the log."""

    verdict: NDArray[np.int8]  # (N,) codes of Verdict
    label: NDArray[np.int32]  # (N,) class given, or rejected class for REJECT, UNKNOWN otherwise
    decision: NDArray[np.int32]  # (N,) id of the decision that says so, 0 where undecided


class LabelSource(IntEnum):
    """Origin of a label in a curated set."""

    GIVEN = 0
    ACCEPTED = 1
    CORRECTED = 2
    BULK = 3


@dataclass(frozen=True)
class CuratedSet:
    """Frozen labels that the next run trains on.

    They are sorted by id, with one label per image.
    """

    ids: Ids  # (M,)
    labels: Labels  # (M,)
    weights: PerImage  # (M,) per-label weight in the loss, [0, 1]
    sources: NDArray[np.int8]  # (M,) codes of LabelSource; BULK trains as a pseudo-label, the others as labeled
    decisions: NDArray[np.int64]  # (M,) id of the decision, 0 for GIVEN
    reject_ids: Ids  # (R,) images of which a person said "not this class"
    reject_labels: Labels  # (R,) that class
    digest: str  # sha256 over all of the above


RunState = Literal["queued", "running", "done", "failed", "cancelled", "lost"]
LIVE_STATES = ("queued", "running")
"""States of a run that has not ended."""


@dataclass(frozen=True)
class RunRecord:
    """Content of run.json, written once before step 1."""

    format: int
    run_id: str  # "001-supervised-small_cnn"
    config: TrainConfig
    parent: str | None
    curated: str | None  # digest of the frozen curated set it trains on
    fingerprint: str  # of the images and labels
    created: str  # ISO 8601, UTC
    versions: Mapping[str, str]  # winnow, python, torch, numpy
    num_labels: Mapping[str, int] = field(default_factory=dict)  # labels by source name, as trained on
    rule: Mapping[str, Any] | None = None  # the rule and its numbers that picked pseudo-labels for this run alone


@dataclass(frozen=True)
class RunStatus:
    """Content of status.json, replaced by the training worker at each log step."""

    state: RunState
    message: str = ""  # a sentence: what it is doing, or why it stopped
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    steps: int = 0
    eta_seconds: float | None = None
    images_per_second: float | None = None
    device: str = ""
    precision: str = ""
    best_epoch: int | None = None
    best_val_accuracy: float | None = None  # [0, 1]
    kept_epoch: int | None = None  # whose averaged weights a network keeps; None before the end
    head_note: str = ""  # of a fine-tuned network: whether it beat the head that it began from, on val
    pid: int | None = None
    started: float | None = None  # seconds since 1970
    updated: float = 0.0  # seconds since 1970
    seconds: float = 0.0  # training time so far, over all resumptions


@dataclass(frozen=True)
class Estimate:
    """A proportion with its exact (Clopper–Pearson) interval.

    With n = 0 it is unknown: value nan, interval [0, 1].
    """

    value: float
    low: float
    high: float
    count: int  # hits
    n: int
    level: float = 0.95
