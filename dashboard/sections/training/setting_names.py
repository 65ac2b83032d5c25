"""Training settings in words, by group; the code name stands beside each on the page."""

from collections.abc import Sequence

GROUPS: dict[str, dict[str, str]] = {
    "Model": {
        "model": "Network",
        "extractor": "Feature extractor",
        "head": "Kind of head",
        "trained_part": "Part of the pretrained network that trains",
        "pretrained": "Pretrained weights",
        "warm_start": "Start from the parent run's weights",
        "image_side": "Side of the images, pixels",
        "wrn_depth": "Layers of the Wide ResNet",
        "wrn_width": "Width of the Wide ResNet",
        "profile": "Augmentation of images",
        "allow_download": "Weights may be downloaded",
    },
    "Time and steps": {
        "epochs": "Passes over the labeled images",
        "batch_size": "Labeled images in a step",
        "unlabeled_ratio": "Unlabeled images for each labeled one",
        "log_epochs": "Passes between evaluations",
        "checkpoint_epochs": "Passes between checkpoints",
    },
    "Learning": {
        "learning_rate": "Learning rate at its highest",
        "weight_decay": "Weight decay",
        "warm_up_steps": "Steps until the learning rate is full",
        "lowest_block_rate": "Share of the learning rate in the lowest block",
        "ema_decay": "Decay of the averaged model",
        "kept_weights": "Weights kept at the end",
        "reject_weight": "Weight of rejected labels",
        "head_balance": "Balance of uneven classes",
        "seed": "Seed of all chance",
    },
    "Unlabeled images": {
        "unlabeled_weight": "Weight of the unlabeled loss",
        "ramp": "How that weight rises",
        "ramp_start": "Pass at which it begins to rise",
        "ramp_end": "Pass at which it is full",
        "threshold": "Confidence from which an image teaches",
        "threshold_floor": "Lowest adaptive threshold",
        "threshold_memory": "Memory of adaptive thresholds",
        "weak_pass": "Weak views go through with the others or alone",
        "sharpening": "Temperature of soft pseudo-labels",
        "fairness_weight": "Weight of the fairness term",
    },
    "Device and records": {
        "device": "Device",
        "devices": "Processes that train together",
        "precision": "Precision of the arithmetic",
        "compile": "Compile the network first",
        "tracker": "Also send metrics to",
        "log_batches": "Write a line for every step",
    },
}
"""By group and code name, in the order of the page."""
NAMES = {name: words for group in GROUPS.values() for name, words in group.items()}
"""Words by code name."""


def label(name: str) -> str:
    """Return the label of a setting's input: words, and the code name beside them."""
    return f"{NAMES[name]} `{name}`"


def grouped(names: Sequence[str], searched: str = "", texts: dict[str, str] | None = None) -> dict[str, list[str]]:
    """Arrange settings by group, those that a search finds.

    Args:
        names: Code names of the settings to show.
        searched: Words that must all stand in a setting's words, code name or text; empty finds all.
        texts: Help texts by code name.

    Returns:
        Code names by group; groups without any are left out.
    """
    wanted = searched.lower().split()

    def is_found(name: str) -> bool:
        text = f"{NAMES[name]} {name} {name.replace('_', ' ')} {(texts or {}).get(name, '')}".lower()
        return all(word in text for word in wanted)

    found = {
        group: [name for name in settings if name in names and is_found(name)] for group, settings in GROUPS.items()
    }
    return {group: settings for group, settings in found.items() if settings}
