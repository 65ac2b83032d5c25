"""A tiny CLIP whose two towers agree on colors: made of crafted weights, saved as a folder of transformers.

The image tower averages its patches, the text tower its words; "red", "green" and "blue" (and "rot") lie where images
of that color lie, other words at the origin.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import Project, SplitConfig

COLORS = {"green": 1, "blue": 2, "red": 0, "rot": 0, "красный": 0}
"""Words that the text tower knows, each with its channel; "green" first: its letters merge before those of "red"."""
WIDTH, SIDE, PATCH, LENGTH = 8, 16, 8, 16


def save_tiny_clip(folder: Path, licence: str = "mit") -> Path:
    """Save the model, its tokenizer, its preprocessing and a model card."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder.mkdir(parents=True, exist_ok=True)
    vocab, merges = _vocabulary()
    tokenizer = transformers.CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=LENGTH)
    tower = {"hidden_size": WIDTH, "intermediate_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1}
    text = {**tower, "vocab_size": len(tokenizer), "max_position_embeddings": LENGTH, "projection_dim": 3,
            "bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.eos_token_id}  # fmt: skip
    vision = {**tower, "image_size": SIDE, "patch_size": PATCH, "projection_dim": 3}
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=3)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = transformers.CLIPModel(config)
    state = {name: torch.zeros_like(value) for name, value in model.state_dict().items()}
    for name in state:
        if name.endswith(("norm.weight", "norm1.weight", "norm2.weight", "layrnorm.weight")):
            state[name] += 1
        elif name.endswith(("v_proj.weight", "out_proj.weight")):
            state[name] += torch.eye(WIDTH)
        elif name.endswith("_projection.weight"):
            state[name] += torch.eye(3, WIDTH)
        elif name.endswith("position_ids"):
            state[name] = model.state_dict()[name]
    for word, channel in COLORS.items():
        (token,) = tokenizer(word, add_special_tokens=False)["input_ids"]
        state["text_model.embeddings.token_embedding.weight"][token, channel] = 1
    for channel in range(3):
        state["vision_model.embeddings.patch_embedding.weight"][channel, channel] = 1 / PATCH**2
    model.load_state_dict(state)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    wanted = {
        "crop_size": {"height": SIDE, "width": SIDE}, "do_center_crop": True, "do_normalize": True,
        "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "resample": 3, "size": {"shortest_edge": SIDE},
    }  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(wanted))
    (folder / "README.md").write_text(f"---\nlibrary_name: transformers\nlicense: {licence}\n---\n# Tiny CLIP\n")
    return folder


def draw_colors(folder: Path, num: int = 12) -> Path:
    """Save noisy images of three colors, as many of each, in folders "unlabeled", "a" and "b"; names do not tell."""
    rng = np.random.default_rng(0)
    for part in ("a", "b", "unlabeled"):
        (folder / part).mkdir(parents=True)
        for number in range(num * 3):
            pixels = rng.integers(0, 90, (20, 20, 3))
            pixels[..., number % 3] += 150
            Image.fromarray(pixels.astype(np.uint8)).save(folder / part / f"{part}{number}.png")
    return folder


def channel_of(pixels: Any) -> int:
    """The channel of an image that is brightest: 0 red, 1 green, 2 blue."""
    return int(np.asarray(pixels).mean((0, 1)).argmax())


def _vocabulary() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """The bytes, as byte-level BPE writes them, each also at the end of a word, and the merges of COLORS."""
    from tokenizers.pre_tokenizers import ByteLevel

    letters = sorted(ByteLevel.alphabet())
    tokens, merges = [*letters, *(f"{letter}</w>" for letter in letters)], []
    split = ByteLevel(add_prefix_space=False)
    for word in COLORS:
        parts = list(split.pre_tokenize_str(word)[0][0])
        parts[-1] += "</w>"
        whole = parts[0]
        for part in parts[1:]:
            merges.append((whole, part))
            whole += part
            tokens.append(whole)
    tokens = [*dict.fromkeys(tokens), "<|startoftext|>", "<|endoftext|>"]
    return {token: number for number, token in enumerate(tokens)}, list(dict.fromkeys(merges))


def make_color_project(folder: Path, model: Path) -> Project:
    """Make a project of images of three colors with a finished run and the features of the tiny CLIP, without ONNX."""
    project = Project.create(
        folder / "colors", draw_colors(folder / "images"),
        split=SplitConfig(labeled=8, val=6, calibration=10, test=12, seed=1),
    )  # fmt: skip
    save_tiny_clip(model)
    probs = np.random.default_rng(0).dirichlet((1, 1), len(project.images.labels))
    project.import_predictions(probs, name="guesses")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.features.catalog._RUNTIME", ("no_such_package",))
        project.features(f"clip:{model}")
    return project
