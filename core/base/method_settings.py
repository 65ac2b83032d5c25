"""Names of the settings that each kind of run reads."""

from core.base.config import TrainConfig

_HEAD_ONLY = ("head", "head_balance")
IMPORTED_SETTINGS: tuple[str, ...] = ("method", "imported_model")
"""Settings of a run of imported predictions."""
HEAD_SETTINGS: tuple[str, ...] = (
    "method", "extractor", "head", "head_balance", "reject_weight", "unlabeled_weight", "seed", "allow_download",
    "tracker",
)  # fmt: skip
"""Settings that a head run reads."""
NETWORK_SETTINGS: tuple[str, ...] = tuple(
    name for name in TrainConfig.model_fields if name not in (*_HEAD_ONLY, "imported_model")
)
"""Settings that the training of a network reads."""

BACKBONE_SETTINGS: tuple[str, ...] = ("extractor", "trained_part", "lowest_block_rate", "image_side", "allow_download")
"""Settings among them that the model backbone alone reads."""
