"""Names of the settings that each kind of run reads."""

from core.base.config import HEAD_METHODS, TORCHVISION_MODELS, TrainConfig

_OF_HEADS = ("extractor", "head", "head_balance", "allow_download")
IMPORTED_SETTINGS: tuple[str, ...] = ("method", "imported_model")
"""Settings of a run of imported predictions."""
HEAD_SETTINGS: tuple[str, ...] = (
    "method", "extractor", "head", "head_balance", "reject_weight", "unlabeled_weight", "seed", "allow_download",
    "tracker",
)  # fmt: skip
"""Settings that a head run reads."""
NETWORK_SETTINGS: tuple[str, ...] = tuple(name for name in TrainConfig.model_fields if name != "imported_model")
"""Settings that the training of a network reads."""

BACKBONE_SETTINGS: tuple[str, ...] = ("extractor", "trained_part", "lowest_block_rate", "image_side", "allow_download")
"""Settings among them that the model backbone alone reads."""

_MATCHING = ("fixmatch", "flexmatch", "freematch", "softmatch")
_POOL_METHODS = (*_MATCHING, "pseudo_label", "mean_teacher", "distillation")
_BY_METHOD: dict[str, tuple[str, ...]] = {
    "unlabeled_ratio": (*_POOL_METHODS, "self_training"),
    **dict.fromkeys(("unlabeled_weight", "ramp", "ramp_start", "ramp_end"), (*_POOL_METHODS, "self_training")),
    "threshold": ("fixmatch", "flexmatch"),
    "threshold_floor": ("flexmatch", "freematch"),
    "threshold_memory": ("freematch", "softmatch"),
    "weak_pass": _MATCHING,
    "sharpening": _MATCHING,
    "fairness_weight": ("freematch",),
    "log_batches": _POOL_METHODS,
    **dict.fromkeys(("head", "head_balance"), HEAD_METHODS),
}
"""Methods that read a setting; a setting that is not named is read by all that train a network."""
_BY_MODEL: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(BACKBONE_SETTINGS, ("backbone",)),
    **dict.fromkeys(("wrn_depth", "wrn_width"), ("wrn",)),
    "pretrained": (*TORCHVISION_MODELS, "backbone"),
}


def settings_read(method: str, model: str) -> tuple[str, ...]:
    """Return the settings that decide a run, or what is written of it, in the order of TrainConfig.

    Args:
        method: Such as "supervised".
        model: Such as "small_cnn"; a head and imported predictions have none.

    Returns:
        Names. A setting that only counts in a chart is not among them.
    """
    if method == "imported":
        return IMPORTED_SETTINGS
    if method == "head":
        return HEAD_SETTINGS
    from_head = _OF_HEADS if method in HEAD_METHODS else ()
    return tuple(
        name
        for name in NETWORK_SETTINGS
        if name in from_head or (method in _BY_METHOD.get(name, (method,)) and model in _BY_MODEL.get(name, (model,)))
    )
